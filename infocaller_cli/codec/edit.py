"""Signing a document in its source: every character but the signature's stays as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import NoAnswerError
from .signature import NO_DIGITS, is_latin1, sign, unsigned
from .spans import Places, Span
from .spec import XML, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import Decoded
    from .form import Envelope
    from .model import Path

_WHITE = " \t\r\n\u00a0"
_ALL_CDATA = re.compile(rf"[{_WHITE}]*<!\[CDATA\[((?:(?!\]\]>).)*)\]\]>[{_WHITE}]*", re.DOTALL)


class Edit(NamedTuple):
    """Replace `text[start:end]` by `new`."""

    start: int
    end: int
    new: str


def signing_edit(decoded: Decoded, password: Callable[[], str]) -> Edit:
    """The change of the source that signs a document: only the signature's characters, or a new field in its place.

    `password` is asked only once it is clear that a signature belongs there. Raises NoAnswerError where none does or can
    be made, UsageError for the password.
    """
    document = decoded.document
    reason = unsigned(document.changed("UserID", Signature="-") if document.kind is not Kind.RESPONSE else document)
    if not reason and not is_latin1(f"{document.line}{document.call}"):
        reason = NO_DIGITS
    if reason:
        raise NoAnswerError("not signed", reason)
    signature = sign(document.line or "", document.call or "", password())
    return set_field(decoded, ("UserID", "Signature"), signature, after=("UserID", "CallSequence"))


def edited(envelope: Envelope, decoded: Decoded, edit: Edit) -> bytes:
    """The body with the edit made in the document it holds; every byte around it stays."""
    text = decoded.text
    if text.to_bytes(text.chars) != envelope.document:  # repaired: the whole document is new
        chars = text.chars[: edit.start] + edit.new + text.chars[edit.end :]
        return envelope.replace(0, len(envelope.document), text.to_bytes(chars))
    start = len(text.to_bytes(text.chars[: edit.start]))
    end = start + len(text.chars[edit.start : edit.end].encode(text.charset))
    return envelope.replace(start, end, edit.new.encode(text.charset))


def set_field(decoded: Decoded, path: Path, value: str, after: Path) -> Edit:
    """Set a field to a plain ASCII value; an absent one is added behind the field `after`, which is present."""
    text = decoded.text.chars
    places = Places(text, decoded.format)
    span = places.get(path)
    if span is None:
        beside = places.get(after)
        assert beside is not None
        return (_add_xml if decoded.format == XML else _add_json)(text, beside, str(path[-1]), value)
    if decoded.format == XML:
        return _replace_xml(text, span, value)
    start = span.end if span.inner_start is None else span.inner_start
    if text[start] == '"':  # the quotes stay, as they may be written raw or escaped in a form body
        return Edit(start + 1, span.end - 1, value)
    return Edit(start, span.end, f'"{value}"')


def _replace_xml(text: str, span: Span, value: str) -> Edit:
    if span.inner_start is None or span.inner_end is None:  # <Signature/>
        tag = text[span.start : span.end]
        name = re.match(r"<([^\s/>]+)", tag)
        return Edit(span.start, span.end, f"{tag[:-2].rstrip()}>{value}</{name[1] if name else ''}>")
    start, end = span.inner_start, span.inner_end
    if cdata := _ALL_CDATA.fullmatch(text, start, end):
        start, end = cdata.span(1)
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip(_WHITE))
    return Edit(start, start + len(inner.strip(_WHITE)), value)


def _add_xml(text: str, after: Span, name: str, value: str) -> Edit:
    tag = re.match(r"<([^\s/>:]+:)?", text[after.start : after.end])
    prefix = (tag[1] or "") if tag else ""
    return Edit(after.end, after.end, f"{_layout(text, after.start)}<{prefix}{name}>{value}</{prefix}{name}>")


def _add_json(text: str, after: Span, name: str, value: str) -> Edit:
    key_value = text[after.start : after.inner_start]
    colon = key_value[key_value.rindex(":") :] if ":" in key_value else ":"
    return Edit(after.end, after.end, f',{_layout(text, after.start)}"{name}"{colon}"{value}"')


def _layout(text: str, start: int) -> str:
    """The white space before a field, so that a new one beside it looks alike."""
    before = text[:start].rstrip(_WHITE)
    return text[len(before) : start]
