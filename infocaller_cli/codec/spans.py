"""Where each part of a document stands in its source: for row numbers, for raw text, and for changing a few characters in place.

Only called for documents the readers have accepted, so nothing here judges.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple
from xml.parsers import expat

from .model import Path
from .spec import JSON, REPEATED, ROOT


class Span(NamedTuple):
    """Character offsets of an element or a JSON value (`start`, `end`), of its content, and its row from 1.

    XML: the content is what stands between the tags; `inner_start` is None for an empty-element tag.
    JSON: the content is the value itself, and `start` is where its key begins.
    """

    start: int
    end: int
    inner_start: int | None
    inner_end: int | None
    row: int


def spans(text: str, format: str) -> dict[Path, Span]:
    """Every field and section below the root (and the root itself, at the empty path); the first of duplicates."""
    return _json_spans(text) if format == JSON else _xml_spans(text)


_DECLARATION = re.compile(r"\A<\?xml\s[^?]*\?>")
_START_TAG = re.compile(rb"""<[^\s/>"']+(?:[^"'>]|"[^"]*"|'[^']*')*>""")


def _xml_spans(text: str) -> dict[Path, Span]:
    # Labels never decide, and expat would stumble over a misprinted one
    text = _DECLARATION.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text, count=1)
    data = text.encode("utf-8")
    found: dict[Path, tuple[int, int, int | None, int | None, int]] = {}
    open_elements: list[tuple[Path, int, int]] = []  # path, start, row
    counts: list[dict[str, int]] = [{}]
    parser = expat.ParserCreate("utf-8")

    def start(name: str, _: object) -> None:
        local = name.rpartition(":")[2]
        path: Path = (*open_elements[-1][0], local) if open_elements else ()
        if local in REPEATED and open_elements:
            counts[-1][local] = counts[-1].get(local, -1) + 1
            path = (*path, counts[-1][local])
        open_elements.append((path, parser.CurrentByteIndex, parser.CurrentLineNumber))
        counts.append({})

    def end(_: str) -> None:
        path, begin, row = open_elements.pop()
        counts.pop()
        if path in found:
            return
        tag = _START_TAG.match(data, begin)
        inner = tag.end() if tag else begin
        if data[inner - 2 : inner] == b"/>":
            found[path] = (begin, inner, None, None, row)
        else:
            at = parser.CurrentByteIndex
            found[path] = (begin, data.index(b">", at) + 1, inner, at, row)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(data, True)
    if text.isascii():
        return {path: Span(*numbers) for path, numbers in found.items()}
    return _characters(data, found)


def _characters(data: bytes, found: dict[Path, tuple[int, int, int | None, int | None, int]]) -> dict[Path, Span]:
    """Byte offsets to character offsets, in one pass."""
    offsets = sorted({offset for numbers in found.values() for offset in numbers[:4] if offset is not None})
    characters: dict[int, int] = {}
    last = count = 0
    for offset in offsets:
        count += len(data[last:offset].decode("utf-8"))
        last = offset
        characters[offset] = count

    def convert(offset: int | None) -> int | None:
        return None if offset is None else characters[offset]

    return {
        path: Span(characters[start], characters[end], convert(inner_start), convert(inner_end), row)
        for path, (start, end, inner_start, inner_end, row) in found.items()
    }


_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)


def _json_spans(text: str) -> dict[Path, Span]:
    found: dict[Path, Span] = {}
    # Per open container: its path, where its key and itself begin, and the key or index of the value that comes next
    stack: list[tuple[Path, int, int, int]] = []
    keys: list[str | int | None] = []
    key_start = 0
    row = 1
    counted = 0

    def note(path: Path, begin: int, value_start: int, end: int, at_row: int) -> None:
        below = path[1:] if path[:1] == (ROOT,) else None
        if below is not None and below not in found:
            found[below] = Span(begin, end, value_start, end, at_row)

    for token in _JSON_TOKEN.finditer(text):
        part = token[0]
        row += text.count("\n", counted, token.start())
        counted = token.start()
        key = keys[-1] if keys else None
        if part == ",":
            keys[-1] = key + 1 if isinstance(key, int) else None
            continue
        if part in ("}", "]"):
            path, begin, value_start, at_row = stack.pop()
            keys.pop()
            note(path, begin, value_start, token.end(), at_row)
            continue
        if keys and key is None:  # an object's key
            keys[-1] = json.loads(part, strict=False)
            key_start = token.start()
            continue
        path = (*stack[-1][0], key) if stack and key is not None else ()
        begin = key_start if isinstance(key, str) else token.start()
        if part in ("{", "["):
            stack.append((path, begin, token.start(), row))
            keys.append(None if part == "{" else 0)
        else:
            note(path, begin, token.start(), token.end(), row)
    return found
