"""The schema of a document in JSON Schema, draft 2020-12."""

from __future__ import annotations

import json
from typing import Any

from ..spec import APICALL, HIDDEN, ISSUED, NAMED_KINDS, ROOT, Field, Kind, Section, Value
from .shape import about, is_foreign, is_needed, shape

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_Schema = dict[str, Any]


def _holds(field: str, code: str) -> _Schema:
    return {"properties": {field: {"pattern": f"^\\s*{code}\\s*$"}}, "required": [field]}


# What XML Schema 1.0 cannot say: how two fields of a section go together (IC202, IC203)
_BONDS = (
    (("CallType", "CallerNumber"), {"not": {"allOf": [_holds("CallType", ISSUED), _holds("CallerNumber", HIDDEN)]}}),
    (("CallerNumberInt", "CallerNumber"), {"if": _holds("CallerNumberInt", HIDDEN), "then": _holds("CallerNumber", HIDDEN)}),
)


def write(name: str) -> str:
    """The schema of a named kind, in ASCII."""
    shapes: dict[str, _Schema] = {}
    root = _section(APICALL, NAMED_KINDS[name], shapes)
    document = {
        "$schema": DRAFT,
        "title": f"{ROOT} {name.lower()}",
        "description": about(name.lower()),
        "type": "object",
        "properties": {ROOT: root},
        "required": [ROOT],
        "$defs": shapes,
    }
    return json.dumps(document, indent=2) + "\n"


def _section(section: Section, kind: Kind, shapes: dict[str, _Schema]) -> _Schema:
    """The schema of a section; the shapes of its fields are collected."""
    found: _Schema = {"description": section.about, "type": "object"}
    if is_foreign(section, kind):
        return found
    found["properties"] = {part.name: _part(part, kind, shapes) for part in section.parts}
    # An empty section is written with its empty array
    needed = [part.name for part in section.parts if is_needed(part, kind) or (isinstance(part, Section) and part.many)]
    bonds = [bond for names, bond in _BONDS if found["properties"].keys() >= set(names)]
    if kind is Kind.RESPONSE and any(isinstance(part, Section) and part.many for part in section.parts):
        found["additionalProperties"] = False  # a variable that is written otherwise reaches nobody (IC004, IC008)
    return found | ({"required": needed} if needed else {}) | ({"allOf": bonds} if bonds else {})


def _part(part: Field | Section, kind: Kind, shapes: dict[str, _Schema]) -> _Schema:
    if isinstance(part, Section):
        below = _section(part, kind, shapes)
        return {"type": "array", "items": below} if part.many else below
    about = {"description": part.about}
    if part.value is Value.COST:
        return about | {"type": "number" if is_needed(part, kind) else ["number", "null"], "minimum": 0}
    found = shape(part, kind)
    if found is None:
        return about | {"type": "string"}
    shapes[found.name] = {"type": "string", "pattern": f"^{found.pattern}$"}
    return about | {"$ref": f"#/$defs/{found.name}"}
