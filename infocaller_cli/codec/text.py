"""Bytes to characters, and which format the characters are.

The bytes alone decide the charset; labels (XML declaration, the root's `encoding`, HTTP) only cause IC006.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ..errors import DecodeError
from .spec import JSON, ROOT, XML

UTF8, LATIN1, UTF16_LE, UTF16_BE = "utf-8", "iso-8859-1", "utf-16-le", "utf-16-be"

# Label -> the charsets it may truly stand over. windows-1252 differs from ISO-8859-1 in 0x80-0x9F only.
_LABELS = {
    **dict.fromkeys(
        ("iso-8859-1", "iso8859-1", "iso_8859-1", "iso-8559-1", "latin1", "latin-1", "windows-1252", "cp1252"), frozenset((LATIN1,))
    ),
    **dict.fromkeys(("us-ascii", "ascii"), frozenset[str]()),
    **dict.fromkeys(("utf-8", "utf8"), frozenset((UTF8,))),
    "utf-16": frozenset((UTF16_LE, UTF16_BE)),
    "utf-16le": frozenset((UTF16_LE,)),
    "utf-16be": frozenset((UTF16_BE,)),
}
_BOMS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, UTF16_LE), (codecs.BOM_UTF16_BE, UTF16_BE))


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
    bom, charset = next((mark for mark in _BOMS if data.startswith(mark[0])), (b"", UTF8))
    if not bom:
        charset = _utf16(data) or UTF8
    try:
        return Text(data[len(bom) :].decode(charset), charset, bom)
    except UnicodeDecodeError as error:
        if charset != UTF8:
            raise DecodeError("the document is not readable", f"its bytes look like UTF-16 but are not ({error.reason})") from None
        return Text(data.decode(LATIN1), LATIN1)


def _utf16(data: bytes) -> str:
    """The UTF-16 in which the bytes begin like a document; "" if in none."""
    if b"\0" not in data[:2]:
        return ""
    little = re.match(rb"(?:[ \t\r\n]\0)*+[<{\[]\0", data)
    return UTF16_LE if little else UTF16_BE if re.match(rb"(?:\0[ \t\r\n])*+\0[<{\[]", data) else ""


def label_problem(label: str, text: Text) -> str | None:
    """Why a label is wrong (for IC006); None if nothing speaks against it."""
    name = label.strip().lower()
    charsets = _LABELS.get(name)
    actual = "UTF-16" if text.charset.startswith("utf-16") else text.charset.upper()
    if charsets is None:
        return f"nobody knows the encoding {label.strip()!r}; the bytes were read as {actual}"
    if text.charset in charsets or (text.charset in (UTF8, LATIN1) and text.chars.isascii() and not name.startswith("utf-16")):
        return None
    return f"{label.strip()} is declared, but the bytes are {actual}, and were read so"


_HTML = r"(?is)(?>\s*<!--.*?-->)*+\s*<(?:!doctype\s+html|html|head|body|br|b|p|pre|table|div)\b"


def sniff(text: str) -> str:
    """XML or JSON, by the first character. Raises DecodeError naming the usual causes for anything else."""
    start = text.lstrip()[:1]
    if start == "<":
        return XML
    if start in ("{", "["):
        return JSON
    if not start:
        raise DecodeError("there is no document", "the body is empty", "Infocaller sends it in the form variable apiInfocaller")
    found = re.search(r"<\?xml\b|<ApiCall\b|\{\s*\"ApiCall\"", text)
    if found:
        row = text.count("\n", 0, found.start()) + 1
        raise DecodeError(
            "not well formed",
            f"text stands before the document, which begins in row {row} (a PHP warning?)",
            "send nothing before it",
            row=1,
            column=1,
        )
    raise DecodeError("this is no document", f"it begins with {text.lstrip()[:20]!r}, neither XML nor JSON", row=1, column=1)


def is_html(text: str) -> bool:
    """Whether the characters are a web page (or a piece of one) and no document."""
    return re.match(_HTML, text) is not None and f"<{ROOT}" not in text[:2000]
