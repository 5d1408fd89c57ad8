"""FILE arguments to documents, one after the other. Captures are streamed: memory does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ...codec import decode
from ...codec.form import Envelope, open_body
from ...errors import DecodeError, InfocallerError, InputError
from .source import HAR, LINES, SINGLE, VALUES, Source, TooLong, too_large

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...traffic.captures.record import Record, Recorded
    from ..report import Report

# Torn lines that are named one by one
_NAMED = 20
T = TypeVar("T")


class Item(NamedTuple):
    """One HTTP body (or bare document) of an input. `error` stands where there is none to read.

    `index` is the record's line in a capture, from 1; `part` "response" for a recorded answer, "request" for a request
    of a capture, None elsewhere; `content_type` None where none was given. `record` is the line of the capture, whose answer
    `answer_of` reads.
    """

    file: str
    index: int | None = None  # type: ignore[assignment]  # tuple.index is missed by nobody
    part: str | None = None
    body: bytes = b""
    content_type: str | None = None
    error: InfocallerError | None = None
    record: Record | None = None


def source_items(source: Source, report: Report) -> Iterator[Item]:
    """The documents of one input. Raises InputError where it cannot be read to its end, or nothing in it could."""
    if source.shape == SINGLE:
        body = source.whole()
        items = [Item(source.name, body=body)] if source.exact else _items_in(source.name, body, report)
        yield from (item for _, item in source.counting((item.index or 1, item) for item in items))
    elif source.shape == LINES:
        yield from (_line_of_documents(source.name, index, line) for index, line in source.lines())
    else:
        for index, _, found in _walk(source, report):
            yield Item(source.name, index, error=found) if isinstance(found, InfocallerError) else _record_item(source.name, index, found)


def _items_in(name: str, body: bytes, report: Report) -> list[Item]:
    """The body as it is where it can be read; else the documents a search finds in it, and a notice says what lay on them."""
    if not body.strip():
        hint = "a request's raw body is read before its form is parsed; an answer is a document, whatever happened"
        return [Item(name, error=DecodeError("there is no document", "the body is empty", hint))]
    try:
        decode(open_body(body).document, hint=False, max_size=len(body))
    except DecodeError as error:
        from .unwrap import documents_in, in_words

        found = documents_in(body) if error.code != "IC007" else []
        if not found:
            return [Item(name, body=body)]
        report.note(f"{name}:{found[0].row}: {in_words(found)}")
        several = len(found) > 1
        return [Item(name, index if several else None, body=one.document) for index, one in enumerate(found, 1)]
    return [Item(name, body=body)]


def source_records(source: Source, report: Report) -> Iterator[tuple[int, Recorded | InfocallerError]]:
    """Every recorded request, in order, with its line (of a HAR file: its entry).

    Documents and form bodies are requests too: as Infocaller sends them. Raises InputError where nothing is readable.
    """
    from ...traffic.captures.record import Recorded, record_of, to_line

    if source.shape not in (SINGLE, LINES):
        for index, line, found in _walk(source, report):
            if isinstance(found, InfocallerError):
                yield index, found
            else:
                yield index, Recorded(source.name, index, line or to_line(found), found)
        return
    for item in source_items(source, report):
        index = item.index or 1
        try:
            decode(envelope_of(item).document)  # a file that is neither capture nor document is sent to nobody
        except DecodeError as error:
            yield index, error
        else:
            record = record_of(item.body)
            yield index, Recorded(source.name, index, to_line(record), record)


def _walk(source: Source, report: Report) -> Iterator[tuple[int, bytes, Record | InfocallerError]]:
    """The records of a capture, of whatever shape, each with its number and the line that holds it (b"" where it has none of its own)."""
    if source.shape == HAR:
        yield from source.counting(_har_records(source, report))
        return
    found = source.counting(_values(source)) if source.shape == VALUES else _records(source)
    for index, (line, record) in complete(source.name, found, report):
        yield index, line, record


_Found = tuple[bytes, "Record | InfocallerError"]


def _values(source: Source) -> Iterator[tuple[int, _Found | None]]:
    from ...traffic.captures.json_stream import JsonStream
    from ...traffic.captures.record import as_record

    for index, value in enumerate(JsonStream(source.reader.piece, source.limit).values(), 1):
        record = as_record(value)
        yield index, (b"", record) if record else None


def _records(source: Source) -> Iterator[tuple[int, _Found | None]]:
    from ...traffic.captures.record import parse_line

    for index, line in source.lines():
        if isinstance(line, TooLong):
            yield index, (b"", too_large())
        else:
            record = parse_line(line)
            yield index, (line if line.endswith(b"\n") else line + b"\n", record) if record else None


def complete(name: str, found: Iterable[tuple[int, T | None]], report: Report) -> Iterator[tuple[int, T]]:
    """What of a capture's lines is there (not None), with their number. Says which are torn: the first ones singly, the rest as a count.

    Raises InputError where nothing is there.
    """
    torn = 0
    empty = True
    for index, one in found:
        if one is not None:
            empty = False
            yield index, one
            continue
        torn += 1
        if torn <= _NAMED:
            report.warn(f"{name}#{index}: no complete record, skipped")
    if torn > _NAMED:
        report.warn(f"{name}: {torn - _NAMED:,} more lines hold no complete record, skipped")
    if empty:
        raise InputError("nothing readable in it", "no line holds a complete record")


def line_item(name: str, shape: str, index: int, line: bytes) -> Item | None:
    """The request on a line of a capture (None: no complete record), or the document of documents line by line."""
    if isinstance(line, TooLong) or shape == LINES:
        return _line_of_documents(name, index, line)
    from ...traffic.captures.record import parse_line

    record = parse_line(line)
    return _record_item(name, index, record) if record else None


def _line_of_documents(name: str, index: int, line: bytes) -> Item:
    return Item(name, index, error=too_large()) if isinstance(line, TooLong) else Item(name, index, body=line.rstrip(b"\r\n"))


def _record_item(name: str, index: int, record: Record) -> Item:
    try:
        return Item(name, index, "request", record.body, record.content_type, record=record)
    except InfocallerError as error:
        return Item(name, index, "request", error=error)


def answer_of(item: Item) -> Item | None:
    """The recorded answer to a request; None where there is none."""
    if item.record is None:
        return None
    try:
        answer = item.record.answer
    except InfocallerError as error:  # the request is judged all the same
        return Item(item.file, item.index, "response", error=error)
    return None if answer is None else Item(item.file, item.index, "response", *answer)


def _har_records(source: Source, report: Report) -> Iterator[tuple[int, bytes, Record]]:
    """The entries of a HAR file that hold documents, with their number from 1."""
    from ...traffic.captures.har import har_entries

    index = skipped = rebuilt = 0
    for index, entry in enumerate(har_entries(source.reader.piece, source.limit), 1):
        if entry.record is None:
            skipped += 1
        else:
            rebuilt += entry.rebuilt
            yield index, b"", entry.record
    if skipped == index:
        raise InputError("nothing readable in it", f"none of its {index} entries holds a document")
    if skipped:
        report.note(f"{source.name}: entries without a document, skipped: {skipped}")
    if rebuilt:
        report.note(f"{source.name}: forms whose bytes the file does not hold, rebuilt from their params: {rebuilt}")


def envelope_of(item: Item) -> Envelope:
    """Where in an item's body its document is. Raises the item's error, or DecodeError."""
    if item.error is not None:
        raise item.error
    if item.part == "response":  # which is a bare document
        return Envelope(item.body, 0, len(item.body), encoded=False)
    return open_body(item.body, item.content_type or "")


def decode_item(item: Item, *, lenient: bool, max_size: int, envelope: Envelope | None = None) -> Decoded:
    """The document of an item, whose envelope may be open already. Raises as `envelope_of`, and DecodeError."""
    document = (envelope or envelope_of(item)).document
    label = ""
    if item.content_type and "charset" in item.content_type.lower():
        from ...traffic.http.content import charset_of

        label = charset_of(item.content_type)
    return decode(document, lenient=lenient, max_size=max_size, label=label, answer=item.part == "response")
