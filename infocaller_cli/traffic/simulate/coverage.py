"""The steps and branches of a script that no call has reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...calls import Script
from .driver import Call


class Unreached(NamedTuple):
    """A step, or one branch of it, that no call came to. `row` in the script's file, None where it is not known."""

    step: str
    branch: str
    row: int | None

    def __str__(self) -> str:
        where = f"line {self.row}: " if self.row is not None else ""
        return f"{where}step {self.step}{f', {self.branch!r}' if self.branch else ''}"


class Coverage(NamedTuple):
    """How much of a script was reached."""

    reached: int
    total: int
    unreached: list[Unreached]


def coverage(script: Script, calls: Iterable[Call]) -> Coverage:
    """What these calls have reached together, by step and branch. What is inside a branch nobody took is told once, as the branch."""
    reached = frozenset().union(*(call.reached for call in calls))
    coverable = sorted(script.coverable)
    missing = [pair for pair in coverable if pair not in reached]
    inside = tuple(f"{script.steps[step].number}.{branch + 1}." for step, branch in missing if branch >= 0)
    told = [(step, branch) for step, branch in missing if not script.steps[step].number.startswith(inside)]
    return Coverage(len(coverable) - len(missing), len(coverable), [_named(script, *pair) for pair in told])


def _named(script: Script, step: int, branch: int) -> Unreached:
    found = script.steps[step]
    if branch < 0:
        return Unreached(f"{found.number} ({found.action})", "", found.row)
    return Unreached(found.number, found.branches[branch].text, found.branches[branch].row)
