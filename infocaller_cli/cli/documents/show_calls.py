"""`show --calls`: the records of a capture by call, in bounded memory; each call as one once it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ...codec.spec import Kind
from ..inputs.naming import name_of

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..inputs.items import Item
    from .show_summary import Summary

# What is kept of one call, records and characters: beyond, records are counted and left out, all but the FIN
MOST_RECORDS, MOST_OF_A_CALL = 1_000, 4_000_000
# What is kept of all calls whose FIN has not come, calls and characters: beyond, the one that began first is shown as far as it came
MOST_OPEN, MOST_HELD = 10_000, 64_000_000
# What a record, a variable, an action or the like weighs beside its own characters
_PART = 200


class Entry(NamedTuple):
    """One record of a call, and what there is to show of it. `index` as in `Item`."""

    key: tuple[str, str]
    name: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    summary: Summary

    @property
    def ends(self) -> bool:
        """Whether its call has ended."""
        return self.summary.kind == Kind.FIN

    @property
    def weight(self) -> int:
        """About how many characters it keeps."""
        summary = self.summary
        answer = summary.recorded.answer if summary.recorded else None
        findings = answer.judged.findings if answer and answer.judged else ()
        given = [*summary.variables, *summary.facts, *(answer.judged.after.items() if answer and answer.judged else ())]
        told = sum(len(name) + len(value) + _PART for name, value in given) + sum(len(one.message) + _PART for one in findings)
        return told + 3 * _PART * len(summary.steps) + 5 * _PART


def entry(item: Item, decoded: Decoded, summary: Summary) -> Entry:
    """A document as a record of its call."""
    document = decoded.document
    return Entry((document.line or "", document.call or ""), name_of(item), item.index, summary)


@dataclass(slots=True)
class Call:
    """One call, as far as it came. `left_out` records of it were too many to be kept; `cut`: too many calls were open, its FIN is not
    waited for.
    """

    key: tuple[str, str]
    entries: list[Entry] = field(default_factory=list)
    left_out: int = 0
    cut: bool = False
    weight: int = 0

    @property
    def ended(self) -> bool:
        """Whether its FIN has come."""
        return bool(self.entries) and self.entries[-1].ends


@dataclass(slots=True)
class Calls:
    """Takes records in the order of the input, and shows each call once it has ended; `finish` those that have not."""

    show: Callable[[Call], None]
    _open: dict[tuple[str, str], Call] = field(default_factory=dict)
    _weight: int = 0

    def add(self, one: Entry) -> None:
        """One more document."""
        call = self._open.setdefault(one.key, Call(one.key))
        weight = one.weight
        if one.ends or not call.entries or (len(call.entries) < MOST_RECORDS and call.weight + weight <= MOST_OF_A_CALL):
            call.entries.append(one)
            call.weight += weight
            self._weight += weight
        else:
            call.left_out += 1
        if one.ends:
            self._close(one.key)
        while len(self._open) > MOST_OPEN or (self._weight > MOST_HELD and self._open):
            oldest = next(iter(self._open))
            self._open[oldest].cut = True
            self._close(oldest)

    def finish(self) -> None:
        """The input has ended."""
        for key in list(self._open):
            self._close(key)

    def _close(self, key: tuple[str, str]) -> None:
        call = self._open.pop(key)
        self._weight -= call.weight
        self.show(call)
