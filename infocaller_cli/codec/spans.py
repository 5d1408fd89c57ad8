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
    """Goes over the tokens once: in an object, a key comes before each value; in an array, its index stands in for it.

    A path is None outside ApiCall: the outermost object itself, and what stands beside ApiCall.
    """
    found: dict[Path, Span] = {}
    # The containers around: the path inside, where key and value begin, the row, and the key with which the container outside goes on
    around: list[tuple[Path | None, int, int, int, str | int | None]] = []
    inside: Path | None = None
    key: str | int | None = 0  # of the value that comes next; None where a key comes next
    key_start = row = counted = 0
    for token in _JSON_TOKEN.finditer(text):
        start, end = token.span()
        first = text[start]
        if first == ",":
            key = key + 1 if isinstance(key, int) else None
        elif first in "}]":
            path = inside
            _, begin, value, begin_row, key = around.pop()
            inside = around[-1][0] if around else None
            if path is not None and path not in found:
                found[path] = Span(begin, end, value, end, begin_row)
        elif key is None:
            key = json.loads(token[0], strict=False)
            key_start = start
        else:
            row += text.count("\n", counted, start)
            counted = start
            path = (*inside, key) if inside is not None else () if len(around) == 1 and key == ROOT else None
            begin = key_start if isinstance(key, str) else start
            if first in "{[":
                around.append((path, begin, start, row + 1, key))
                inside, key = path, None if first == "{" else 0
            elif path is not None and path not in found:
                found[path] = Span(begin, end, start, end, row + 1)
    return found
