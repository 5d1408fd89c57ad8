"""What `send-event` and `send-query` report: the status, the answer, and for a query what the call would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...codec.text import LATIN1
from ...errors import ExitCode, InfocallerError
from ...traffic.http.histogram import Histogram
from ...traffic.send.judgement import Judgement, beginning, judge
from ..inputs.naming import common

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...traffic.send.request import Request
    from ...traffic.send.sender import Response
    from ..report import Report
    from .send import Outgoing

_POST_STAYS = (307, 308)
_SERVER_ERROR = 500


def event_sent(response: Response, message: Outgoing, request: Request, report: Report) -> int:
    """Report an event's answer: 2xx is what Infocaller wants."""
    code = ExitCode.OK if 200 <= response.status < 300 else ExitCode.NO
    _note_encoding(response.status, message, report)
    if report.json:
        report.row(_common(message, response) | {"answer": beginning(response.body)})
        return code
    _status(response, request, report)
    for line in beginning(response.body).splitlines():
        report.out(f"  {line}")
    return code


def _status(response: Response, request: Request, report: Report) -> None:
    good = 200 <= response.status < 300
    head = f"{response.status} {response.reason}".strip()
    length = f"{len(response.body):,} bytes" + (f", {response.content_type}" if response.content_type else "")
    report.verdict("", head, "green" if good else "red", f"{response.ms:.1f} ms, {length}")
    if 300 <= response.status < 400 and response.location:
        report.out(f"  redirected to {response.location}: not followed{_redirected(response.status, response.location, request)}")
    report.detail(f"POST {request.url}")


def _redirected(status: int, location: str, request: Request) -> str:
    """Why a redirect is not followed, and what mends it."""
    from urllib.parse import urljoin, urlsplit

    try:
        there = urlsplit(urljoin(str(request.url), location))
    except ValueError:  # no URL
        return ""
    if there.netloc == request.url.authority and there.path.encode() == request.url.path + b"/":
        return ": the path ends in a slash there, so give Infocaller the URL with it"
    if status in _POST_STAYS:
        return ", though it would stay a POST: nothing says that Infocaller follows it"
    return ", as a POST would become a GET"


def _note_encoding(status: int, message: Outgoing, report: Report) -> None:
    """What is the usual cause where a server fails at a document in ISO-8859-1."""
    if status >= _SERVER_ERROR and message.decoded.text.charset == LATIN1:
        report.note("sent as ISO-8859-1; your parser or framework assumed UTF-8: decode the raw bytes first")


def _common(message: Outgoing, response: Response) -> dict[str, Any]:
    row: dict[str, Any] = common(message.item, message.decoded) | {"status": response.status, "ms": round(response.ms, 3)}
    row["file"] = message.item.file or None
    if response.location:
        row["location"] = response.location
    return row


# -------------------------------------------------------------------------------------------------------------------- queries


@dataclass(slots=True)
class _Outcome:
    """An answer, what it means for the call, and which expectations it missed."""

    response: Response
    judgement: Judgement
    missed: list[dict[str, str | None]]

    @property
    def code(self) -> int:
        return ExitCode.NO if self.judgement.why or self.missed else ExitCode.OK


def queries_sent(
    ask: Callable[[], Response],
    message: Outgoing,
    request: Request,
    report: Report,
    *,
    expected: dict[str, str],
    repeat: int,
    timeout: float,
) -> int:
    """Send a query so many times and report each. Returns the highest exit code."""
    times = Histogram()
    code = ok = 0
    for number in range(repeat):
        try:
            outcome = _judged(ask(), message, expected)
        except InfocallerError as error:
            if repeat == 1:
                raise
            code = max(code, report.error(error))
            continue
        times.add(outcome.response.ms)
        if number == 0:
            damaged = any(finding.code in ("IC402", "IC405") for finding in outcome.judgement.findings)
            _note_encoding(_SERVER_ERROR if damaged else outcome.response.status, message, report)
        ok += outcome.code == ExitCode.OK
        code = max(code, outcome.code)
        if report.json:
            report.row(_row(outcome, message, expected))
        elif number == 0 or outcome.code:
            _show(outcome, request, report)
    if repeat > 1:
        _summary(times, repeat, ok, timeout, report)
    return code


def _judged(response: Response, message: Outgoing, expected: dict[str, str]) -> _Outcome:
    judgement = judge(response.status, response.content_type, response.body, message.decoded, response.encoding)
    after = judgement.after
    missed: list[dict[str, str | None]] = [
        {"name": name, "expected": value, "found": after.get(name)} for name, value in expected.items() if after.get(name) != value
    ]
    return _Outcome(response, judgement, missed)


def _show(outcome: _Outcome, request: Request, report: Report) -> None:
    _status(outcome.response, request, report)
    judgement = outcome.judgement
    if judgement.answer is not None:
        text = f" ({judgement.text})" if judgement.text else ""
        report.out(f"  Result {judgement.result if judgement.result is not None else 'missing'}{text}")
    for finding in judgement.findings:
        place = f"{finding.path}: " if finding.path else ""
        report.out(f"  {finding.level} {finding.code}: ", "red" if finding.level == "error" else "yellow", f"{place}{finding.message}")
    if judgement.answer is None:
        for line in beginning(outcome.response.body).splitlines()[:5]:
            report.out(f"  | {line}")
    if judgement.why:
        report.out(f"  {judgement.why}: the query's error action runs, and no variable changes")
    for name, value in judgement.after.items():
        change = " (new)" if name not in judgement.before else f" (was {judgement.before[name]})" if judgement.before[name] != value else ""
        report.out(f"  variable {name} = {value}{change}")
    for miss in outcome.missed:
        found = "it is not set" if miss["found"] is None else f"it is {miss['found']}"
        report.out(f"  expected {miss['name']} = {miss['expected']}: ", "red", found)


def _row(outcome: _Outcome, message: Outgoing, expected: dict[str, str]) -> dict[str, Any]:
    return _common(message, outcome.response) | outcome.judgement.row() | ({"missed": outcome.missed} if expected else {})


def _summary(times: Histogram, sent: int, ok: int, timeout: float, report: Report) -> None:
    p50, p95 = times.percentile(50), times.percentile(95)
    if report.json:
        ms = {"p50": p50, "p95": p95, "max": times.most if times.count else None}
        rounded = {name: None if value is None else round(value, 3) for name, value in ms.items()}
        report.row({"sent": sent, "ok": ok, "failed": sent - ok, "ms": rounded, "deadline_ms": round(timeout * 1000, 3)})
        return
    figures = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {times.most:.1f} ms" if p50 is not None and p95 is not None else "no answer"
    report.out(f"{sent} sent, {ok} ok, {sent - ok} failed: {figures}; the deadline is {timeout:g} s")
