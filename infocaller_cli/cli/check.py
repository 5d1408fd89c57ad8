"""What a conversion there and back would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..codec import decode, encode, other
from ..codec.model import show_path, walk
from .report import finding_notes

if TYPE_CHECKING:
    from ..codec import Decoded


def changes(decoded: Decoded, to: str, charset: str) -> list[str]:
    """Every difference between a document and its conversion to the format `to` and back, in words; empty if none.

    Costs that are numerically equal are unchanged. Raises EncodeError where it cannot be written.
    """
    found = finding_notes(decoded)
    found += [f"{show_path(path, decoded.format)}: the white space around the value is dropped" for path in decoded.untrimmed]
    there = decode(encode(decoded.document, to, charset=charset))
    back_format = decoded.format if to != decoded.format else other(to)
    back = decode(encode(there.document, back_format))
    if back.document != decoded.document:  # a bug of ours, and the very thing this command is there to find
        before, after = dict(walk(decoded.document.root)), dict(walk(back.document.root))
        for path in dict.fromkeys((*before, *after)):
            if before.get(path) != after.get(path):
                found.append(f"{show_path(path, decoded.format)}: {before.get(path)!r} becomes {after.get(path)!r}")
    return found
