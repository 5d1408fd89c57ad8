"""What `check-endpoint` reports: a line a check, what a failure needs to be mended, a sum."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...config.bounded import read_file
from ...errors import InputError, UsageError
from ...spelling import nearest
from ...streams import visible
from ...traffic.conformance.case import headers_of
from ...traffic.conformance.check import FAIL, PASS, SKIP, WARN, Check, Outcome
from ...traffic.conformance.mends import mend
from ...traffic.conformance.table import CHECKS
from ..ci_reports import Suite, annotate
from ..report import dump
from ..terminal import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...traffic.conformance.case import Trial
    from ..report import Report

_STYLES = {PASS: "green", FAIL: "red", WARN: "yellow", SKIP: "dim"}
_WIDEST = 100
_LARGEST_REPORT = 1 << 26  # of all checks, with what was sent and came: a megabyte at most
Alone = "Callable[[Check, str], str]"


def _width() -> int:
    return max(40, min(columns(), _WIDEST))


class Outcomes:
    """Takes outcomes one by one; `finish` writes the sum. `known` are (code, format) of failures that are no news."""

    def __init__(self, report: Report, known: frozenset[tuple[str, str]], alone: Callable[[Check, str], str], total: int) -> None:
        self._report = report
        self._known = known
        self._alone = alone
        self._total = total
        self._counts: Counter[str] = Counter()
        self._mended: set[tuple[str, str]] = set()
        self._drawn = False
        self.failed = False
        self.known_count = 0

    def add(self, outcome: Outcome) -> None:
        """One check is done."""
        self.clear()
        key = (outcome.check.code, outcome.format)
        known = key in self._known and outcome.verdict in (FAIL, WARN)
        if outcome.verdict == PASS and key in self._known:
            self._mended.add(key)
        self._counts[outcome.verdict] += 1
        self.known_count += known
        self.failed = self.failed or (outcome.verdict == FAIL and not known)
        self.show(outcome, known=known)

    def progress(self, code: str, sent: int) -> None:
        """On a terminal: which check runs, and how many requests went out."""
        if sys.stderr.isatty() and not self._report.quiet:
            done = sum(self._counts.values())
            print(f"\r\x1b[K{code}: {done} of about {self._total} checks, {sent} requests", end="", file=sys.stderr, flush=True)
            self._drawn = True

    def clear(self) -> None:
        """Take the progress from the terminal."""
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False

    def finish(self, sent: int, *, interrupted: bool) -> None:
        """The sum."""
        for code, format in sorted(self._mended):
            self._report.note(f"{code} ({format}) is mended: take it out of the baseline")
        self.end(self.summary(sent, interrupted=interrupted))

    def summary(self, sent: int, *, interrupted: bool) -> dict[str, Any]:
        """The sum as numbers."""
        counts = {name: self._counts[name] for name in (PASS, FAIL, WARN, SKIP)}
        return counts | {"known": self.known_count, "mended": len(self._mended), "requests": sent, "interrupted": interrupted}

    def show(self, outcome: Outcome, *, known: bool) -> None:
        """Text: a line, and what a failure needs."""
        check, report = outcome.check, self._report
        tail = " (known)" if known else f": {outcome.came}" if outcome.came and outcome.verdict in (PASS, SKIP) else ""
        first, *rest = textwrap.wrap(check.title + tail, _width() - 20, break_on_hyphens=False)
        report.out(f"{outcome.verdict:5}", _STYLES[outcome.verdict], f" {check.code} {outcome.format:4}  {first}")
        for line in rest:
            report.out(f"{'':18}{line}")
        if outcome.verdict in (FAIL, WARN):
            mends = mend(check.mend, outcome.language)
            lines = [("sent", outcome.sent), ("came", outcome.came), ("why", f"{check.why} ({check.source})")]
            lines += [("mend" if not number else "", _mend_text(pair)) for number, pair in enumerate(mends.items())]
            for label, text in lines:
                self._field(label, text)
            report.out(f"      alone {self._alone(check, outcome.format)}")  # not broken: it is copied

    def _field(self, label: str, text: str) -> None:
        for number, line in enumerate(textwrap.wrap(visible(text), _width() - 12, break_on_hyphens=False) or [""]):
            self._report.out(f"      {label if not number else '':5} {line}")

    def end(self, summary: dict[str, Any]) -> None:
        """Text: the sum."""
        counts = ", ".join(f"{summary[name]} {word}" for name, word in _SUMS.items() if summary[name])
        self._report.out(
            f"{counts or 'nothing was checked'}; {summary['requests']} requests{', interrupted' if summary['interrupted'] else ''}"
        )


_SUMS = {PASS: "passed", FAIL: "failed", WARN: "warned", SKIP: "skipped", "known": "known", "mended": "mended"}


def _mend_text(pair: tuple[str, str]) -> str:
    language, text = pair
    return text if language == "any" else f"{language}: {text}"


class _Json(Outcomes):
    """An object a check, then one with the sum."""

    def show(self, outcome: Outcome, *, known: bool) -> None:
        check = outcome.check
        bad = outcome.verdict in (FAIL, WARN)
        row: dict[str, Any] = {"code": check.code, "title": check.title, "level": check.level, "verdict": outcome.verdict}
        row |= {"format": outcome.format, "sent": outcome.sent or None, "came": outcome.came or None}
        row |= {"why": f"{check.why} ({check.source})", "mend": "; ".join(map(_mend_text, mend(check.mend, outcome.language).items()))}
        row |= {"known": known, "repeat": self._alone(check, outcome.format) if bad else None}
        self._report.row(row)

    def end(self, summary: dict[str, Any]) -> None:
        self._report.row({"summary": summary})


class _GitHub(Outcomes):
    """Annotations of a workflow: an error for what fails, a warning for what only should be otherwise or is known."""

    def show(self, outcome: Outcome, *, known: bool) -> None:
        if outcome.verdict in (FAIL, WARN):
            level = "warning" if known or outcome.verdict == WARN else "error"
            annotate(level, "", None, outcome.check.code, *_told(outcome, self._alone(outcome.check, outcome.format)))

    def end(self, summary: dict[str, Any]) -> None:
        """Nothing is left to say."""


class _JUnit(Outcomes):
    """A suite with a case a check; what only warns, or is known, is a case's output."""

    def __init__(self, report: Report, known: frozenset[tuple[str, str]], alone: Callable[[Check, str], str], total: int) -> None:
        super().__init__(report, known, alone, total)
        self._suite = Suite("infocaller check-endpoint")

    def show(self, outcome: Outcome, *, known: bool) -> None:
        check = outcome.check
        told = _told(outcome, self._alone(check, outcome.format)) if outcome.verdict in (FAIL, WARN) else []
        failed = outcome.verdict == FAIL and not known
        self._suite.add(
            f"{check.code} {check.title} ({outcome.format})",
            check.group.value.replace(" ", "_"),
            told if failed else [],
            check.code,
            [] if failed else told,
            skipped=outcome.came if outcome.verdict == SKIP else "",
        )

    def end(self, summary: dict[str, Any]) -> None:
        self._suite.print()


def _told(outcome: Outcome, repeat: str) -> list[str]:
    return [f"{outcome.check.title}: {outcome.came}", f"sent: {outcome.sent}", repeat]


def outcomes(output: str, report: Report, known: frozenset[tuple[str, str]], alone: Callable[[Check, str], str], *, total: int) -> Outcomes:
    """What takes the outcomes, in a form."""
    return {"text": Outcomes, "json": _Json, "github": _GitHub, "junit": _JUnit}[output](report, known, alone, total)


def known_failures(file: str) -> frozenset[tuple[str, str]]:
    """What failed in an earlier report of `--output json`. Raises InputError."""
    try:
        rows = [json.loads(line) for line in read_file(Path(file), _LARGEST_REPORT).splitlines() if line.strip()]
        return frozenset((row["code"], row["format"]) for row in rows if "code" in row and row["verdict"] in (FAIL, WARN))
    except OSError as error:
        raise InputError(
            f"{file} cannot be read", error.strerror or str(error), "infocaller check-endpoint ... --output json > FILE"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{file} is no report", "a line of it is no row of --output json", "infocaller check-endpoint ... --output json > FILE"
        ) from None


def as_line(exchange: Trial) -> bytes:
    """A request and its answer as a line of a capture."""
    from ...traffic.captures.record import Record, grouped, request_row, response_row, to_line

    one, reply = exchange.shot, exchange.reply
    row = request_row(exchange.ts, one.method, exchange.url, grouped(headers_of(exchange.url, one)), one.body, None)
    row |= {"check": exchange.code, "line": one.document.line, "call": one.document.call}
    if reply is not None:
        row["resp"] = response_row(reply.status, grouped(reply.headers), reply.body, reply.ms)
    return to_line(Record(row))


# ------------------------------------------------------------------------------------------------------------------ the list


def explain(code: str | None, report: Report, *, json: bool) -> int:
    """The checks, or one of them in full."""
    if code is not None and code.upper() not in CHECKS:
        raise UsageError(f"there is no check {code!r}", "infocaller check-endpoint --list lists them", nearest(code.upper(), CHECKS))
    for check in CHECKS.values() if code is None else [CHECKS[code.upper()]]:
        if json:
            print(dump(facts(check)))
        elif code is None:
            first, *rest = textwrap.wrap(check.title, _width() - 14, break_on_hyphens=False)
            report.out(f"{check.code} {check.level:6}", "red" if check.level == "must" else "yellow", f"  {first}")
            for line in rest:
                report.out(f"{'':14}{line}")
        else:
            report.out(f"{check.code} ({check.level}, {check.group.value})", "bold", f" {check.title}")
            for name in ("varied", "judged", "why", "source"):
                print(textwrap.fill(f"{name}: {facts(check)[name]}", _width(), subsequent_indent="  ", break_on_hyphens=False))
            for pair in mend(check.mend).items():
                print(textwrap.fill(f"mend: {_mend_text(pair)}", _width(), subsequent_indent="  ", break_on_hyphens=False))
    return 0


def facts(check: Check) -> dict[str, Any]:
    """What the table says of a check, for a program."""
    names = ("code", "level", "title", "varied", "judged", "why", "source")
    found: dict[str, Any] = {name: getattr(check, name) for name in names}
    return found | {"group": check.group.value, "kinds": list(check.kinds), "formats": list(check.formats), "mend": mend(check.mend)}
