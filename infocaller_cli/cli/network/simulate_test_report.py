"""How `simulate --test` reports: text, JSON lines, GitHub annotations, JUnit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...traffic.simulate.lines import lines
from ..ci_reports import Suite, annotate
from .simulate_output import TestOutput

if TYPE_CHECKING:
    from ...calls import Case
    from ...traffic.simulate.coverage import Coverage
    from ...traffic.simulate.driver import Call
    from ...traffic.simulate.loading import Loaded
    from ..report import Report


@dataclass(frozen=True, slots=True)
class Played:
    """A case that was played. `call` None: it could not be. `failures`: what was expected and missed; none: it passed."""

    case: Case
    call: Call | None
    failures: list[str]

    @property
    def whole(self) -> list[str]:
        """The whole call, in lines."""
        return lines(self.call) if self.call else []


class Text:
    """A line for each case; for a failed one the whole call and what it missed. Then the sum, and what no case reached."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self._report = report
        self._counts = {True: 0, False: 0}

    def add(self, played: Played) -> None:
        passed = not played.failures
        self._counts[passed] += 1
        label, style = ("ok", "green") if passed else ("failed", "red")
        self._report.verdict("", label, style, f"{played.case.name}{_ended(played)}")
        if not passed:
            for line in played.whole:
                self._report.out(f"    {line}", "dim")
            for failure in played.failures:
                self._report.out("  expected and missed: ", "red", failure)

    def finish(self, found: Coverage | None) -> None:
        total = sum(self._counts.values())
        self._report.out(f"{total} case{'' if total == 1 else 's'}: {self._counts[True]} ok, {self._counts[False]} failed")
        if found is not None:
            self._report.out(f"steps and branches reached: {found.reached} of {found.total}")
            for one in found.unreached:
                self._report.out("  not reached: ", "yellow", str(one))


def _ended(played: Played) -> str:
    """How it ended; of a failed case, also the call to look for in the application's log."""
    if (call := played.call) is None:
        return ""
    which = f"call {call.fields.call}: " if played.failures else ""
    return f" ({which}{call.end}, {int(call.seconds)} s)"


class Json:
    """One object a case, then one for the coverage."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self._report = report
        self._file = loaded.file

    def add(self, played: Played) -> None:
        row: dict[str, Any] = {"file": self._file, "case": played.case.name, "row": played.case.row, "passed": not played.failures}
        row |= {"missed": played.failures}
        if (call := played.call) is not None:
            row |= {"call": call.fields.call, "end": call.end, "seconds": int(call.seconds), "slowest_ms": round(call.slowest * 1000, 3)}
            row |= {"heard": call.heard, "requests": call.requests, "variables": call.variables, "log": played.whole}
        self._report.row(row)

    def finish(self, found: Coverage | None) -> None:
        if found is not None:
            self._report.row({"reached": found.reached, "total": found.total, "unreached": [one._asdict() for one in found.unreached]})


class GitHub:
    """An error at the line of each case that failed, a warning where no case came."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self._file = loaded.file
        self._script = loaded.script_file

    def add(self, played: Played) -> None:
        if played.failures:
            annotate("error", self._file, played.case.row, played.case.name, *played.failures, *played.whole)

    def finish(self, found: Coverage | None) -> None:
        for one in found.unreached if found else ():
            annotate("warning", self._script, one.row, "not reached by any case", str(one))


class JUnit:
    """A test suite with the cases; a failure holds what was missed and the whole call."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self._suite = Suite("infocaller simulate")
        self._group = loaded.script.name or "simulate"

    def add(self, played: Played) -> None:
        text = [*played.failures, *played.whole] if played.failures else []
        took = played.call.waited if played.call else None
        self._suite.add(played.case.name, self._group, text, "missed", seconds=took)

    def finish(self, found: Coverage | None) -> None:
        self._suite.print()


class Reporter(Protocol):
    """Takes what was played, one after the other."""

    def __init__(self, loaded: Loaded, report: Report) -> None: ...

    def add(self, played: Played) -> None:
        """Report one case."""

    def finish(self, found: Coverage | None) -> None:
        """Report what concerns them all."""


REPORTERS: dict[TestOutput, type[Reporter]] = {
    TestOutput.TEXT: Text,
    TestOutput.JSON: Json,
    TestOutput.GITHUB: GitHub,
    TestOutput.JUNIT: JUnit,
}
