"""All checks, in the order of their codes, and which of them a run has."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import UsageError
from ...spelling import nearest
from . import answer, call, counted, delivery, events, nonsense, reading, trust
from .check import Check

CHECKS: dict[str, Check] = {
    check.code: check
    for check in (
        answer.PLAIN,
        *reading.CHECKS,
        *call.CHECKS,
        *trust.CHECKS,
        *nonsense.CHECKS,
        *answer.CHECKS,
        *delivery.CHECKS,
        *events.CHECKS,
        *counted.CHECKS,
    )
}


def chosen(only: Iterable[str], skip: Iterable[str]) -> list[Check]:
    """The checks whose codes begin with one of `only` (all, without any) and with none of `skip`; CE001 is always there.

    Raises UsageError for what begins no code.
    """
    wanted, unwanted = (tuple(_prefix(text) for text in texts) for texts in (only, skip))
    return [
        check
        for code, check in CHECKS.items()
        if code == answer.BASELINE or ((not wanted or code.startswith(wanted)) and not code.startswith(unwanted))
    ]


def _prefix(text: str) -> str:
    found = text.upper().rstrip("X*")
    if not found or not any(code.startswith(found) for code in CHECKS):
        raise UsageError(f"there is no check {text!r}", "infocaller check-endpoint --list lists them", nearest(text.upper(), CHECKS))
    return found
