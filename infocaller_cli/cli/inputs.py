"""FILE arguments to documents. What a file is shows in its content: a document, a form body, a capture, a HAR file,
documents line by line; any of them gzip- or zstd-compressed. Captures are streamed: memory does not grow with them.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ..errors import DecodeError, InfocallerError, InputError

if TYPE_CHECKING:
    from ..codec import Decoded
    from ..traffic.capture import Record
    from .report import Report

CAPTURE, LINES, HAR, SINGLE = "capture", "lines", "har", "single"

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Patterns are compiled at their first use: most commands need none of them
_HAR = rb'\s*\{\s*"log"\s*:'
_CHARSET = r"(?i)charset\s*=\s*[\"']?([^\"';\s]+)"
_RECORD_KEYS = frozenset(("body", "header", "method", "resp", "ts", "url"))
_RECORD = rb'\s*\{\s*"(?:body|header|method|resp|ts|url|kind|line|call)"\s*:'
_XML_LINE_END = rb"</(?:[^<>\s:]+:)?ApiCall\s*>\s*\Z"
# A form body is at most three times the document, base64 a third more, a record holds two bodies
_FORM_FACTOR, _LINE_FACTOR, _SLACK = 3, 8, 64 * 1024
_BLANK_LIMIT = 1024 * 1024
_HAR_LIMIT = 256 * 1024 * 1024


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
    lines = _bounded_lines(_Reader(name), _LINE_FACTOR * max_size + _SLACK)
    lead: list[bytes] = []
    first = _next_line(lines, lead)
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    shape = SINGLE
    if isinstance(first, TooLong):
        shape = CAPTURE if re.match(_RECORD, first) else HAR if re.match(_HAR, first) else SINGLE
    elif start == b"{":
        shape = _json_shape(first, lines, lead)
    elif start == b"<" and re.search(_XML_LINE_END, first):
        following = _next_line(lines, lead).lstrip()
        shape = LINES if following.startswith(b"<") and not following.startswith(b"<!--") else SINGLE
    return Source(name, shape, chain(lead, lines), _HAR_LIMIT if shape == HAR else _FORM_FACTOR * max_size + _SLACK)


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

    if re.match(_HAR, first):
        return HAR
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return _torn_or_pretty(first, lines, lead)
    if not isinstance(data, dict):
        return SINGLE
    if "ApiCall" not in data and not _RECORD_KEYS.isdisjoint(data):
        return CAPTURE
    return LINES if _next_line(lines, lead).lstrip().startswith(b"{") else SINGLE


def _torn_or_pretty(first: bytes, lines: Iterator[bytes], lead: list[bytes]) -> str:
    """The first line is no complete JSON: a document over several lines, a HAR file, or a capture whose first line is torn."""
    following = _next_line(lines, lead)
    if re.match(_HAR, first + following):
        return HAR
    return CAPTURE if re.match(_RECORD, first) and re.match(_RECORD, following) else SINGLE


class _Reader:
    """The bytes of a FILE, decompressed. Every failure to read is an InputError."""

    def __init__(self, name: str) -> None:
        self._errors: tuple[type[Exception], ...] = (OSError, EOFError)
        try:
            raw: Any = sys.stdin.buffer if name == "-" else open(name, "rb")  # noqa: SIM115  closed with the process
            stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
            magic = stream.peek(4)[:4]  # a folder opens, but does not read
        except OSError as error:
            hint = "name a file; - is standard input" if isinstance(error, (FileNotFoundError, IsADirectoryError)) else ""
            raise InputError("cannot be read", error.strerror or str(error), hint) from None
        except ValueError as error:  # a NUL in the name
            raise InputError("cannot be read", str(error)) from None
        self._stream: IO[bytes] = stream
        if magic.startswith(_GZIP):
            self._unzip(stream)
        elif magic == _ZSTD:
            self._unzstd(stream)

    def _unzip(self, stream: IO[bytes]) -> None:
        import gzip
        import zlib

        self._errors += (zlib.error,)
        self._stream = io.BufferedReader(gzip.GzipFile(fileobj=stream))

    def _unzstd(self, stream: IO[bytes]) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        self._errors += (zstd.ZstdError,)
        self._stream = io.BufferedReader(zstd.ZstdFile(stream))

    def line(self, limit: int) -> bytes:
        try:
            return self._stream.readline(limit)
        except self._errors as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise InputError("cannot be read to its end", why, "what came before was read; is the file complete?") from None


def _bounded_lines(reader: _Reader, limit: int) -> Iterator[bytes]:
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
            yield from source_items(open_source(name, max_size), report)
        except InfocallerError as error:
            yield Item(name, error=error)


def source_items(source: Source, report: Report) -> Iterator[Item]:
    """The documents of one input. Raises InputError where it cannot be read to its end, or nothing in it could."""
    if source.shape == SINGLE:
        yield Item(source.name, body=source.whole())
    elif source.shape == HAR:
        yield from _har_items(source, report)
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


def torn(name: str, index: int | None) -> str:
    """The notice for a line that a crash left incomplete."""
    return f"{name}#{index}: no complete record, skipped"


def nothing_readable() -> InputError:
    """The error for a capture without a single record."""
    return InputError("nothing readable in it", "no line holds a complete record")


def line_item(name: str, shape: str, index: int, line: bytes) -> Item | None:
    """The item on a line of a capture (None: no complete record) or of documents line by line."""
    if isinstance(line, TooLong):
        return Item(name, index, error=_too_large())
    if shape == LINES:
        return Item(name, index, body=line.rstrip(b"\r\n"))
    from ..traffic.capture import parse_line

    record = parse_line(line)
    return None if record is None else _record_item(name, index, record)


def _record_item(name: str, index: int, record: Record) -> Item:
    answer = None
    try:
        recorded = record.answer
        if recorded is not None:
            answer = Item(name, index, "response", recorded[0], recorded[1])
        return Item(name, index, "request", record.body, record.content_type, answer=answer)
    except InfocallerError as error:
        return Item(name, index, "request", error=error)


def _har_items(source: Source, report: Report) -> Iterator[Item]:
    from ..codec.text import sniff
    from ..traffic.capture import har_records

    skipped = 0
    found = False
    for index, record in enumerate(har_records(source.whole()), 1):
        item = record and _record_item(source.name, index, record)
        try:
            sniff(_document(item).decode("iso-8859-1").replace("\0", "")) if item else None
        except InfocallerError:
            item = None
        if item:
            found = True
            yield item
        else:
            skipped += 1
    if skipped:
        report.note(f"{source.name}: {skipped} entries without a document were skipped")
    if not found:
        raise InputError("nothing readable in it", "no entry holds a document")


def _document(item: Item) -> bytes:
    from ..codec.form import open_body

    return open_body(item.body, item.content_type or "").document


def decode_item(item: Item, *, lenient: bool, max_size: int) -> Decoded:
    """The document of an item. Raises its error, or DecodeError."""
    if item.error is not None:
        raise item.error
    from ..codec import decode

    content_type = item.content_type or ""
    label = re.search(_CHARSET, content_type) if content_type else None
    return decode(_document(item), lenient=lenient, max_size=max_size, label=label[1] if label else "")
