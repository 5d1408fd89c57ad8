"""The JSON form, read and written.

The standard library reads (its hooks show duplicate keys and every digit, which orjson hides); orjson writes.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from typing import Any, NoReturn

from ..errors import DecodeError, EncodeError
from .model import Document, Node, Path, pointer
from .reading import COST, KEEP, Notes, empty, text_rule
from .spec import APICALL, JSON, ROOT, Section, Value
from .text import UTF8, Text
from .values import cost_text, is_json_cost

_WHITE = " \t\r\n"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Number(str):
    """A JSON number: its digits as they stand in the source."""

    __slots__ = ()


class _Twice(dict[str, Any]):
    """A JSON object in which keys stand twice; the first value of each is kept."""

    __slots__ = ("keys_twice",)
    keys_twice: list[str]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    found = _Twice()
    found.keys_twice = []
    for key, value in pairs:
        if key in found:
            found.keys_twice.append(key)
        else:
            found[key] = value
    return found


def _number(digits: str) -> _Number:
    if not math.isfinite(float(digits)) or _exponent(digits) > 400:
        raise DecodeError("not well formed", f"the number {digits[:40]} is out of range")
    return _Number(digits)


def _exponent(digits: str) -> int:
    _, mark, exponent = digits.lower().partition("e")
    return abs(int(exponent)) if mark and len(exponent) < 8 else 10**8 if mark else 0


def _constant(name: str) -> NoReturn:
    raise DecodeError("not well formed", f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_number, parse_int=_Number, parse_constant=_constant)


def read(text: Text, notes: Notes) -> Node:
    """The document's sections. Raises DecodeError (IC001, IC002)."""
    try:
        document, end = _DECODER.raw_decode(text.chars, len(text.chars) - len(text.chars.lstrip(_WHITE)))
    except json.JSONDecodeError as error:
        from .json_errors import syntax_error

        raise syntax_error(text.chars, error.pos) from None
    except RecursionError:
        raise DecodeError("not well formed", "objects or arrays are nested too deep") from None
    if text.chars[end:].strip(_WHITE):
        raise _text_behind(text.chars, end)
    if _SURROGATE.search(text.chars):
        _refuse_surrogates(document)
    if text.charset != UTF8:
        charset = "UTF-16" if text.charset.startswith("utf-16") else "ISO-8859-1"
        notes.add("IC006", "warning", (), f"JSON is UTF-8, but the bytes are {charset}, and were read so", 1)
    return _root(document, notes)


def _root(document: Any, notes: Notes) -> Node:
    if not isinstance(document, dict):
        raise DecodeError("not readable", f"the document is {_what(document)} where an object belongs", row=1)
    if ROOT not in document:
        raise _wrong_root(document)
    for key in document:
        if key != ROOT:
            notes.beside_root(pointer((key,)))
    if isinstance(document, _Twice) and ROOT in document.keys_twice:
        notes.duplicate((), "section")
    apicall = document[ROOT]
    if not isinstance(apicall, dict):
        raise DecodeError("not readable", f"{ROOT} is {_what(apicall)} where an object belongs")
    return _section(apicall, APICALL, (), notes)


@cache
def _parts(section: Section) -> dict[str, tuple[int, Section | None]]:
    return {part.name: (KEEP, part) if isinstance(part, Section) else (text_rule(part), None) for part in section.parts}


def _section(source: dict[str, Any], section: Section, path: Path, notes: Notes) -> Node:
    parts = _parts(section)
    node: Node = {}
    if isinstance(source, _Twice):
        for key in source.keys_twice:
            part = parts.get(key)
            if part is None:
                notes.undocumented_twice((*path, key))
            else:
                notes.duplicate((*path, key), "section" if part[1] else "field")
    for key, value in source.items():
        part = parts.get(key)
        if part is None:
            _undocumented(key, value, node, section, path, notes)
        elif part[1] is None:
            node[key] = _field(value, part[0], (*path, key), notes)
        elif part[1].many:
            node[key] = _array(value, part[1], (*path, key), notes)
        else:
            node[key] = _container(value, part[1], (*path, key), notes)
    return node


def _container(value: Any, section: Section, path: Path, notes: Notes) -> Node:
    node = empty(section)
    if isinstance(value, dict):
        if not value and node:
            notes.add("IC010", "warning", path, f"an empty object where {{{_names(section)}}} belongs")
        node.update(_section(value, section, path, notes))
    elif value is None or value in ("", []):
        notes.add("IC010", "warning", path, f"{_what(value)} where an object belongs")
    else:
        right = '{"CustVars": {"CustVar": [{"VarName": "PEDIDO", "VarValue": "..."}]}}' if section.name == "CustVars" else ""
        what = f"{notes.show(path)} is {_what(value)} where an object with {_names(section)} belongs"
        raise DecodeError("not readable", what, f"write {right}" if right else "")
    return node


def _names(section: Section) -> str:
    return ", ".join(f'"{part.name}": []' if isinstance(part, Section) and part.many else part.name for part in section.parts[:3])


def _array(value: Any, section: Section, path: Path, notes: Notes) -> list[Node]:
    if value is None or value in ("", {}):
        notes.add("IC010", "warning", path, f"{_what(value)} where an array belongs")
        return []
    if isinstance(value, dict):
        notes.single.add(path)
        notes.add("IC010", "warning", path, "a single object where an array belongs")
        value = [value]
    if not isinstance(value, list):
        raise DecodeError("not readable", f"{notes.show(path)} is {_what(value)} where an array belongs")
    items = []
    for index, item in enumerate(value):
        place = (*path, index)
        if not isinstance(item, dict):
            raise DecodeError("not readable", f"{notes.show(place)} is {_what(item)} where an object belongs")
        items.append(_section(item, section, place, notes))
    return items


def _field(value: Any, rule: int, path: Path, notes: Notes) -> str:
    """The text of a documented field, whatever its JSON type."""
    if isinstance(value, _Number):
        if rule == COST:
            return cost_text(_plain(value))
        notes.add("IC009", "warning", path, f"the number {value[:40]} where a string belongs")
        return str(value)
    if isinstance(value, str):
        if rule == COST:
            notes.add("IC009", "warning", path, "a string where a number belongs")
        if rule == KEEP:
            return str(value)
        kept = cost_text(value) if rule == COST else value.strip()
        notes.trimmed(path, value)
        return kept
    if value is None:
        if rule != COST:
            notes.add("IC009", "warning", path, "null where a string belongs")
        return ""
    if isinstance(value, bool) or not value:  # PHP writes an empty element as []
        notes.add("IC009", "warning", path, f"{_what(value)} where a {'number' if rule == COST else 'string'} belongs")
        return _what(value) if isinstance(value, bool) else ""
    raise DecodeError("not readable", f"{notes.show(path)} is {_what(value)} where text belongs")


def _plain(number: str) -> str:
    """A JSON number without an exponent."""
    if "e" not in number and "E" not in number:
        return number
    from decimal import Decimal

    return format(Decimal(number), "f")


def _undocumented(key: str, value: Any, node: Node, section: Section, path: Path, notes: Notes) -> None:
    place = (*path, key)
    if isinstance(value, (dict, list)) and value:
        notes.nested(place, _parts(section))
        return
    repeated = next((part for part in section.parts if isinstance(part, Section) and part.many), None)
    if repeated is not None and repeated.name == "CustVar":
        right = f'{{"VarName": "{key[:40]}", "VarValue": "..."}}'
        notes.add("IC004", "warning", place, f"{key[:40]} is written as a key; a variable is {right} in the array CustVar")
    else:
        notes.undocumented(place, _parts(section))
    node[key] = _field(value, KEEP, place, notes)


def _what(value: Any) -> str:
    """A JSON value in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, _Number):
        return "a number"
    if isinstance(value, str):
        return "a string" if value else '""'
    if isinstance(value, list):
        return "an array" if value else "[]"
    return "an object" if value else "{}"


def _refuse_surrogates(document: Any) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise DecodeError("not well formed", "objects or arrays are nested too deep") from None
    except UnicodeEncodeError:
        raise DecodeError("not well formed", "a \\u escape is half of a surrogate pair, which is no character") from None


def _text_behind(chars: str, end: int) -> DecodeError:
    at = end + len(chars[end:]) - len(chars[end:].lstrip(_WHITE))
    row = chars.count("\n", 0, at) + 1
    why = f"something stands behind the document: {chars[at : at + 40]!r} (a PHP warning?)"
    return DecodeError("not well formed", why, "send nothing after it", row=row, column=at - chars.rfind("\n", 0, at))


def _wrong_root(document: dict[str, Any]) -> DecodeError:
    from .no_document import wrong_root

    keys = list(document)
    hints = (wrong_root(key, _inside(document[key]), JSON) for key in keys[:20])
    shown = ", ".join(repr(key[:20]) for key in keys[:4]) or "none"
    return DecodeError(f"the root key is not {ROOT}", f"the keys are: {shown}", next(filter(None, hints), ""), code="IC002", row=1)


def _inside(value: Any) -> list[str]:
    """The names inside a value; of a text that holds a document, its root."""
    if isinstance(value, str) and value.lstrip()[:1] in ("<", "{"):
        return [ROOT] if ROOT in value[:200] else []
    return list(value) if isinstance(value, dict) else []


# ---------------------------------------------------------------------------------------------------------------- writing


def write(document: Document, *, indent: bool, charset: str) -> bytes:
    """The document's bytes, UTF-8 or (`charset` "ascii") with escapes for everything else.

    Raises EncodeError for a text that is no Unicode (a lone surrogate).
    """
    import orjson

    ordered = {ROOT: _ordered(document.root, _PLAN, orjson.Fragment)}
    try:
        data = orjson.dumps(ordered, option=orjson.OPT_INDENT_2 if indent else 0)
    except (TypeError, UnicodeError) as error:
        raise EncodeError("cannot be written as JSON", f"a text is no Unicode ({error})") from None
    if charset == UTF8 or data.isascii():
        return data
    return re.sub("[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], data.decode()).encode("ascii")


# The tables as the writer walks them: name, whether its value needs a look, the parts below (None: a cost), whether it repeats
_Plan = tuple[tuple[str, bool, "_Plan | None", bool], ...]


def _plan(section: Section) -> _Plan:
    return tuple(
        (part.name, True, _plan(part), part.many) if isinstance(part, Section) else (part.name, part.value is Value.COST, None, False)
        for part in section.parts
    )


_PLAN = _plan(APICALL)


def _ordered(node: Node, plan: _Plan, fragment: Any) -> dict[str, Any]:
    """The content of a section in canonical order, costs as numbers, undocumented fields last."""
    out: dict[str, Any] = {}
    for name, special, below, many in plan:
        if name in node:
            value = node[name]
            if not special:
                out[name] = value
            elif below is None:
                out[name] = None if value == "" else fragment(value.encode()) if is_json_cost(value) else value
            elif many:
                out[name] = [_ordered(item, below, fragment) for item in value]
            else:
                out[name] = _ordered(value, below, fragment)
    if len(out) == len(node):
        return out
    rest = node.copy()  # a dictionary as it stands is copied without a look at each of a million names
    for name in out:
        del rest[name]
    return out | rest
