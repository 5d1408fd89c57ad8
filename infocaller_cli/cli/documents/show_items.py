"""What `show` makes of a document, in whatever process: its summary with what its record tells, for a renderer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...codec.spec import Kind
from ...errors import ExitCode, InfocallerError
from ..inputs.items import Item, answer_of, decode_item
from ..inputs.naming import finding_notes, name_of
from ..report import place

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...config.passwords import Known, Passwords
    from ..report import Report
    from .show_summary import Summary

# What is made of a document, perhaps in another process, for who draws it in this one
Render = Callable[[Item, "Decoded", "Summary"], Any]


class Named(NamedTuple):
    """What is drawn: a summary, whose it is and what it is called. `answer`: it is the recorded answer to what was drawn before."""

    name: str
    line: str | None
    call: str | None
    summary: Summary
    answer: bool = False


def named(item: Item, decoded: Decoded, summary: Summary) -> Named:
    """A document to be drawn."""
    return Named(name_of(item), decoded.document.line, decoded.document.call, summary, item.part == "response")


class Shown(NamedTuple):
    """What became of an item: its notes and what is drawn; behind a query the same of its recorded answer (that to an event is not for
    anybody); then the error, if one ended it.
    """

    file: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    parts: list[tuple[list[str], Any]]
    error: InfocallerError | None


@dataclass(frozen=True, slots=True)
class Show:
    """Renders items. `passwords` None: nothing is said of signatures. `answers`: those to queries are documents of their own."""

    render: Render
    lenient: bool
    limit: int
    passwords: Passwords | Known | None
    answers: bool = True

    def __call__(self, item: Item) -> Shown:
        """Raises KeyError where the passwords are those known elsewhere, and not enough."""
        parts: list[tuple[list[str], Any]] = []
        try:
            decoded = self._part(item, parts)
            if self.answers and decoded.document.kind is Kind.QUERY and (answer := answer_of(item)) is not None:
                self._part(answer, parts)
        except InfocallerError as error:
            return Shown(item.file, item.index, parts, error)
        return Shown(item.file, item.index, parts, None)

    def _part(self, item: Item, parts: list[tuple[list[str], Any]]) -> Decoded:
        from .show_summary import summarize

        decoded = decode_item(item, lenient=self.lenient, max_size=self.limit)
        summary = summarize(decoded, self.passwords.of(decoded.document.line) if self.passwords else None)
        if item.record is not None:
            from .show_record import recorded

            told = recorded(item.record, decoded)
            summary = replace(summary, facts=tuple((dict(summary.facts) | told.facts()).items()), recorded=told)
        drawn = self.render(item, decoded, summary if self.passwords else replace(summary, why=""))
        parts.append((finding_notes(decoded) if decoded.findings else [], drawn))
        return decoded

    def away(self) -> Show:
        """What does it in another process."""
        return replace(self, passwords=self.passwords and self.passwords.known())


def tell(shown: Shown, draw: Callable[[Any], None], report: Report) -> int:
    """Draw an item, in its turn; gives its exit code."""
    for notes, drawn in shown.parts:
        for note in notes:
            report.note(f"{place(shown.file, shown.index)}{note}")
        draw(drawn)
    return ExitCode.OK if shown.error is None else report.error(shown.error, shown.file, shown.index)
