"""What a conversion there and back would change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...codec import decode, encode, other
from ...codec.model import show_path, walk
from ...codec.values import decimal
from ..inputs.naming import finding_notes

if TYPE_CHECKING:
    from ...codec import Decoded

# What was read but would be written otherwise: the namespace, the charset, a JSON type, a container, a repaired slip
_CHANGING = ("IC003", "IC006", "IC009", "IC010", "IC011")
_COSTS = ("CostRX", "CostTX")


def changes(decoded: Decoded, to: str, charset: str) -> list[str]:
    """Every difference between a document and its conversion to the format `to` and back, in words; empty if none.

    Costs that are numerically equal are unchanged. Raises EncodeError where it cannot be written.
    """
    kept_costs = {
        show_path(path, decoded.format) for path, value in walk(decoded.document.root) if path[-1] in _COSTS and _no_number(value)
    }
    lost = set(decoded.lost)
    changing = [each for each in decoded.findings if each in lost or (each.code in _CHANGING and each.path not in kept_costs)]
    found = finding_notes(decoded._replace(findings=changing))
    found += [f"{show_path(path, decoded.format)}: the white space around the value is dropped" for path in decoded.untrimmed]
    there = decode(encode(decoded.document, to, charset=charset), max_size=sys.maxsize)
    back_format = decoded.format if to != decoded.format else other(to)
    back = decode(encode(there.document, back_format), max_size=sys.maxsize)
    if back.document != decoded.document:  # a bug of ours, and the very thing this command is there to find
        before, after = dict(walk(decoded.document.root)), dict(walk(back.document.root))
        for path in dict.fromkeys((*before, *after)):
            if before.get(path) != after.get(path):
                found.append(f"{show_path(path, decoded.format)}: {before.get(path)!r} becomes {after.get(path)!r}")
    return found


def _no_number(cost: str) -> bool:
    """Whether a cost stays a string in JSON."""
    return cost != "" and decimal(cost) is None
