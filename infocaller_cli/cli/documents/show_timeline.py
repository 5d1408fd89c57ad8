"""A call on one time axis: when its records came, by the clock of who recorded them, and what its FIN tells, by the line's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ...codec.signature import State
from ...codec.spec import Kind
from .show_summary import CALL, Step, Summary, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .show_calls import Call, Entry

# Zones are whole halves of an hour, at most so far from UTC; two clocks that are right differ by less than _SLACK seconds
_STEP, _FARTHEST, _SLACK = timedelta(minutes=30), timedelta(hours=14), 120.0
# Seconds that no call lasts
_LONGEST = 1e9
# A FIN cannot come before the end it tells of, and comes soon after it, in seconds
_EARLY, _LATE = 2.0, 60.0
# An answer that took so many seconds has a bar, a faster one a mark
_BAR = 0.5
# Facts of a single record, which say nothing of the call
_OF_A_RECORD = frozenset({"Event", "Received", "URL", "Answer", "Request"})


class Timeline(NamedTuple):
    """When everything was, in seconds since the first of it.

    `offsets`: of each record, None where its time is not known; `started`: of the start of the call as the FIN tells it; `times`: when
    each record came, in words, by the line's clock where it can be told, else by that of this computer; `note`: what does not fit.
    """

    offsets: list[float | None]
    started: float
    times: list[str]
    seconds: float | None
    note: str


def timeline(call: Call) -> Timeline:
    """The one time axis of a call."""
    heard = [_received(one) for one in call.entries]
    fin = call.entries[-1].summary if call.ended else None
    begun = fin.start if fin else None
    zone = None if fin is None or begun is None else _zone(call, heard, begun, fin.seconds)
    first = next((time for time in heard if time is not None), None)
    if begun is None:
        started = first
    elif zone is not None:
        started = _shifted(begun, -zone)
    else:  # two clocks that do not agree: what the FIN tells begins with the first record
        started = first or begun
    zero = min((time for time in (*heard, started) if time is not None), default=None)
    offsets = [None if time is None or zero is None else (time - zero).total_seconds() for time in heard]
    since = 0.0 if started is None or zero is None else (started - zero).total_seconds()
    if fin is not None and first is None and fin.seconds is not None:  # nothing was recorded but the documents
        offsets[-1] = since + fin.seconds
    ends = [since + step.offset + (step.lasts or 0) for step in fin.steps if step.offset is not None] if fin else []
    last = max([offset for offset in offsets if offset is not None] + ends, default=None)
    untimed = sum(offset is None for offset in offsets)
    notes = [f"records without a readable time, in their order: {untimed}"] if untimed else []
    notes += filter(None, [_misfit(fin, heard, offsets, since, zone)])
    return Timeline(offsets, since, [_clock(time, zone) for time in heard], last, "; ".join(notes))


def _received(one: Entry) -> datetime | None:
    """When it was recorded, in UTC and without an offset: dates of the wire have none either."""
    try:
        read = datetime.fromisoformat(one.summary.recorded.received if one.summary.recorded else "")
        return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _zone(call: Call, heard: list[datetime | None], begun: datetime, seconds: float | None) -> timedelta | None:
    """How far the line's clock is before UTC, from when its INICIO or its FIN came; None where neither fits."""
    first = call.entries[0].summary
    began = first.kind == Kind.EVENT and first.what in (first.kind, "INICIO")  # the first event is INICIO, where its URL names none
    pairs = [(heard[0], begun)] if began else []
    pairs += [(heard[-1], _shifted(begun, timedelta(seconds=seconds)))] if seconds is not None and abs(seconds) < _LONGEST else []
    for came, told in pairs:
        if came is None:
            continue
        zone = round((told - came) / _STEP) * _STEP
        if abs(zone) <= _FARTHEST and abs((told - came - zone).total_seconds()) <= _SLACK:
            return zone
    return None


def _shifted(time: datetime, by: timedelta) -> datetime:
    """So much later; at the end of what a date can be, as it is."""
    try:
        return time + by
    except OverflowError:
        return time


def _clock(time: datetime | None, zone: timedelta | None) -> str:
    if time is None:
        return ""
    try:
        rounded = time + timedelta(seconds=0.5)
        local = rounded.replace(tzinfo=UTC).astimezone() if zone is None else rounded + zone
    except (ValueError, OverflowError):
        return time.isoformat("T", "seconds")
    return local.replace(tzinfo=None).isoformat("T", "seconds")


def _misfit(fin: Summary | None, heard: list[datetime | None], offsets: list[float | None], since: float, zone: timedelta | None) -> str:
    if fin is None or fin.start is None or heard[-1] is None or offsets[-1] is None:
        return ""
    if zone is None:
        return "the FIN's dates are not those of its records: its actions are placed as if it had begun with the first of them"
    if fin.seconds is None:
        return ""
    after = offsets[-1] - since - fin.seconds
    if after < -_EARLY:
        return f"the FIN came {duration(-after)} before the end it tells of: the call was played, or a clock is wrong"
    return f"the FIN came {duration(after)} after the end of the call" if after > _LATE else ""


def picture(call: Call) -> Summary:
    """A call as one document to be drawn: its records and the actions of its FIN are the steps."""
    time = timeline(call)
    of = call.entries[-1 if call.ended else 0].summary
    known = dict(of.facts)
    begun = next(filter(None, time.times), "").replace("T", " ")
    when = f"{begun}, {duration(time.seconds)}" if begun and time.seconds is not None else ""
    facts = ({} if "When" in known or not when else {"When": when}) | {k: v for k, v in known.items() if k not in _OF_A_RECORD}
    facts |= {"Note": time.note} if time.note else {}
    if not call.ended:
        why = ": too many other calls were open to wait for it" if call.cut else ""
        facts["End"] = f"no FIN has come{why}"
    if call.left_out:
        facts["Left out"] = f"{call.left_out:,} more records of this call, before its end"
    signature, why = _signature(call.entries)
    line, number = call.key
    title = f"{number or '?'} of line {line or '?'}, {call.entries[0].summary.who}"
    steps = tuple(_steps(call, time))
    return replace(
        of,
        kind=CALL,
        format="",
        title=title,
        signature=signature,
        why=why,
        facts=tuple(facts.items()),
        variables=(),
        others=(),
        steps=steps,
        seconds=time.seconds,
        amounts=of.amounts if call.ended else None,
        recorded=None,
    )


def where(call: Call) -> str:
    """The files in which a call stands."""
    files = list(dict.fromkeys(one.name.partition("#")[0] if one.index is not None else one.name for one in call.entries))
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _signature(entries: list[Entry]) -> tuple[State, str]:
    """One state for all records: that of each where they are alike, else which of them are wrong."""
    states = {one.summary.signature for one in entries}
    first = entries[0].summary
    if len(states) == 1 or not first.why:
        return first.signature, first.why
    wrong = [_short(one, entries) for one in entries if one.summary.signature is State.INVALID]
    if wrong:
        return State.INVALID, f"not valid: {', '.join(wrong[:5])}{f' and {len(wrong) - 5} more' if len(wrong) > 5 else ''}"
    return State.UNCHECKED, "not checked for all records"


def _short(one: Entry, entries: list[Entry]) -> str:
    """`#3` where all records stand in one file, else with its file."""
    files = {each.name.partition("#")[0] for each in entries}
    return f"#{one.index}" if one.index is not None and len(files) == 1 else one.name


def _steps(call: Call, time: Timeline) -> Iterator[Step]:
    """The records and the FIN's actions, in the order of time; what has none stays behind what it came after."""
    placed: list[tuple[float, Step]] = []
    at = 0.0
    had: dict[str, str] = {}
    names = len({one.name.partition("#")[0] for one in call.entries}) > 1
    for one, offset, when in zip(call.entries, time.offsets, time.times, strict=True):
        at = at if offset is None else offset
        placed.append((at, _record(one, offset, when, had, one.name if names or one.index is None else f"#{one.index}")))
    at = time.started
    for step in call.entries[-1].summary.steps if call.ended else ():
        at = at if step.offset is None else time.started + step.offset
        placed.append((at, step if step.offset is None else replace(step, offset=at)))
    placed.sort(key=lambda one: one[0])
    return (step for _, step in placed)


def _record(one: Entry, offset: float | None, when: str, had: dict[str, str], name: str) -> Step:
    """A record as a step: the variables that are new, and what became of it. `had` are the call's variables until then, and after it."""
    new = ", ".join(f"{name} = {value}" for name, value in one.summary.variables if had.get(name) != value)
    had.update(one.summary.variables)
    told = [new] if new else []
    invalid = one.summary.why and one.summary.signature is State.INVALID
    told += ["the signature is not valid"] if invalid else []
    answer = one.summary.recorded.answer if one.summary.recorded else None
    lasts = None
    if answer:
        given = answer.judged.variables if answer.judged and not answer.why else {}
        had.update(given)
        told.append(f"-> {answer.in_words()}" + "".join(f", {name} = {value}" for name, value in given.items()))
        lasts = answer.ms / 1000 if answer.ms is not None and answer.ms >= _BAR * 1000 else None
    wrong = bool(invalid or (answer and answer.why))
    return Step(name, one.summary.what, "; ".join(told), when, offset, lasts, False, "", (), record=True, wrong=wrong)
