"""The JSON Schema of scripts, draft 2020-12, for editors: written from the tables that reading is driven by.

It knows keys and types. Labels, reachability and what conditions say only `simulate --check` can tell.
"""

from __future__ import annotations

import json
from typing import Any

from ..codec import spec
from .actions import ACTIONS, CASE, ENDS, EXPECT, LABEL, SCRIPT, Holds, Key

_Schema = dict[str, Any]
_NAME = {"type": "string", "pattern": "\\S"}
_URL = {"type": "string", "pattern": "^[hH][tT][tT][pP][sS]?://"}
_TEXT = {"type": "string"}
_VARIABLE = f"^{spec.VAR_NAME}$"
_STEPS = {"type": "array", "items": {"$ref": "#/$defs/step"}}
_REFERENCE = rf"\[(_[A-Za-z]+|{spec.VAR_NAME})\]"


def _object(pattern: str, below: _Schema) -> _Schema:
    return {"type": "object", "patternProperties": {pattern: below}, "additionalProperties": False}


_SCHEMAS: dict[Holds, _Schema] = {
    Holds.TEXT: _TEXT,
    Holds.NAME: _NAME,
    Holds.NUMBER: {"type": "string", "pattern": f"^({spec.PATTERNS[spec.Value.PHONE]}|{_REFERENCE})$"},
    Holds.VARIABLE: {"type": "string", "pattern": _VARIABLE},
    Holds.LABEL: _NAME,
    Holds.OPTIONS: _object("^[0-9*#]$", _NAME) | {"minProperties": 1},
    Holds.URL: _URL,
    Holds.URLS: {"type": "object", "properties": dict.fromkeys(spec.EVENTS, _URL), "additionalProperties": False},
    Holds.QUERIES: _object("\\S", _URL),
    Holds.SECONDS: {"type": "number", "exclusiveMinimum": 0},
    Holds.CONDITIONS: {
        "type": "array",
        "items": {"type": "array", "minItems": 1, "prefixItems": [_NAME], "items": {"$ref": "#/$defs/step"}},
    },
    Holds.STEPS: _STEPS,
    Holds.TRUE: {"const": True},
    Holds.CASES: {"type": "array", "items": {"$ref": "#/$defs/case"}},
    Holds.KEYS: {"type": "array", "items": _TEXT},
    Holds.OUTCOMES: {"type": "array", "items": _TEXT},
    Holds.FAULTS: {"type": "object", "additionalProperties": {"type": "string", "pattern": "^(no answer|slow|[1-5][0-9][0-9])$"}},
    Holds.EXPECT: {"$ref": "#/$defs/expect"},
    Holds.TEXTS: {"type": "array", "items": _TEXT},
    Holds.VALUES: _object(_VARIABLE, _TEXT),
    Holds.END: {"enum": list(ENDS)},
}


def _table(keys: tuple[Key, ...], about: str = "") -> _Schema:
    found: _Schema = {"description": about} if about else {}
    found |= {"type": "object", "properties": {key.name: {"description": key.about} | _SCHEMAS[key.holds] for key in keys}}
    needed = [key.name for key in keys if key.needed]
    return found | ({"required": needed} if needed else {}) | {"additionalProperties": False}


def write() -> str:
    """The schema, in ASCII."""
    script = _table(SCRIPT)
    script["properties"]["step"] |= {"minItems": 1}
    steps = {"oneOf": [_table((*action.keys, LABEL), action.about) for action in ACTIONS.values()]}
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The script of a call, as infocaller simulate plays it",
        **script,
        "$defs": {"step": steps, "case": _table(CASE), "expect": _table(EXPECT)},
    }
    return json.dumps(found, indent=2) + "\n"
