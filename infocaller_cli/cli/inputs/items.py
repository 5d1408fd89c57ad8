"""FILE arguments to documents. What a file is shows in its content: a document, a form body, a capture, a HAR file,
documents line by line; any of them gzip- or zstd-compressed. Captures are streamed: memory does not grow with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from ...codec import decode
from ...codec.form import open_body
from ...errors import DecodeError, InfocallerError, InputError
from .reader import Reader

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...traffic.captures.record import Record
    from ..report import Report

CAPTURE, LINES, HAR, SINGLE = "capture", "lines", "har", "single"

# Patterns are compiled at their first use: most commands need none of them
_HAR = rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:'
_XML_LINE_END = rb"</(?:[^<>\s:]+:)?ApiCall\s*>\s*\Z"
# A form body is at most three times the document, base64 a third more; a record holds an answer too, a HAR entry no base64
_FORM_FACTOR, _LINE_FACTOR, _HAR_FACTOR, _SLACK = 3, 6, 5, 64 * 1024
_BLANK_LIMIT = 1024 * 1024
# Lines torn by one crash after the other
_TORN_LINES = 10


class Item(NamedTuple):
    """One HTTP body (or bare document) of an input. `error` stands where there is none to read.

    `index` is the record's line in a capture, from 1; `part` "response" for a recorded answer, "request" for a request
    of a capture, None elsewhere; `content_type` None where none was given.
    """

    file: str
    index: int | None = None  # type: ignore[assignment]  # tuple.index is missed by nobody
    part: str | None = None
    body: bytes = b""
    content_type: str | None = None
    error: InfocallerError | None = None
    answer: Item | None = None


class TooLong(bytes):
    """The beginning of a line that is over the limit; the rest was passed over without being held."""


class Source(NamedTuple):
    """An opened input: what it is, and its lines. `limit` is the most bytes a single document's envelope may have."""

    name: str
    shape: str
    stream: Iterator[bytes]
    limit: int
    reader: Reader

    @property
    def many(self) -> bool:
        """Whether several documents may stand in it."""
        return self.shape != SINGLE

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their number from 1."""
        return ((number, line) for number, line in enumerate(self.stream, 1) if not line.isspace())

    def whole(self) -> bytes:
        """Everything. Raises DecodeError over the limit."""
        data = bytearray()
        for line in self.stream:
            data += line
            if isinstance(line, TooLong) or len(data) > self.limit:
                raise _too_large()
        return bytes(data)


def open_source(name: str, max_size: int) -> Source:
    """Open a FILE ("-": stdin) and tell what it is. Raises InputError."""
    reader = Reader(name)
    limit = _FORM_FACTOR * max_size + _SLACK
    if re.match(_HAR, reader.head):
        return Source(name, HAR, iter(()), _HAR_FACTOR * max_size + _SLACK, reader)
    lines = _bounded_lines(reader, _LINE_FACTOR * max_size + _SLACK)
    lead: list[bytes] = []
    first = _next_line(lines, lead)
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    shape = SINGLE
    if isinstance(first, TooLong):
        shape = CAPTURE if _begins(first) else SINGLE
    elif start == b"{":
        shape = _json_shape(first, lines, lead)
    elif start == b"<":
        if re.search(_XML_LINE_END, first):
            shape = _lines_or_single(_next_line(lines, lead))
    elif first and _is_record(_next_line(lines, lead)):  # the first line lost its beginning
        shape = CAPTURE
    return Source(name, shape, chain(lead, lines), limit, reader)


def _lines_or_single(following: bytes) -> str:
    """What a file is whose first line is a whole document, by its next line."""
    following = following.lstrip()
    return LINES if following.startswith((b"<", b"{")) and not following.startswith(b"<!--") else SINGLE


def _next_line(lines: Iterator[bytes], lead: list[bytes]) -> bytes:
    """The next line that is not blank (b"" at the end), kept in `lead` with what came before it.

    Raises DecodeError where blank lines alone are more than a document may be.
    """
    blank = 0
    for line in lines:
        lead.append(line)
        blank += len(line)
        if blank > _BLANK_LIMIT and line.isspace():
            raise _too_large()
        if not line.isspace():
            return line
    return b""


def _json_shape(first: bytes, lines: Iterator[bytes], lead: list[bytes]) -> str:
    import json

    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return _torn_or_pretty(first, lines, lead)
    if not isinstance(data, dict):
        return SINGLE
    if "ApiCall" not in data:
        from ...traffic.captures.record import KEYS

        if not KEYS.isdisjoint(data):
            return CAPTURE
    return _lines_or_single(_next_line(lines, lead))


def _torn_or_pretty(first: bytes, lines: Iterator[bytes], lead: list[bytes]) -> str:
    """The first line is no complete JSON: a document over several lines, or a capture whose first lines are torn."""
    following = _next_line(lines, lead)
    if _begins(first) and _begins(following):
        return CAPTURE
    for _ in range(_TORN_LINES):
        if not _begins(following) or _is_record(following):
            break
        following = _next_line(lines, lead)
    return CAPTURE if _is_record(following) else SINGLE


def _is_record(line: bytes) -> bool:
    from ...traffic.captures.record import begins_record, parse_line

    return begins_record(line) and parse_line(line) is not None


def _begins(line: bytes) -> bool:
    from ...traffic.captures.record import begins_record

    return begins_record(line)


def _bounded_lines(reader: Reader, limit: int) -> Iterator[bytes]:
    """Lines with their ends, as TooLong where they are longer than `limit` bytes."""
    while line := reader.line(limit + 1):
        if len(line) > limit and not line.endswith(b"\n"):
            yield TooLong(line[:200])
            while (rest := reader.line(_SLACK)) and not rest.endswith(b"\n"):
                pass
        else:
            yield line


def _too_large() -> DecodeError:
    return DecodeError(
        "the document is too large", "it is over the limit for one document", "raise it with --max-size if you trust the source"
    )


def read_items(names: list[str], report: Report, max_size: int) -> Iterator[Item]:
    """Every document of every FILE, in order. A file that cannot be read gives an item with its error and hides no other."""
    for name in names:
        try:
            source = open_source(name, max_size)
            try:
                yield from source_items(source, report)
            finally:
                source.reader.close()
        except InfocallerError as error:
            yield Item(name, error=error)


def source_items(source: Source, report: Report) -> Iterator[Item]:
    """The documents of one input. Raises InputError where it cannot be read to its end, or nothing in it could."""
    if source.shape == SINGLE:
        yield Item(source.name, body=source.whole())
    elif source.shape == HAR:
        yield from (item for _, _, item in _har_records(source, report))
    else:
        found = False
        for index, line in source.lines():
            item = line_item(source.name, source.shape, index, line)
            if item is None:
                report.warn(torn(source.name, index))
            else:
                found = True
                yield item
        if not found:
            raise nothing_readable()


def source_records(source: Source, report: Report) -> Iterator[tuple[int, bytes, Record | InfocallerError]]:
    """Every recorded request with its line (of a HAR file: its entry) and the bytes that record it, in order.

    Documents and form bodies are requests too: as Infocaller sends them. Raises InputError where nothing is readable.
    """
    from ...traffic.captures.record import as_record, parse_line, to_line

    found = False
    if source.shape == CAPTURE:
        for index, line in source.lines():
            if isinstance(line, TooLong):
                yield index, b"", _too_large()
                continue
            record = parse_line(line)
            if record is None:
                report.warn(torn(source.name, index))
                continue
            found = True
            yield index, line if line.endswith(b"\n") else line + b"\n", record
        if not found:
            raise nothing_readable()
    elif source.shape == HAR:
        for index, record, _ in _har_records(source, report):
            yield index, to_line(record), record
    else:
        bodies = ((index, line.rstrip(b"\r\n")) for index, line in source.lines()) if source.shape == LINES else ((1, source.whole()),)
        for index, body in bodies:
            try:
                decode(open_body(body).document)  # a file that is neither capture nor document is sent to nobody
            except DecodeError as error:
                yield index, b"", error
            else:
                record = as_record(body)
                yield index, to_line(record), record


def torn(name: str, index: int | None) -> str:
    """The notice for a line that a crash left incomplete."""
    return f"{name}#{index}: no complete record, skipped"


def nothing_readable() -> InputError:
    """The error for a capture without a single record."""
    return InputError("nothing readable in it", "no line holds a complete record")


def line_item(name: str, shape: str, index: int, line: bytes, *, answers: bool = True) -> Item | None:
    """The item on a line of a capture (None: no complete record) or of documents line by line; `answers`: with recorded ones."""
    if isinstance(line, TooLong):
        return Item(name, index, error=_too_large())
    if shape == LINES:
        return Item(name, index, body=line.rstrip(b"\r\n"))
    from ...traffic.captures.record import parse_line

    record = parse_line(line)
    return None if record is None else _record_item(name, index, record, answers)


def _record_item(name: str, index: int, record: Record, answers: bool = True) -> Item:
    answer = None
    try:
        recorded = record.answer if answers else None
        if recorded is not None:
            answer = Item(name, index, "response", recorded[0], recorded[1])
    except InfocallerError as error:  # the request is judged all the same
        answer = Item(name, index, "response", error=error)
    try:
        return Item(name, index, "request", record.body, record.content_type, answer=answer)
    except InfocallerError as error:
        return Item(name, index, "request", error=error)


def _har_records(source: Source, report: Report) -> Iterator[tuple[int, Record, Item]]:
    """The entries of a HAR file that hold documents, with their number from 1."""
    from ...traffic.captures.har import har_records

    index = skipped = 0
    for index, record in enumerate(har_records(source.reader.piece, source.limit), 1):
        item = record and _record_item(source.name, index, record)
        if record and item and _holds_document(item):
            yield index, record, item
        else:
            skipped += 1
    if skipped == index:
        raise InputError("nothing readable in it", f"none of its {index} entries holds a document")
    if skipped:
        report.note(f"{source.name}: entries without a document, skipped: {skipped}")


def _holds_document(item: Item) -> bool:
    """Whether a body looks like a document at all: an archive of a browser is full of others."""
    from ...codec.text import sniff

    try:
        sniff(_document(item).decode("iso-8859-1").replace("\0", ""))
    except InfocallerError:
        return False
    return True


def _document(item: Item) -> bytes:
    return open_body(item.body, item.content_type or "").document


def decode_item(item: Item, *, lenient: bool, max_size: int) -> Decoded:
    """The document of an item. Raises its error, or DecodeError."""
    if item.error is not None:
        raise item.error
    label = ""
    if item.content_type:
        from ...traffic.http.content import charset_of

        label = charset_of(item.content_type)
    body = item.body if item.part == "response" else _document(item)  # an answer is a bare document
    return decode(body, lenient=lenient, max_size=max_size, label=label)
