"""Where each part of a document stands in its source: for row numbers, for raw text, and for changing a few characters in place.

Only called for documents the readers have accepted, so nothing here judges.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from .model import Path
from .spec import JSON, REPEATED, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


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


_SOUND_TAG = re.compile(r"""</?[^\s/>"']+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_SKIPPED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))


def tags(text: str, pattern: re.Pattern[str] = _SOUND_TAG) -> Iterator[re.Match[str]]:
    """Start and end tags, in order; comments, CDATA and processing instructions are passed over. Linear, whatever the text."""
    at = text.find("<")
    while at >= 0:
        after = skip(text, at)
        if after is None:
            return
        if after == at:
            tag = pattern.match(text, at)
            if tag:
                yield tag
                after = tag.end()
            else:
                after = at + 1
        at = text.find("<", after)


def skip(text: str, at: int) -> int | None:
    """Where the comment, CDATA section or processing instruction at `at` ends; `at` if there is none, None if it does not end."""
    for opening, closing in _SKIPPED:
        if text.startswith(opening, at):
            end = text.find(closing, at + len(opening))
            return None if end < 0 else end + len(closing)
    return at


def _xml_spans(text: str) -> dict[Path, Span]:
    found: dict[Path, Span] = {}
    open_elements: list[tuple[Path, re.Match[str], int]] = []  # path, start tag, row
    counts: list[dict[str, int]] = [{}]
    row, counted = 1, 0
    for tag in tags(text):
        row += text.count("\n", counted, tag.start())
        counted = tag.start()
        if tag[0].startswith("</"):
            path, begin, begin_row = open_elements.pop()
            counts.pop()
            found.setdefault(path, Span(begin.start(), tag.end(), begin.end(), tag.start(), begin_row))
            continue
        path = ()
        if open_elements:
            local = re.split(r"[\s/>]", tag[0][1:], maxsplit=1)[0].rpartition(":")[2]
            path = (*open_elements[-1][0], local)
            if local in REPEATED:
                counts[-1][local] = counts[-1].get(local, -1) + 1
                path = (*path, counts[-1][local])
        if tag[0].endswith("/>"):
            found.setdefault(path, Span(tag.start(), tag.end(), None, None, row))
        else:
            open_elements.append((path, tag, row))
            counts.append({})
    return found


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
