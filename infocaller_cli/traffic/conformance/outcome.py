"""What became of a check, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .case import Trial
from .check import Check

PASS, FAIL, WARN, SKIP = "pass", "fail", "warn", "skip"


class Outcome(NamedTuple):
    """What became of a check in one format. `sent` and `came` tell what failed; `came` of a skipped check why it was."""

    check: Check
    format: str
    verdict: str
    sent: str = ""
    came: str = ""
    language: str = ""


@dataclass(slots=True)
class Told:
    """Who is told: of each outcome, of each exchange, of each request before it goes out."""

    outcome: Callable[[Outcome], None]
    exchange: Callable[[Trial], None]
    progress: Callable[[str, int], None]
