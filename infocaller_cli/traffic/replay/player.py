"""What is sent when: the requests of one call in order, calls side by side, at a pace, with retries.

Requests are pulled as connections get free: memory does not grow with the capture.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..http.client import Dialer
from ..http.message import Failure, RawResponse, header

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..http.client import Link
    from ..http.message import Target

# How far to read ahead past requests of calls that are busy
_WINDOW_REQUESTS = 2000
_WINDOW_BYTES = 64 * 1024 * 1024
# A timer that fires late may catch up by so many seconds; more would be a burst
_CATCH_UP = 0.05
_FIRST_WAIT, _LONGEST_WAIT, _LONGEST_ASKED = 0.5, 30.0, 300.0
# In flight when a replay is interrupted: how long they are waited for, in seconds
_GRACE = 1.0
_AGAIN = frozenset((429, *range(500, 600)))


@dataclass(slots=True)
class Job:
    """One request to send. `key` is its call, None for a call of its own; `due` by time.perf_counter, 0 for at once.

    `query` where its answer is to be judged.
    """

    file: str
    line: int
    raw: bytes
    key: tuple[str, str] | None
    wire: bytes
    bodiless: bool = False
    query: Decoded | None = None
    due: float = 0.0
    tries: int = 0
    redialled: bool = False
    refusal: Failure | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` requests a second evenly spaced, and/or how many are sent side by side; retries of what fails; `timeout` in seconds.

    `keep` is the most bytes of an answer's body, 0 where nobody looks at it.
    """

    concurrency: int = 8
    rate: float | None = None
    retries: int = 0
    timeout: float = 10.0
    keep: int = 0


Finished = Callable[[Job, RawResponse | None, Failure | None], None]


class Player:
    """Sends jobs and tells `finished` of each, in the order they finish. A job that is None: call `wake` when there are more."""

    def __init__(self, target: Target, pace: Pace, jobs: Iterator[Job | None], finished: Finished) -> None:
        self._dialer = Dialer(target, pace.timeout, pace.keep)
        self._pace = pace
        self._jobs = jobs
        self._finished = finished
        self._idle: list[Link] = []
        self._running = 0
        self._resting = 0  # waiting for a retry
        self._ready: deque[Job] = deque()
        self._waiting: dict[tuple[str, str], deque[Job]] = {}
        self._busy: set[tuple[str, str]] = set()
        self._buffered = self._buffered_bytes = 0
        self._held: Job | None = None
        self._exhausted = False
        self._stopped = False
        self._slot = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None

    async def play(self) -> None:
        """Send everything. Raises what `jobs` and `finished` raise."""
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._slot = time.perf_counter()
        try:
            self._fill()
            await self._over
        finally:
            self._stopped = True
            for task in self._tasks:
                task.cancel()
            self._dialer.close()
        if self._error is not None:
            raise self._error

    def wake(self) -> None:
        """More jobs have come."""
        self._fill()

    def stop(self) -> None:
        """Send nothing more, and wait a moment for what is in flight."""
        if not self._stopped:
            self._stopped = True
            self._loop.call_later(_GRACE, self._end)
            self._end_if_done()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _end_if_done(self) -> None:
        if self._running:
            return
        if self._stopped or (self._exhausted and not self._ready and not self._waiting and not self._resting and self._held is None):
            self._end()

    # What to send next

    def _fill(self) -> None:
        try:
            while self._running < self._pace.concurrency and (job := self._next_job()) is not None:
                self._send(job)
        except BaseException as error:  # it would be lost in a callback of the loop
            self._error = error
            self._stopped = True
            self._end()
        self._end_if_done()

    def _next_job(self) -> Job | None:
        if self._stopped:
            return None
        now = time.perf_counter()
        rate = self._pace.rate
        if rate and now < self._slot:
            self._wake_at(self._slot)
            return None
        job = self._pick(now)
        if rate and job is not None:
            self._slot = max(self._slot + 1 / rate, now - _CATCH_UP)
        return job

    def _pick(self, now: float) -> Job | None:
        if self._ready:
            job = self._ready.popleft()
            self._count(job, -1)
            return job
        while (read := self._held or self._read()) is not None:
            self._held = None
            if read.due > now:
                self._held = read
                self._wake_at(read.due)
                return None
            if read.key is None:
                return read
            if read.key not in self._busy:
                self._busy.add(read.key)
                return read
            self._waiting.setdefault(read.key, deque()).append(read)
            self._count(read, 1)
        return None

    def _read(self) -> Job | None:
        if self._exhausted or self._buffered >= _WINDOW_REQUESTS or self._buffered_bytes >= _WINDOW_BYTES:
            return None
        try:
            return next(self._jobs)
        except StopIteration:
            self._exhausted = True
            return None

    def _count(self, job: Job, by: int) -> None:
        self._buffered += by
        self._buffered_bytes += by * (len(job.wire) + len(job.raw))

    def _wake_at(self, when: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(when - time.perf_counter(), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._fill()

    # One request

    def _send(self, job: Job) -> None:
        self._running += 1
        if job.refusal is not None:
            self._loop.call_soon(self._conclude, job, None, job.refusal)
            return
        while self._idle:
            link = self._idle.pop()
            if link.open:
                self._ask(link, job)
                return
        self._dial(job)

    def _dial(self, job: Job) -> None:
        task = self._loop.create_task(self._dialled(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dialled(self, job: Job) -> None:
        try:
            link = await self._dialer.dial()
        except Failure as failure:
            self._conclude(job, None, failure)
        else:
            self._ask(link, job)

    def _ask(self, link: Link, job: Job) -> None:
        link.job = job
        link.ask(job.wire, self._pace.timeout, self._answered, bodiless=job.bodiless)

    def _answered(self, link: Link, reply: RawResponse | None, failure: Failure | None) -> None:
        job: Job = link.job
        if failure is not None and link.is_stale(failure) and not job.redialled:
            job.redialled = True
            self._dial(job)
            return
        if link.open:
            self._idle.append(link)
        self._conclude(job, reply, failure)

    def _conclude(self, job: Job, reply: RawResponse | None, failure: Failure | None) -> None:
        """A request has its answer, or will not get one: again later, or done."""
        self._running -= 1
        if job.tries < self._pace.retries and not self._stopped and job.refusal is None and (reply is None or reply.status in _AGAIN):
            self._resting += 1
            self._loop.call_later(_wait(job.tries, reply), self._rested, job)
            job.tries += 1
            job.redialled = False
        else:
            try:
                self._finished(job, reply, failure)
            except BaseException as error:
                self._error = error
                self._stopped = True
                self._end()
            self._release(job)
        self._fill()

    def _rested(self, job: Job) -> None:
        self._resting -= 1
        self._ready.append(job)
        self._count(job, 1)
        self._fill()

    def _release(self, job: Job) -> None:
        """The next request of the call may go."""
        if job.key is None:
            return
        queue = self._waiting.get(job.key)
        if queue is None:
            self._busy.discard(job.key)
            return
        self._ready.append(queue.popleft())
        if not queue:
            del self._waiting[job.key]


def _wait(tries: int, reply: RawResponse | None) -> float:
    """Seconds before the next try: what the endpoint asks for, else longer each time, and never quite the same."""
    asked = header(reply.headers, b"retry-after") if reply else b""
    if asked:
        from email.utils import parsedate_to_datetime

        text = asked.decode("latin-1").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), _LONGEST_ASKED)
        try:
            return min(max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0), _LONGEST_ASKED)
        except (ValueError, TypeError, OverflowError):
            pass
    import random

    spread: float = random.uniform(0.75, 1.25)  # noqa: S311  nobody gains by guessing it
    return min(_FIRST_WAIT * 2.0**tries, _LONGEST_WAIT) * spread
