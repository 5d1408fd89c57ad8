"""A FILE opened, and what it is told from its content: a document, a form body, a capture, a HAR file, documents line by line; any of
them gzip- or zstd-compressed. Lines are read only as far as that needs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from ...codec.text import utf16_of
from ...errors import DecodeError, InputError
from .reader import Reader

# A capture is records line by line, VALUES are records as jq writes them, indented or in a list
CAPTURE, VALUES, HAR, LINES, SINGLE = "capture", "values", "har", "lines", "single"

# Patterns are compiled at their first use: most commands need none of them
_FIRST_KEY = rb'(?:\xef\xbb\xbf)?\s*(\[?)\s*\{(\s*)"([^"\\]*)"\s*:'
_DOCUMENT_START = rb"\{|<\?xml\s|<(?:[^<>\s:]+:)?ApiCall[\s>/]"
_XML_LINE_END = rb"</(?:[^<>\s:]+:)?ApiCall\s*>\s*\Z"
# A form body is at most three times the document, base64 a third more; a record holds an answer too, a HAR entry no base64
_FORM_FACTOR, _LINE_FACTOR, _HAR_FACTOR, _SLACK = 3, 6, 5, 64 * 1024
_BLANK_LIMIT = 1024 * 1024
# Other keys of a HAR file may stand before its log
_BEFORE_LOG = 64 * 1024
Numbered = TypeVar("Numbered", bound=tuple[Any, ...])


class TooLong(bytes):
    """The beginning of a line that is over the limit; the rest was passed over without being held."""


class Source(NamedTuple):
    """An opened input: what it is, and its lines; `lead` are read already. `limit` is the most bytes of an envelope or a value.

    `exact`: a text that is no document is not searched for one. `only`: the number of the one record that counts.
    """

    name: str
    shape: str
    lead: list[bytes]
    rest: Iterator[bytes]
    limit: int
    reader: Reader
    exact: bool = True
    only: int | None = None

    @property
    def many(self) -> bool:
        """Whether several documents may come out of it."""
        return self.shape != SINGLE and self.only is None

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that count and are not blank, with their number from 1."""
        lines = chain(self.lead, self.rest)
        return self.counting((number, line) for number, line in enumerate(lines, 1) if not line.isspace())

    def counting(self, numbered: Iterable[Numbered]) -> Iterator[Numbered]:
        """Those that count of what has its number first. Raises InputError where the one that was asked for is not there."""
        if self.only is None:
            yield from numbered
            return
        for one in numbered:
            if one[0] == self.only:
                yield one
                return
        raise InputError(f"there is no #{self.only} in it", "no line or entry of that number holds anything")

    def whole(self) -> bytes:
        """Everything. Raises DecodeError over the limit."""
        data = b"".join(self.lead)
        if len(data) <= self.limit and not any(isinstance(line, TooLong) for line in self.lead):
            data += self.reader.piece(self.limit + 1 - len(data))
            if len(data) <= self.limit:
                return data
        raise too_large()


def open_source(name: str, max_size: int, *, exact: bool = True) -> Source:
    """Open a FILE ("-": stdin; FILE#17: one record of it) and tell what it is. Raises InputError.

    The first key of the first bytes tells HAR and records over several lines; else the first lines tell, of which a crash may have torn
    each. Lines are read only as far as that needs, so that a pipe's first record need not wait for its second.
    """
    name, only = record_named(name)
    reader = Reader(name)
    if (charset := utf16_of(reader.head)) and _holds_records(reader, charset):
        reader.recode(charset)
    shape = _shape_by_key(reader)
    if shape:
        factor = _HAR_FACTOR if shape == HAR else _LINE_FACTOR
        return Source(name, shape, [], iter(()), factor * max_size + _SLACK, reader, only=only)
    lines = _bounded_lines(reader, _LINE_FACTOR * max_size + _SLACK)
    lead: list[bytes] = []
    return Source(name, _shape_by_lines(lines, lead), lead, lines, _FORM_FACTOR * max_size + _SLACK, reader, exact, only)


def record_named(name: str) -> tuple[str, int | None]:
    """A FILE's name and the record of it that is meant, as reports print it (`calls.ndjson#17`). A file of that very name comes first."""
    file, _, number = name.rpartition("#")
    if not file or not (number.isascii() and number.isdigit()) or number[0] == "0" or os.path.lexists(name):
        return name, None
    return file, int(number[:9])


def _holds_records(reader: Reader, charset: str) -> bool:
    """Whether UTF-16 is a capture or a HAR file, as PowerShell's > makes of one. A document in it keeps its own bytes."""
    from ...traffic.captures.har import is_har
    from ...traffic.captures.record import LEADING_KEYS, begins_record

    def text(size: int) -> bytes:
        return reader.look_ahead(size).decode(charset, "replace").lstrip("\ufeff").encode()

    found = re.match(_FIRST_KEY, text(len(reader.head)))
    if found and found[3].decode("latin-1") in LEADING_KEYS:
        return True
    more = text(_BEFORE_LOG)
    return is_har(more) or any(map(begins_record, more.split(b"\n")[1:]))  # the first line may have lost its beginning


def _shape_by_key(reader: Reader) -> str:
    """HAR or VALUES; "" where the first key tells neither."""
    found = re.match(_FIRST_KEY, reader.head)
    if not found or found[3] == b"ApiCall":
        return ""
    from ...traffic.captures.record import LEADING_KEYS

    if found[3].decode("latin-1") in LEADING_KEYS:
        return VALUES if found[1] or b"\n" in found[2] else ""
    if found[1]:
        return ""
    from ...traffic.captures.har import is_har

    return HAR if is_har(reader.look_ahead(_BEFORE_LOG)) else ""


def _shape_by_lines(lines: Iterator[bytes], lead: list[bytes]) -> str:
    first = _next_line(lines, lead)
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if isinstance(first, TooLong):
        return CAPTURE if _begins(first) else SINGLE
    if start == b"{":
        return _json_shape(first, lines, lead)
    if start == b"<":
        return _lines_or_single(_next_line(lines, lead)) if re.search(_XML_LINE_END, first) else SINGLE
    return CAPTURE if first and _is_record(_next_line(lines, lead)) else SINGLE  # the first line lost its beginning


def _lines_or_single(following: bytes) -> str:
    """What a file is whose first line is a whole document, by its next line."""
    following = following.lstrip()
    return LINES if re.match(_DOCUMENT_START, following) else SINGLE


def _next_line(lines: Iterator[bytes], lead: list[bytes]) -> bytes:
    """The next line that is not blank (b"" at the end), kept in `lead` with what came before it.

    Raises DecodeError where blank lines alone are more than a document may be.
    """
    blank = 0
    for line in lines:
        lead.append(line)
        blank += len(line)
        if blank > _BLANK_LIMIT and line.isspace():
            raise too_large()
        if not line.isspace():
            return line
    return b""


def _json_shape(first: bytes, lines: Iterator[bytes], lead: list[bytes]) -> str:
    import json

    if _begins(first) and b'"ApiCall"' not in first:  # whole or torn
        return CAPTURE
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):  # a document over several lines, or a torn one of a capture
        torn = _begins(first) or (b"ApiCall" not in first and _begins(_next_line(lines, lead)))
        return CAPTURE if torn else SINGLE
    if not isinstance(data, dict):
        return SINGLE
    if "ApiCall" not in data:
        from ...traffic.captures.record import KEYS

        another = "body" not in data and b"ApiCall" in first  # an inspection site's export: a record holds documents in base64
        return SINGLE if another or KEYS.isdisjoint(data) else CAPTURE
    return _lines_or_single(_next_line(lines, lead))


def _is_record(line: bytes) -> bool:
    from ...traffic.captures.record import begins_record, parse_line

    return begins_record(line) and parse_line(line) is not None


def _begins(line: bytes) -> bool:
    from ...traffic.captures.record import begins_record

    return begins_record(line)


def _bounded_lines(reader: Reader, limit: int) -> Iterator[bytes]:
    """Lines with their ends, as TooLong where they are longer than `limit` bytes."""
    for line in reader.lines(limit + 1):
        if len(line) > limit and not line.endswith(b"\n"):
            yield TooLong(line[:200])
            while (rest := reader.line(_SLACK)) and not rest.endswith(b"\n"):
                pass
        else:
            yield line


def too_large() -> DecodeError:
    """The error for a document over the limit."""
    return DecodeError(
        "the document is too large", "it is over the limit for one document", "raise it with --max-size if you trust the source"
    )
