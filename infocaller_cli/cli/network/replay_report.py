"""What a replay reports: a progress bar while it runs, a table, a plot or a JSON object at its end."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import ExitCode
from ...traffic.http.histogram import Histogram
from ...traffic.http.message import NOT_SENDABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...codec import Decoded
    from ...traffic.http.message import Failure, RawResponse
    from ...traffic.replay.player import Job
    from ..report import Report

_PERCENTILES = (50, 95, 99)
_ROWS = 16
_BAR = 50
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Tally:
    """What has become of the requests so far; with `checks`, what the answers to queries are worth too."""

    def __init__(self, *, checks: bool = False) -> None:
        self.checks = checks
        self.sent = 0
        self.ok = 0
        self.answered = 0
        self.skipped = 0
        self.judged = self.no_success = 0
        self.by_status: dict[str, int] = {}
        self.times = Histogram()
        self.interrupted = False
        self._began = time.perf_counter()
        self._ended = 0.0

    def add(self, job: Job, reply: RawResponse | None, failure: Failure | None) -> str:
        """Count a request that is finished. Returns why it failed; "" where it went well: with a status of 2xx, to a query that is judged
        with an answer that counts.
        """
        self.sent += 1
        if reply is None:
            word = failure.word if failure else "closed"
            self.by_status[word] = self.by_status.get(word, 0) + 1
            return str(failure or word)
        self.answered += 1
        self.times.add(reply.ms)
        status = str(reply.status)
        self.by_status[status] = self.by_status.get(status, 0) + 1
        why = "" if 200 <= reply.status < 300 else f"status {reply.status}"
        if job.query is not None and not why:
            self.judged += 1
            why = _verdict(job.query, reply)
            self.no_success += bool(why)
        self.ok += not why
        return why

    def end(self) -> None:
        """Stop the clock."""
        self._ended = time.perf_counter()

    @property
    def failed(self) -> int:
        """How many got no answer, or one that is no success."""
        return self.sent - self.ok

    @property
    def seconds(self) -> float:
        """How long it took so far."""
        return max((self._ended or time.perf_counter()) - self._began, 1e-9)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.sent / self.seconds

    @property
    def exit_code(self) -> int:
        """130 interrupted, 4 where nothing that went out was answered, 1 where something failed."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if not self.answered and self.sent > self.by_status.get(NOT_SENDABLE, 0):
            return ExitCode.UNREACHABLE
        return ExitCode.NO if self.failed else ExitCode.OK

    def row(self) -> dict[str, Any]:
        """The summary for machines; times in ms, `rate` a second."""
        times = {f"p{percent}": _rounded(self.times.percentile(percent)) for percent in _PERCENTILES}
        times["max"] = _rounded(self.times.most) if self.answered else None
        return {
            "sent": self.sent,
            "ok": self.ok,
            "failed": self.failed,
            "by_status": dict(sorted(self.by_status.items())),
            "ms": times,
            **({"judged": self.judged, "no_success": self.no_success} if self.checks else {}),
            "rate": round(self.rate, 1),
            "seconds": round(self.seconds, 3),
            "skipped": self.skipped,
            "interrupted": self.interrupted,
        }

    def lines(self) -> list[tuple[str, str]]:
        """The summary for people."""
        lines = [
            ("sent", f"{self.sent:,} in {self.seconds:.2f} s, {self.rate:,.0f}/s"),
            ("ok", f"{self.ok:,}"),
            ("failed", f"{self.failed:,}"),
        ]
        if self.by_status:
            lines.append(("by status", ", ".join(f"{status} {count:,}" for status, count in sorted(self.by_status.items()))))
        if self.answered:
            times = [f"p{percent} {self.times.percentile(percent) or 0.0:.1f}" for percent in _PERCENTILES]
            lines.append(("ms", ", ".join((*times, f"max {self.times.most:.1f}"))))
        if self.checks:
            lines.append(("answers to queries", f"{self.judged:,} judged, {self.no_success:,} of them no success"))
        if self.skipped:
            lines.append(("skipped", f"{self.skipped:,} by the filters or the journal"))
        if self.interrupted:
            lines.append(("interrupted", "what had no answer yet is not counted"))
        return lines


def _verdict(query: Decoded, reply: RawResponse) -> str:
    """Why an answer to a query is no success, as send-query judges it; "" where it is one."""
    from ...traffic.http.message import header
    from ...traffic.send.judgement import judge

    content_type = header(reply.headers, b"content-type").decode("latin-1")
    return judge(reply.status, content_type, reply.body, query, header(reply.headers, b"content-encoding").decode("latin-1")).why


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def show(tally: Tally, report: Report, *, plot: bool) -> None:
    """The summary on stdout: an object, a table on a terminal, plain lines in a pipe."""
    if report.json:
        report.row(tally.row())
        return
    if sys.stdout.isatty():
        _table(tally, report)
    else:
        for name, value in tally.lines():
            report.out(f"{name}: {value}")
    if plot:
        for line in plotted(tally.times, _can_draw()):
            report.out(line)


def _table(tally: Tally, report: Report) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(style="bold" if report.colored(sys.stdout) else None)
    table.add_column(overflow="fold")
    for name, value in tally.lines():
        bad = report.colored(sys.stdout) and (name == "interrupted" or (name == "failed" and tally.failed))
        table.add_row(name, Text(value, style="red" if bad else ""))
    colored = report.colored(sys.stdout)
    Console(force_terminal=colored, color_system="auto" if colored else None, no_color=not colored, highlight=False).print(table)


def _can_draw() -> bool:
    try:
        _EIGHTHS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def plotted(times: Histogram, blocks: bool) -> list[str]:
    """The latency distribution, a line a range, at most 80 columns wide; `blocks` where # will not do."""
    bars = times.bars(_ROWS)
    most = max((count for *_, count in bars), default=0)
    lines = []
    for low, high, count in bars:
        eighths = -(-count * _BAR * 8 // most)
        full, part = divmod(eighths, 8)
        bar = "█" * full + (_EIGHTHS[part].strip()) if blocks else "#" * -(-eighths // 8)
        lines.append(f"{_ms(low):>7} - {_ms(high):>7} ms {bar} {count:,}".rstrip())
    return lines


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


@contextmanager
def progress(tally: Tally, report: Report, total: int, position: Callable[[], int]) -> Iterator[Callable[[], None]]:
    """A bar on stderr where that is a terminal; gives a function that draws it anew. `total` and `position` are bytes of input."""
    if report.quiet or report.json or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    colored = report.colored(sys.stderr)
    console = Console(stderr=True, no_color=not colored, color_system="auto" if colored else None)
    columns = (
        TextColumn("replay"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[text]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task("", total=total or None, text="")

        def draw() -> None:
            text = f"{tally.sent:,} sent, {tally.rate:,.0f}/s, {tally.failed:,} failed"
            bar.update(task, completed=position(), text=text, refresh=True)

        yield draw
        draw()
