"""Bytes to characters, and which format the characters are.

The bytes alone decide the charset; labels (XML declaration, the root's `encoding`, HTTP) only cause IC006.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import DecodeError
from .spec import JSON, ROOT, WHITE, XML

UTF8, LATIN1, UTF16_LE, UTF16_BE = "utf-8", "iso-8859-1", "utf-16-le", "utf-16-be"

# Label -> the charsets it may truly stand over. windows-1252 differs from ISO-8859-1 in 0x80-0x9F only.
# Names as they are left without case, dots and dashes: those of Python, IANA, Java and .NET, and the page's misprint.
_LABELS = {
    name: frozenset(charsets)
    for names, charsets in (
        ("iso88591 iso885911987 iso8859 isoir100 latin1 latin l1 ibm819 cp819 csisolatin1 88591 8859 cp28591 iso85591", (LATIN1,)),
        ("windows1252 cp1252 1252 ansi", (LATIN1,)),
        ("usascii ascii us ansix341968 ansix341986 iso646us iso646irv1991 isoir6 ibm367 cp367 csascii 646", ()),
        ("utf8 u8 utf cp65001 unicode11utf8 csutf8 utf8sig utf8mb4", (UTF8,)),
        ("utf16", (UTF16_LE, UTF16_BE)),
        ("utf16le", (UTF16_LE,)),
        ("utf16be", (UTF16_BE,)),
    )
    for name in names.split()
}
# Single-byte encodings that Infocaller does not read: what a byte means in them can be told. There is no ISO-8859-12
_OTHERS = r"(?:iso8859(1[013-6]|[2-9])|latin(10|[2-9])|(?:windows|cp|ibm)(125[0-8]|437|85[025-8])|mac(?:intosh|roman))"
_NO_MARKS = str.maketrans("", "", " -_.:")
# The characters that XML has no way to write; compiled where they are looked for, which takes longer than reading a document
FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
_BOMS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, UTF16_LE), (codecs.BOM_UTF16_BE, UTF16_BE))
_MARKS = tuple(mark for mark, _ in _BOMS)


class Text(NamedTuple):
    """Characters, the charset their bytes were in, and the byte order mark that stood before them."""

    chars: str
    charset: str
    bom: bytes = b""

    def to_bytes(self, chars: str) -> bytes:
        """Other characters in the same charset and with the same byte order mark."""
        return self.bom + chars.encode(self.charset)


def to_text(data: bytes) -> Text:
    """BOM, or UTF-16 by its bytes; else UTF-8 if the bytes are valid UTF-8; else ISO-8859-1.

    Raises DecodeError for UTF-16 that is none.
    """
    bom, charset = b"", UTF8
    if data.startswith(_MARKS):
        bom, charset = next(mark for mark in _BOMS if data.startswith(mark[0]))
    elif b"\0" in data[:2]:
        charset = _utf16(data) or UTF8
    try:
        return Text(data[len(bom) :].decode(charset), charset, bom)
    except UnicodeDecodeError as error:
        if charset != UTF8:
            raise DecodeError("the document is not readable", f"its bytes look like UTF-16 but are not ({error.reason})") from None
        return Text(data.decode(LATIN1), LATIN1)


def utf16_of(data: bytes) -> str:
    """The UTF-16 a text is in, whatever it is: by its byte order mark, or as every second of its first bytes is zero; "" if in none."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF16_LE if data.startswith(codecs.BOM_UTF16_LE) else UTF16_BE
    little = re.match(rb"(?:[\t\n\r -~]\0){8}", data)
    return UTF16_LE if little else UTF16_BE if re.match(rb"(?:\0[\t\n\r -~]){8}", data) else ""


def _utf16(data: bytes) -> str:
    """The UTF-16 in which the bytes begin like a document; "" if in none."""
    little = re.match(rb"(?:[ \t\r\n]\0)*+[<{\[]\0", data)
    return UTF16_LE if little else UTF16_BE if re.match(rb"(?:\0[ \t\r\n])*+\0[<{\[]", data) else ""


_USUAL_LABEL = 40  # characters: longer ones are not kept


@lru_cache(maxsize=64)
def _usual(label: str) -> str:
    """A label as the table has it."""
    return label.lower().translate(_NO_MARKS)


def label_problem(label: str, text: Text) -> str | None:
    """Why a label is wrong (for IC006); None if nothing speaks against it."""
    label = label.strip()
    name = _usual(label) if len(label) <= _USUAL_LABEL else _usual.__wrapped__(label)
    charsets = _LABELS.get(name)
    actual = "UTF-16" if text.charset.startswith("utf-16") else text.charset.upper()
    if charsets is None:
        return _unread(label, name, text, actual)
    if text.charset in charsets or (text.charset in (UTF8, LATIN1) and text.chars.isascii() and not name.startswith("utf16")):
        return None
    return f"{label} is declared, but the bytes are {actual}, and were read so"


def _unread(label: str, name: str, text: Text, actual: str) -> str:
    """The problem with a label that Infocaller does not read: what the first byte that differs would be."""
    family = re.fullmatch(_OTHERS, name)
    if family is None:
        return f"nobody knows the encoding {label!r}; the bytes were read as {actual}"
    iso, latin, page = family.groups()
    codec = f"iso8859-{iso}" if iso else f"latin{latin}" if latin else f"cp{page}" if page else "mac-roman"
    for character in dict.fromkeys(re.findall("[^\0-\x7f]", text.chars)) if text.charset == LATIN1 else ():
        meant = character.encode(LATIN1).decode(codec, "replace")
        if meant != character:
            byte = f"byte {ord(character):02X} is {meant} in it, and was read as {character}"
            return f"{label} is declared, which Infocaller does not read: {byte}, as in {actual}"
    return f"{label} is declared, which Infocaller does not read; the bytes were read as {actual}"


_HTML = r"(?is)(?>\s*<!--.*?-->)*+\s*<(?:!doctype\s+html|html|head|body|br|b|p|pre|table|div)\b"


def sniff(text: str, *, answer: bool = False) -> str:
    """XML or JSON, by the first character. Raises DecodeError naming the usual causes for anything else."""
    start = text.lstrip(WHITE)[:1]
    if start == "<":
        return XML
    if start in ("{", "["):
        return JSON
    from .no_document import no_document

    raise no_document(text, answer=answer)


def is_html(text: str) -> bool:
    """Whether the characters are a web page (or a piece of one) and no document."""
    return re.match(_HTML, text) is not None and f"<{ROOT}" not in text[:2000]
