"""The XML form, written: as strings, because the serializers at hand leave three of the page's five entities raw."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ..errors import EncodeError
from .model import Document, Node, Path, show_path
from .spec import APICALL, ENTITIES, NAMESPACE, ROOT, XML, Section
from .text import FORBIDDEN, LATIN1, UTF8, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

# Line breaks and tabs become references so that no reader normalises them
_ESCAPES = str.maketrans({**ENTITIES, "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
_PLAIN = re.compile(r"[ !#-%(-;=?-~]*").fullmatch
_FORBIDDEN = re.compile(FORBIDDEN)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


def write(document: Document, *, indent: bool, charset: str, as_printed: bool = False) -> bytes:
    """The document's bytes. `charset` is "ascii" (references for everything else), "iso-8859-1" or "utf-8".

    `as_printed` writes what the provider's page shows: no declaration, the root's misprinted label, ISO-8859-1 bytes.
    Raises EncodeError for what XML cannot hold.
    """
    label = "UTF-8" if charset == UTF8 else "ISO-8859-1"
    if as_printed:
        charset = LATIN1
        opening = f"<{ROOT} xmlns='{NAMESPACE}' encoding=\" ISO-8559-1\">"
    else:
        opening = f'<?xml version="1.0" encoding="{label}"?>{chr(10) * indent}<{ROOT} xmlns="{NAMESPACE}" encoding="{label}">'
    pieces = [opening]
    _write_section(document.root, APICALL, (), pieces, "\n" if indent else "")
    pieces.append(f"</{ROOT}>")
    text = "".join(pieces)
    data = text.encode(charset, "xmlcharrefreplace")
    if charset == LATIN1 and not text.isascii() and to_text(data).charset == UTF8:
        return text.encode("ascii", "xmlcharrefreplace")  # those bytes would be read as UTF-8
    return data


@cache
def _order(section: Section) -> tuple[tuple[str, Section | None], ...]:
    return tuple((part.name, part if isinstance(part, Section) else None) for part in section.parts)


def _write_section(node: Node, section: Section, path: Path, pieces: list[str], newline: str) -> None:
    """Append the section's content; `newline` is "" for compact output, else the line break and indent of its tags."""
    inner = newline + "  " if newline else ""
    known, before = 0, len(pieces)
    for name, below in _order(section):
        if name not in node:
            continue
        known += 1
        value = node[name]
        if below is None:
            pieces.append(f"{inner}<{name}>{value if _PLAIN(value) else _escape(value, (*path, name))}</{name}>")
        elif below.many:
            for index, item in enumerate(value):
                pieces.append(f"{inner}<{name}>")
                _write_section(item, below, (*path, name, index), pieces, inner)
                pieces.append(f"</{name}>")
        else:
            pieces.append(f"{inner}<{name}>")
            _write_section(value, below, (*path, name), pieces, inner)
            pieces.append(f"</{name}>")
    if known < len(node):
        for name, value in _undocumented(node, section, path):
            pieces.append(f"{inner}<{name}>{_escape(value, (*path, name))}</{name}>")
    if newline and len(pieces) > before:
        pieces.append(newline)


def _undocumented(node: Node, section: Section, path: Path) -> Iterator[tuple[str, str]]:
    names = {name for name, _ in _order(section)}
    for name, value in node.items():
        if name not in names:
            if not _NAME.fullmatch(name):
                raise EncodeError("cannot be written as XML", f"{name!r} is no element name", path=show_path((*path, name), XML))
            yield name, value


def _escape(value: str, path: Path) -> str:
    found = _FORBIDDEN.search(value)
    if found:
        where = show_path(path, XML)
        raise EncodeError(
            "cannot be written as XML", f"{where} holds U+{ord(found[0]):04X}, which XML forbids", "JSON can hold it", path=where
        )
    return value.translate(_ESCAPES)
