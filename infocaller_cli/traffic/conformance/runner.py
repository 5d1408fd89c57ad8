"""The run: the checks' requests go out, their answers are judged, and each check's outcome is told as it is known."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ...errors import UnreachableError
from ..http.client import Dialer, Link
from ..http.content import MAX_ANSWER
from ..http.message import Failure, RawResponse, Target
from ..send.urls import DIVERSIONS, expand
from . import answer
from .case import COMPARING, REFUSING, Case, Plain, Shot, Trial, judged, same, wire
from .check import EVENT, FAIL, PASS, QUERY, SKIP, WARN, Check, How, NotJudgedError, Outcome, Told
from .delivery import p95
from .mends import language_of
from .observer import UnobservedError
from .watching import Watch

if TYPE_CHECKING:
    from ...codec.model import Document

MOST_REQUESTS = 300
MOST_SECONDS = 600.0
# How much longer than the waiting time an answer is waited for: a slow one is to be told from none
_GRACE = 10.0
_SILENCES = 3
_EXTENSION = "204"  # that a call is diverted to, where nobody said another
_TOO_MANY = f"the limit of {MOST_REQUESTS} requests is reached"
_INVALID = "the plain request gets no valid answer (CE001)"
_UNSTABLE = "the plain request, repeated, is answered in another way: nothing can be compared with it"


class Run:
    """Runs checks against one URL; `urls` has those of events that go to another.

    `named`: the checks were chosen one by one, so that one which does not apply says so.
    `unstable` after a run: the plain request, repeated, was answered in another way; `unobserved`: what the application counted could
    not be told. Raises UnreachableError where the first request got no answer.
    """

    def __init__(
        self,
        url: str,
        urls: dict[str, str],
        target: Target,
        checks: list[Check],
        told: Told,
        *,
        strict: bool,
        named: bool,
        diverted_to: str | None = None,
    ) -> None:
        self._url = url
        self._urls = urls
        self.target = target
        self._checks = checks
        self.told = told
        self.strict = strict
        self.named = named
        self.diverted_to = diverted_to or _EXTENSION
        self.unstable = False
        self.unobserved = False
        self.sent = 0
        self.silences = 0
        self.ends = time.monotonic() + MOST_SECONDS

    def url_of(self, document: Document, event: str | None) -> str:
        """Where a document goes. Raises UsageError for a variable that the URL cannot have there."""
        url = self._urls.get(event, self._url) if event else self._url
        return expand(url, document, event, diverted_to=self.diverted_to if event in DIVERSIONS else None).url

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
        self._watch: Watch | None = None

    async def play(self, checks: list[Check], kind: str) -> None:
        await self._plain(checks)
        reported = {check.code for check in checks}
        for check in self._needed(checks, kind):
            if check.shots is not None:
                await self._shoot(check, report=check.code in reported)
        for check in checks:
            if check.courses is not None:
                await self._observe(check)
        for check in checks:
            if check.shots is None and check.courses is None:
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
            raise self._unreachable(first.failure or Failure("closed"))
        wrong = shots[0].judge(case, shots[0], first.reply)
        if wrong:
            self._invalid = True
        elif case.event is None:
            found = judged(case, shots[0], first.reply)
            case.plain = Plain(found.result, dict(found.variables))
            second = await self._send(check, shots[1], None)
            self._run.unstable = second.reply is None or bool(same(case, shots[1], second.reply))
        self._tell(check, wrong, shots[0].what, first.reply)

    def _unreachable(self, failure: Failure) -> UnreachableError:
        why = f"there was none within {self._dialer.timeout:g} s" if failure.word == "timeout" else str(failure)
        hint = "is the application running, and is this its address?"
        if failure.word == "tls":
            hint = "--ca-bundle FILE; with --insecure CE608 says it, and all else is checked"
        return UnreachableError(f"{self._run.target.url.origin} gives no answer", why, hint)

    async def _shoot(self, check: Check, *, report: bool) -> None:
        """Send a check's requests, and judge the answers."""
        case = self._case
        try:
            exchanges = await self._within(check, self._shots(check), check.how)
        except NotJudgedError as error:
            if report:
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
            wrong = check.after(case, exchanges)
            ms = p95(exchanges)
            told = f"p95 is {ms:,.1f} ms" if ms is not None else ""
        self._tell(check, wrong, at.shot.what, at.reply, told)

    async def _observe(self, check: Check) -> None:
        """Send what a check sends, and compare what became of the application's state."""
        case = self._case
        try:
            self._refuse(check)
            if case.state is not None:
                self._watch = self._watch or Watch(case, case.state, self._within)
                wrong, told, last = await self._watch.follow(check)
                self._tell(check, wrong, last.shot.what, last.reply, told)
        except UnobservedError as error:
            self._run.unobserved = True
            self._skip(check, f"--observe: {error}")
        except NotJudgedError as error:
            self._skip(check, str(error))

    def _shots(self, check: Check) -> list[Shot]:
        """What a check sends. Raises NotJudgedError where nothing of it is to be sent."""
        self._refuse(check)
        shots = check.shots(self._case) if check.shots else []
        if self._run.unstable and any(one.judge in COMPARING for one in shots):
            raise NotJudgedError(_UNSTABLE)
        return shots

    def _refuse(self, check: Check) -> None:
        """Raises NotJudgedError where nothing of a check is to be sent."""
        if why := (check.when(self._case) if check.when else "") or self._over() or (_INVALID if self._invalid else ""):
            raise NotJudgedError(why)

    async def _within(self, check: Check, shots: list[Shot], how: How) -> list[Trial]:
        """Raises NotJudgedError where no more may be sent."""
        why = self._over() or _TOO_MANY * (self._run.sent + len(shots) > MOST_REQUESTS)
        if why:
            raise NotJudgedError(why)
        return await self._all(check, shots, how)

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

    async def _all(self, check: Check, shots: list[Shot], how: How) -> list[Trial]:
        if how is How.TOGETHER:
            return list(await asyncio.gather(*(self._send(check, one, None) for one in shots)))
        exchanges: list[Trial] = []
        link: Link | None = None
        for one in shots:
            if how is How.KEPT and (link is None or not link.open):
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
        url = run.url_of(one.document, one.event or self._case.event)
        reply: RawResponse | None = None
        failure: Failure | None = None
        try:
            used = link or await self._dialer.dial()
            now, later = wire(url, one, kept=link is not None)
            reply = await used.exchange(now, self._dialer.timeout, expected=later)
        except Failure as error:
            failure = error
        run.silences = run.silences + 1 if failure is not None and failure.word == "timeout" else 0
        exchange = Trial(check.code, one, url, began, reply, failure)
        self._exchanges.append(exchange)
        run.told.exchange(exchange)
        return exchange
