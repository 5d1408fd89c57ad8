"""The checks of a call's times: its duration, and the order of its actions. Nothing here raises or prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import spec
from .clock import is_near
from .spec import Kind
from .subject import Hit, Subject
from .values import moment, whole

if TYPE_CHECKING:
    from .clock import Times
    from .model import Node, Path
    from .values import Moment


def duration(subject: Subject) -> Iterator[Hit]:
    """IC208, IC209."""
    times = subject.times
    between = times.between
    if subject.kind is not Kind.FIN or between is None:
        return
    if between < 0:
        if not times.clock_change:
            yield Hit("IC208", ("Infocaller", "EndDate"), "EndDate is before StartDate")
    elif times.seconds is not None and not is_near(between, times.seconds) and times.clock_change == 0:
        problem = f"CallSeconds is {times.seconds}, but {between:.0f} s lie between StartDate and EndDate"
        yield Hit("IC209", ("Infocaller", "CallSeconds"), problem)


def order_of_actions(subject: Subject) -> Iterator[Hit]:
    """IC305 and IC306: each action against the one above it, and against the call's start and end.

    Local times jump where the clock is changed: one step back is then the clock's, and nothing can be said of start and end.
    """
    times = subject.times
    start, end, _ = times
    changed = bool(times.clock_change)
    outside: list[Hit] = []
    stepped = False
    previous: Moment | None = None
    for index, action in enumerate(subject.document.actions):
        when = moment(action.get("EventDate", ""))
        if when is None:
            continue
        if previous and when.when < previous.when:
            back = (previous.when - when.when).total_seconds()
            if not stepped and times.is_clock_change(back):
                stepped = changed = True
            else:
                yield Hit("IC305", _place(index), f"this action is {back:.0f} s before the one above it")
        previous = when
        if (start and when.when < start.when) or (end and when.when > end.when):
            outside += _outside(when, times, action, index)
    reversed_call = times.between is not None and times.between < 0  # IC208 has said so
    if not changed and not reversed_call and subject.kind is Kind.FIN:
        yield from outside


def _place(index: int) -> Path:
    return ("Status", "Events", "Event", index, "EventDate")


def _outside(when: Moment, times: Times, action: Node, index: int) -> Iterator[Hit]:
    """IC306 of one action."""
    if times.start and when.when < times.start.when:
        if (times.start.when - when.when).total_seconds() > spec.ACTION_SLACK:
            yield Hit("IC306", _place(index), "this action is before the call's start")
    elif times.end and when.when > times.end.when and (when.when - times.end.when).total_seconds() > spec.ACTION_SLACK:
        number = whole(action.get("EventType", ""))
        known = spec.ACTIONS.get(number) if number is not None else None
        if not (known and known.after_end):
            yield Hit("IC306", _place(index), "this action is after the call's end")
