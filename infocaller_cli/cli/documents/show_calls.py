"""`show --calls`: the records of a capture by call, each call as one: INICIO, queries with answers, diversions, FIN, on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ...codec.spec import Kind
from ...streams import visible
from ..inputs.naming import name_of
from ..report import dump, styled
from .show_summary import clock, duration

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..inputs.items import Item
    from .show_summary import Summary

# Calls whose FIN has not come are kept, so many; beyond, the one that began first is shown as far as it came
MOST_OPEN = 10_000
_AXIS = 24


class Step(NamedTuple):
    """One record of a call. `ts` as recorded; `answer` with its judgement, both "" where there is none."""

    key: tuple[str, str]
    name: str
    what: str
    ends: bool
    ts: str
    who: str
    variables: tuple[tuple[str, str], ...]
    answer: str
    signature: str


def step(item: Item, decoded: Decoded, summary: Summary) -> Step | None:
    """A document as a step of its call; None for an answer, of which its query tells."""
    if item.part == "response":
        return None
    recorded = dict(summary.recorded)
    document = decoded.document
    query = (document.get("Infocaller", "QueryName") or "").strip() if document.kind is Kind.QUERY else ""
    what = "FIN" if document.kind is Kind.FIN else query or recorded.get("Event") or str(document.kind)
    return Step(
        (document.line or "", document.call or ""),
        name_of(item),
        what,
        document.kind is Kind.FIN,
        recorded.get("Received", ""),
        summary.who,
        tuple(summary.variables),
        recorded.get("Answer", ""),
        str(summary.signature) if summary.why else "",
    )


@dataclass(slots=True)
class Calls:
    """Takes steps in the order of the input, and shows each call once it has ended; `finish` those that have not."""

    show: Callable[[list[Step]], None]
    _open: dict[tuple[str, str], list[Step]] = field(default_factory=dict)

    def add(self, one: Step | None) -> None:
        """One more document."""
        if one is None:
            return
        steps = self._open.setdefault(one.key, [])
        steps.append(one)
        if one.ends:
            self.show(self._open.pop(one.key))
        elif len(self._open) > MOST_OPEN:
            self.show(self._open.pop(next(iter(self._open))))

    def finish(self) -> None:
        """The input has ended."""
        for steps in self._open.values():
            self.show(steps)
        self._open.clear()


def _when(ts: str) -> datetime | None:
    try:
        return datetime.fromisoformat(ts)
    except ValueError:
        return None


def _offsets(steps: list[Step]) -> list[float | None]:
    """Seconds since the first record with a time, for each."""
    times = [_when(one.ts) for one in steps]
    known = [time for time in times if time is not None]
    return [None if time is None or time.tzinfo != known[0].tzinfo else (time - known[0]).total_seconds() for time in times]


def lines(steps: list[Step], *, bold: bool) -> Iterator[str]:
    """A call for a person: its head, a line for each record with its place on the call's time axis, the variables that are new."""
    offsets = _offsets(steps)
    last = max((offset for offset in offsets if offset is not None), default=0.0)
    (line, call), who = steps[0].key, steps[0].who
    ended = "" if steps[-1].ends else ", no FIN"
    head = visible(f"call {call or '?'} of line {line or '?'}: {who}; records: {len(steps)}, {duration(last)}{ended}")
    yield styled(head, "bold") if bold else head
    had: dict[str, str] = {}
    for one, offset in zip(steps, offsets, strict=True):
        at = "-" if offset is None else clock(offset)
        place = -1 if offset is None or offset < 0 else round(offset / last * (_AXIS - 1)) if last else 0
        axis = "".join("*" if cell == place else "." for cell in range(_AXIS))
        answer = f" -> {one.answer}" if one.answer else ""
        wrong = f", signature {one.signature}" if one.signature == "invalid" else ""
        yield visible(f"  {at:>7}  {axis}  {one.what}{answer}{wrong}  ({one.name})")
        for name, value in one.variables:
            if had.get(name) != value:
                yield visible(f"  {'':7}  {'':{_AXIS}}    {name} = {value}")
        had.update(one.variables)


def row(steps: list[Step]) -> str:
    """A call for a program: one object, with its records."""
    (line, call), offsets = steps[0].key, _offsets(steps)
    found: list[dict[str, Any]] = [
        {
            "name": one.name,
            "what": one.what,
            "ts": one.ts or None,
            "offset": offset,
            "variables": dict(one.variables),
            "answer": one.answer or None,
            "signature": one.signature or None,
        }
        for one, offset in zip(steps, offsets, strict=True)
    ]
    return dump({"line": line or None, "call": call or None, "who": steps[0].who, "ended": steps[-1].ends, "records": found})
