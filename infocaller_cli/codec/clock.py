"""The times of a call, and whether the clock was changed during it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import spec
from .values import Moment, moment, whole

if TYPE_CHECKING:
    from .model import Document


class Times(NamedTuple):
    """StartDate, EndDate and CallSeconds of a call; None where one is missing or cannot be read."""

    start: Moment | None
    end: Moment | None
    seconds: int | None

    @property
    def between(self) -> float | None:
        """Seconds from start to end by the clock."""
        return (self.end.when - self.start.when).total_seconds() if self.start and self.end else None

    @property
    def clock_change(self) -> int | None:
        """Seconds by which the clock was put back (negative: forward) during the call, 0 for not at all.

        Local times alone cannot tell: CallSeconds proves it. None: there is nothing to prove it with, either way.
        """
        between = self.between
        if between is None or self.seconds is None:
            return None
        missing = self.seconds - between
        if is_near(abs(missing), spec.CLOCK_CHANGE):
            return spec.CLOCK_CHANGE if missing > 0 else -spec.CLOCK_CHANGE
        return 0

    def is_clock_change(self, back: float) -> bool:
        """Whether a step back (seconds) from one action to the next can be the clock's. A call has one such step at most."""
        if self.clock_change is None:
            return spec.CLOCK_CHANGE - spec.CLOCK_CHANGE_SLACK <= back <= spec.CLOCK_CHANGE
        return self.clock_change > 0 and back <= spec.CLOCK_CHANGE


def times_of(document: Document) -> Times:
    """The times of a call."""
    start, end, seconds = (document.get("Infocaller", name) or "" for name in ("StartDate", "EndDate", "CallSeconds"))
    return Times(moment(start), moment(end), whole(seconds))


def is_near(value: float, target: float) -> bool:
    """Whether two durations are the same but for rounding."""
    return abs(value - target) <= spec.SECONDS_SLACK
