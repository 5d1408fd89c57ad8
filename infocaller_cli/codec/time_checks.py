"""The checks of a call's times: its duration, and the order of its actions. Nothing here raises or prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import spec
from .clock import Times, is_near, times_of
from .spec import Kind
from .subject import Hit, Subject
from .values import moment, whole

if TYPE_CHECKING:
    from .model import Path
    from .values import Moment


def duration(subject: Subject) -> Iterator[Hit]:
    """IC208, IC209."""
    times = times_of(subject.document)
    if subject.kind is not Kind.FIN or times.between is None:
        return
    if times.between < 0:
        if not times.clock_change:
            yield Hit("IC208", ("Infocaller", "EndDate"), "EndDate is before StartDate")
    elif times.seconds is not None and times.clock_change == 0 and not is_near(times.between, times.seconds):
        problem = f"CallSeconds is {times.seconds}, but {times.between:.0f} s lie between StartDate and EndDate"
        yield Hit("IC209", ("Infocaller", "CallSeconds"), problem)


def order_of_actions(subject: Subject) -> Iterator[Hit]:
    """IC305 and IC306: each action against the one above it, and against the call's start and end.

    Local times jump where the clock is changed: one step back is then the clock's, and nothing can be said of start and end.
    """
    times = times_of(subject.document)
    changed = bool(times.clock_change)
    outside: list[Hit] = []
    stepped = False
    previous: Moment | None = None
    for index, action in enumerate(subject.document.actions):
        when = moment(action.get("EventDate", ""))
        if when is None:
            continue
        place: Path = ("Status", "Events", "Event", index, "EventDate")
        back = (previous.when - when.when).total_seconds() if previous else 0
        if back > 0:
            if not stepped and times.is_clock_change(back):
                stepped = changed = True
            else:
                yield Hit("IC305", place, f"this action is {back:.0f} s before the one above it")
        previous = when
        outside += _outside(when, times, whole(action.get("EventType", "")), place)
    reversed_call = times.between is not None and times.between < 0  # IC208 has said so
    if not changed and not reversed_call and subject.kind is Kind.FIN:
        yield from outside


def _outside(when: Moment, times: Times, number: int | None, place: Path) -> Iterator[Hit]:
    """IC306 of one action."""
    action = spec.ACTIONS.get(number) if number is not None else None
    if times.start and (times.start.when - when.when).total_seconds() > spec.ACTION_SLACK:
        yield Hit("IC306", place, "this action is before the call's start")
    elif times.end and (when.when - times.end.when).total_seconds() > spec.ACTION_SLACK and not (action and action.after_end):
        yield Hit("IC306", place, "this action is after the call's end")
