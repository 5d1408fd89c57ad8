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
    from collections.abc import Container, Iterator


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
    found: dict[Path, Span] = {}
    for path, _, span in _seen(text, format):
        if span is not None:
            found.setdefault(path, span)
    return found


class Places:
    """The same for who asks for a few: it goes no further in the text than what is asked for."""

    def __init__(self, text: str, format: str) -> None:
        self._ahead = _seen(text, format)
        self._rows: dict[Path, int] = {}
        self._spans: dict[Path, Span] = {}

    def get(self, path: Path) -> Span | None:
        """Where a field or section stands; None where it is missing."""
        self._reach(path, self._spans)
        return self._spans.get(path)

    def row(self, path: Path) -> int | None:
        """The row, from 1, in which it begins; None where it is missing."""
        self._reach(path, self._rows)
        return self._rows.get(path)

    def _reach(self, path: Path, found: Container[Path]) -> None:
        """Read on until the path is there, or what is around it has ended without it."""
        if path in found or any(path[:length] in self._spans for length in range(len(path))):
            return
        for place, row, span in self._ahead:
            self._rows.setdefault(place, row)
            if span is not None:
                self._spans.setdefault(place, span)
            if path in found or (span is not None and place == path[: len(place)]):
                return


def _seen(text: str, format: str) -> Iterator[tuple[Path, int, Span | None]]:
    """What stands in the text, its row, and its span; what holds others also as it begins, when the span is not known yet."""
    return _json_spans(text) if format == JSON else _xml_spans(text)


_SOUND_TAG = re.compile(r"""</?[^\s/>"']++(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
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


def _xml_spans(text: str) -> Iterator[tuple[Path, int, Span | None]]:
    open_elements: list[tuple[Path, re.Match[str], int]] = []  # path, start tag, row
    counts: list[dict[str, int]] = [{}]
    row, counted = 1, 0
    for tag in tags(text):
        row += text.count("\n", counted, tag.start())
        counted = tag.start()
        if tag[0].startswith("</"):
            path, begin, begin_row = open_elements.pop()
            counts.pop()
            yield path, begin_row, Span(begin.start(), tag.end(), begin.end(), tag.start(), begin_row)
            continue
        path = ()
        if open_elements:
            local = re.split(r"[\s/>]", tag[0][1:], maxsplit=1)[0].rpartition(":")[2]
            path = (*open_elements[-1][0], local)
            if local in REPEATED:
                counts[-1][local] = counts[-1].get(local, -1) + 1
                path = (*path, counts[-1][local])
        if tag[0].endswith("/>"):
            yield path, row, Span(tag.start(), tag.end(), None, None, row)
        else:
            open_elements.append((path, tag, row))
            counts.append({})
            yield path, row, None


_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)


def _json_spans(text: str) -> Iterator[tuple[Path, int, Span | None]]:
    """Goes over the tokens once: in an object, a key comes before each value; in an array, its index stands in for it.

    A path is None outside ApiCall: the outermost object itself, and what stands beside ApiCall.
    """
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
            if path is not None:
                yield path, begin_row, Span(begin, end, value, end, begin_row)
        elif key is None:
            key = token[0][1:-1]
            if "\\" in key:
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
                if path is not None:
                    yield path, row + 1, None
            elif path is not None:
                yield path, row + 1, Span(begin, end, start, end, row + 1)
