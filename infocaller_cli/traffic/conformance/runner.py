"""The run: the checks' requests go out, their answers are judged, and each check's outcome is told as it is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...config.command import CommandError
from ...errors import UnreachableError
from ..http.client import Dialer, Link
from ..http.content import MAX_ANSWER
from ..http.message import Failure, Headers, RawResponse, Target, request_bytes
from ..http.url import parse_url
from ..send.request import request
from ..send.urls import expand
from . import answer
from .case import COMPARING, REFUSING, Case, Plain, Shot, Trial, judged, same
from .check import EVENT, QUERY, Check, How, NotJudgedError
from .delivery import EXPECTS, VERIFIED, p95
from .mends import language_of

MOST_REQUESTS = 300
MOST_SECONDS = 600.0
# How much longer than the waiting time an answer is waited for: a slow one is to be told from none
_GRACE = 10.0
_SILENCES = 3
_INVALID = "the plain request gets no valid answer (CE001)"
_UNSTABLE = "the plain request, repeated, is answered in another way: nothing can be compared with it"
PASS, FAIL, WARN, SKIP = "pass", "fail", "warn", "skip"


class Outcome(NamedTuple):
    """What became of a check in one format. `sent` and `came` tell what failed; `came` of a skipped check why it was."""

    check: Check
    format: str
    verdict: str
    sent: str = ""
    came: str = ""
    language: str = ""


@dataclass(slots=True)
class Told:
    """Who is told: of each outcome, of each exchange, of each request before it goes out."""

    outcome: Callable[[Outcome], None]
    exchange: Callable[[Trial], None]
    progress: Callable[[str, int], None]


class Run:
    """Runs checks against one URL. `named`: they were chosen one by one, so that one which does not apply says so.

    `unstable` after a run: the plain request, repeated, was answered in another way. Raises UnreachableError where the first request
    got no answer.
    """

    def __init__(self, url: str, target: Target, checks: list[Check], told: Told, *, strict: bool, named: bool) -> None:
        self.url = url
        self.target = target
        self._checks = checks
        self.told = told
        self.strict = strict
        self.named = named
        self.unstable = False
        self.sent = 0
        self.silences = 0
        self.ends = time.monotonic() + MOST_SECONDS

    async def play(self, cases: list[Case]) -> None:
        """Run the checks for each case."""
        formats = {case.format for case in cases}
        kind = QUERY if cases[0].event is None else EVENT
        for check in self._checks if self.named else ():
            why = ""
            if kind not in check.kinds:
                why = f"it is about {'queries' if kind == EVENT else 'events'}"
            elif not formats & set(check.formats):
                why = f"it is about {check.formats[0].upper()}: --format {check.formats[0]}"
            if why:
                self.told.outcome(Outcome(check, cases[0].format, SKIP, came=why))
        for case in cases:
            fitting = [check for check in self._checks if kind in check.kinds and case.format in check.formats]
            dialer = Dialer(self.target, case.waiting + _GRACE, MAX_ANSWER)
            try:
                await _Playing(self, case, dialer).play(fitting, kind)
            finally:
                dialer.close()


class _Playing:
    """One case of a run."""

    def __init__(self, run: Run, case: Case, dialer: Dialer) -> None:
        self._run = run
        self._case = case
        self._dialer = dialer
        self._exchanges: list[Trial] = []
        self._invalid = False  # the plain request got no valid answer

    async def play(self, checks: list[Check], kind: str) -> None:
        await self._plain(checks)
        reported = {check.code for check in checks}
        for check in self._needed(checks, kind):
            if check.shots is not None:
                await self._shoot(check, report=check.code in reported)
        for check in checks:
            if check.shots is None:
                self._look_back(check)

    def _needed(self, checks: list[Check], kind: str) -> list[Check]:
        """The checks that send, and those whose requests others look at."""
        from .table import CHECKS

        codes = {check.code for check in checks}
        # What is looked at is sent too, where only who looks at it was chosen
        over = tuple(prefix for check in checks for prefix in check.over) if self._run.named else ()
        return [
            check
            for code, check in CHECKS.items()
            if code != answer.BASELINE
            and kind in check.kinds
            and self._case.format in check.formats
            and (code in codes or code.startswith(over))
        ]

    async def _plain(self, checks: list[Check]) -> None:
        """The plain request, twice. Raises UnreachableError."""
        check = checks[0]
        case = self._case
        shots = answer.plain(case)
        first = await self._send(check, shots[0], None)
        if first.reply is None:
            failure = first.failure or Failure("closed")
            late = f"there was none within {self._dialer.timeout:g} s" if failure.word == "timeout" else str(failure)
            hint = "--ca-bundle FILE, or --insecure" if failure.word == "tls" else "is the application running, and is this its address?"
            raise UnreachableError(f"{self._run.target.url.origin} gives no answer", late, hint)
        wrong = shots[0].judge(case, shots[0], first.reply)
        if wrong:
            self._invalid = True
        elif case.event is None:
            found = judged(case, shots[0], first.reply)
            case.plain = Plain(found.result, dict(found.variables))
            second = await self._send(check, shots[1], None)
            self._run.unstable = second.reply is None or bool(same(case, shots[1], second.reply))
        self._tell(check, wrong, shots[0].what, first.reply)

    async def _shoot(self, check: Check, *, report: bool) -> None:
        """Send a check's requests, and judge the answers."""
        case = self._case
        why = (check.when(case) if check.when else "") or self._over()
        shots = [] if why else check.shots(case) if check.shots else []
        compares = any(one.judge in COMPARING for one in shots)
        if not why and self._invalid:
            why = _INVALID
        if not why and self._run.unstable and compares:
            why = _UNSTABLE
        if not why and self._run.sent + len(shots) > MOST_REQUESTS:
            why = f"the limit of {MOST_REQUESTS} requests is reached"
        if why:
            if report:
                self._skip(check, why)
            return
        try:
            exchanges = await (self._observed(check, shots) if check.observed else self._all(check, shots))
        except CommandError as error:
            self._skip(check, f"--observe: {error}")
            return
        except NotJudgedError as error:
            self._skip(check, str(error))
            return
        if not report:
            return
        wrong, at = "", exchanges[0]
        for one in exchanges:
            wrong = self._wrong(one)
            if wrong:
                at = one
                break
        told = ""
        if check.after is not None and not wrong:
            try:
                wrong = check.after(case, exchanges)
            except NotJudgedError as error:
                self._skip(check, str(error))
                return
            ms = None if check.observed else p95(exchanges)
            told = f"p95 is {ms:,.1f} ms" if ms is not None else ""
            at = exchanges[-1] if check.observed else at
        self._tell(check, wrong, at.shot.what, at.reply, told)

    def _wrong(self, one: Trial) -> str:
        if one.reply is not None:
            return one.shot.judge(self._case, one.shot, one.reply)
        failure = one.failure or Failure("closed")
        if one.shot.judge in REFUSING and failure.word in ("closed", "reset"):
            return ""  # hung up on: no one could take it for a yes
        return f"no answer: {failure}"

    def _look_back(self, check: Check) -> None:
        seen = [one for one in self._exchanges if one.code.startswith(check.over)]
        why = check.when(self._case) if check.when else ""
        if not why and self._invalid and check.over != (answer.BASELINE,):
            why = _INVALID
        if not why and not seen:
            why = "no request that it looks at was sent"
        if why or check.after is None:
            self._skip(check, why)
            return
        try:
            wrong = check.after(self._case, seen)
        except NotJudgedError as error:
            self._skip(check, str(error))
            return
        self._tell(
            check,
            wrong,
            f"the requests of {', '.join(sorted({one.code for one in seen}))}" if len(seen) > 2 else seen[0].shot.what,
            seen[0].reply,
        )

    def _tell(self, check: Check, wrong: str, sent: str, reply: RawResponse | None, told: str = "") -> None:
        verdict = PASS if not wrong else WARN if check.level == "should" and not self._run.strict else FAIL
        self._run.told.outcome(Outcome(check, self._case.format, verdict, sent, wrong or told, language_of(reply)))

    def _skip(self, check: Check, why: str) -> None:
        self._run.told.outcome(Outcome(check, self._case.format, SKIP, came=why))

    def _over(self) -> str:
        """Why nothing more is sent; "" where it is."""
        if self._run.silences >= _SILENCES:
            return "the application has stopped answering"
        return "the time of the run is over" if time.monotonic() > self._run.ends else ""

    # -------------------------------------------------------------------------------------------------------- sending

    async def _observed(self, check: Check, shots: list[Shot]) -> list[Trial]:
        """Send the parts of a check one after the other, and look at the application's state between.

        Raises CommandError, NotJudgedError.
        """
        observer = self._case.observer
        assert observer is not None
        state = await observer.at_rest()
        exchanges: list[Trial] = []
        for number in range(shots[-1].part + 1):
            if self._over():
                raise NotJudgedError(self._over())
            part = await self._all(check, [one for one in shots if one.part == number])
            before, state = state, await observer.after()
            exchanges += [replace(one, before=before, state=state) for one in part]
        return exchanges

    async def _all(self, check: Check, shots: list[Shot]) -> list[Trial]:
        if check.how is How.TOGETHER:
            return list(await asyncio.gather(*(self._send(check, one, None) for one in shots)))
        exchanges: list[Trial] = []
        link: Link | None = None
        for one in shots:
            if check.how is How.KEPT and (link is None or not link.open):
                link = await self._dial()
            exchanges.append(await self._send(check, one, link))
            if self._over():
                break
        return exchanges

    async def _dial(self) -> Link | None:
        try:
            return await self._dialer.dial()
        except Failure:
            return None  # who sends next is told

    async def _send(self, check: Check, one: Shot, link: Link | None) -> Trial:
        """One request, on a connection of its own where no link is given."""
        run = self._run
        run.sent += 1
        run.told.progress(check.code, run.sent)
        began = time.time()
        event = one.event or self._case.event
        diverted = event in ("DESVIO_CORRECTO", "DESVIO_FALLIDO")
        url = expand(run.url, one.document, event, diverted_to=self._case.diverted_to if diverted else None).url
        reply: RawResponse | None = None
        failure: Failure | None = None
        try:
            used = link or await self._dialer.dial()
            wire = _wire(url, one, kept=link is not None)
            held = one.body if EXPECTS in one.headers else b""
            reply = await used.exchange(wire.removesuffix(held), self._dialer.timeout, held=held)
        except Failure as error:
            failure = error
        run.silences = run.silences + 1 if failure is not None and failure.word == "timeout" else 0
        exchange = Trial(check.code, one, url, began, reply, failure)
        self._exchanges.append(exchange)
        run.told.exchange(exchange)
        return exchange


async def trust(target: Target) -> str:
    """Whether a server's certificate and those it sends with it are trusted: `delivery.VERIFIED`, or why not. `target` verifies."""
    dialer = Dialer(target, _GRACE)
    try:
        (await dialer.dial()).close()
    except Failure as failure:
        return VERIFIED if failure.word != "tls" else str(failure)  # why there is no connection is told by the plain request
    finally:
        dialer.close()
    return VERIFIED


def headers_of(url: str, one: Shot, *, kept: bool = False) -> Headers:
    """The headers that a request goes out with; Content-Length and Host are written beside them."""
    made = request(url, one.content_type, one.body).headers
    ours = [(name, value) for name, value in made if name != "Host" and not (kept and name == "Connection")]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*ours, *one.headers)]


def _wire(url: str, one: Shot, *, kept: bool) -> bytes:
    where = parse_url(url)
    wire = request_bytes(one.method, where.target.encode(), where.authority, headers_of(url, one, kept=kept), one.body)
    return wire.replace(b" HTTP/1.1\r\n", b" HTTP/" + one.version + b"\r\n", 1)
