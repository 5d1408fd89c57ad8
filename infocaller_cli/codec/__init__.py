"""Bytes in, documents out, and back. Pure: no files, sockets, clock, environment, printing.

`decode` lets out one error, DecodeError, whatever the bytes; anything else is a bug. decode(encode(d)) == d.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DecodeError, EncodeError, UsageError
from . import xml_plain
from .model import Document, Finding
from .reading import Notes
from .spec import FORMATS, JSON, MAX_DOCUMENT, XML
from .text import LATIN1, UTF8, Text, label_problem, sniff, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Node, Path

__all__ = ["DecodeError", "Decoded", "Document", "EncodeError", "Finding", "convert", "decode", "encode"]

CHARSETS = ("ascii", LATIN1, UTF8)


class Decoded(NamedTuple):
    """A document and what reading it found.

    `format` is "xml" or "json"; `text` the source's characters (repaired, if lenient); `findings` what the reader noticed
    (IC003-IC006, IC009-IC011), `lost` those about what is not in the document; `untrimmed` the original of texts whose
    surrounding white space was dropped; `single` the repeated sections that came as one object; `places` the path of each
    finding whose row is not known yet, by the path it shows.
    """

    document: Document
    format: str
    text: Text
    findings: list[Finding]
    lost: list[Finding]
    untrimmed: dict[Path, str]
    single: set[Path]
    places: dict[str, Path]


def decode(
    data: bytes, *, lenient: bool = False, max_size: int = MAX_DOCUMENT, label: str = "", hint: bool = True, answer: bool = False
) -> Decoded:
    """Read one bare XML or JSON document. `max_size` is in bytes; `label` an HTTP charset, judged but never believed.

    `lenient` repairs the slips of the page's samples first and reports each (IC011). Without `hint` nobody looks whether
    `lenient` would help, which a server need not say. `answer`: an error is in the words for an application's answer.
    Raises DecodeError, and nothing else.
    """
    if len(data) > max_size:
        raise too_large(max_size)
    text = to_text(data)
    if lenient:
        return _lenient(text, label)
    try:
        return _read(text, sniff(text.chars, answer=answer), label)
    except DecodeError as error:
        if hint and error.code == "IC001" and not error.hint:
            error.hint = _lenient_hint(text)
        raise


def too_large(max_size: int) -> DecodeError:
    """The error for a document over the size limit (bytes)."""
    return DecodeError("the document is too large", f"the limit is {max_size:,} bytes", "raise it with --max-size if you trust the source")


def _read(text: Text, format: str, label: str) -> Decoded:
    notes = Notes(format)
    root = xml_plain.read(text) if format == XML else None
    if root is None:
        root = _reader(format)(text, notes)
    if label and (problem := label_problem(label, text)):
        notes.add_once("IC006", "warning", (), f"HTTP: {problem}", 1)
    notes.end()
    document = Document(root, tuple(notes.omitted))
    return Decoded(document, format, text, notes.findings, notes.lost, notes.untrimmed, notes.single, notes.places)


@cache
def _reader(format: str) -> Callable[[Text, Notes], Node]:
    """What reads a format. Only that one's library is imported."""
    if format == XML:
        from . import xml_wire

        return xml_wire.read
    from . import json_wire

    return json_wire.read


def _lenient(text: Text, label: str) -> Decoded:
    from .repair import repair

    format = sniff(text.chars)
    chars, repairs = repair(text.chars, format)
    decoded = _read(text._replace(chars=chars), format, label)
    root = "" if format == JSON else "ApiCall"
    decoded.findings[:0] = [Finding("IC011", "warning", root, f"repaired: {message}", row) for message, row in repairs]
    return decoded


def _lenient_hint(text: Text) -> str:
    """What `--lenient` would do for a document that strict reading refuses; "" if nothing."""
    try:
        repairs = [finding for finding in _lenient(text, "").findings if finding.code == "IC011"]
    except DecodeError:
        return ""
    slips = list(dict.fromkeys(finding.message.removeprefix("repaired: ") for finding in repairs))
    return f"--lenient repairs it ({', '.join(slips)})" if slips else ""


def encode(document: Document, format: str, *, indent: bool = False, charset: str = "", as_printed: bool = False) -> bytes:
    """Write a document as "xml" or "json". `charset` is "ascii", "iso-8859-1" (XML only) or "utf-8"; XML defaults to the
    first, JSON to the last. `as_printed` (XML only) writes the root as the provider's page shows it.

    Raises EncodeError rather than lose anything, UsageError for a combination that does not exist.
    """
    if format not in FORMATS or charset not in ("", *CHARSETS):
        raise UsageError(f"nothing is written as {format} in {charset or 'any charset'}", f"there are {FORMATS} and {CHARSETS}")
    if document.omitted:
        path, why, _ = document.omitted[0]
        raise EncodeError(
            f"cannot be written as {format.upper()} without losing something", f"{path} {why}", "mend or remove it first", path=path
        )
    if format == XML:
        from . import xml_writer

        return xml_writer.write(document, indent=indent, charset=charset or "ascii", as_printed=as_printed)
    if charset == LATIN1 or as_printed:
        raise UsageError("JSON is always UTF-8 or ASCII", "only XML is written in ISO-8859-1 or as the page prints it")
    from . import json_wire

    return json_wire.write(document, indent=indent, charset=charset or UTF8)


def convert(data: bytes, format: str = "", *, lenient: bool = False, indent: bool = False, charset: str = "") -> bytes:
    """One bare document in the other format, or in `format`. Raises DecodeError, EncodeError."""
    decoded = decode(data, lenient=lenient)
    return encode(decoded.document, format or other(decoded.format), indent=indent, charset=charset)


def other(format: str) -> str:
    """The other format."""
    return FORMATS[1 - FORMATS.index(format)]
