"""A time limit for handlers, watched by one timer for all of them; async ones run in the task of their request.

A task, a timer and a wake-up of the loop for each query would cost a third of what answering it does; a task alone, a tenth. But what
is awaited cannot be left behind, and some handlers swallow their cancellation. So their coroutines are stepped by hand here, which is
what `await` does: see `Limit._steps`, and PEP 380 for the whole of it. An eager task (Python 3.12) would do it with less, once 3.11 is
no longer asked for; to begin a handler here and go on in a task would break what it ties to its task, `asyncio.timeout` for one.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

_SWEEP = 0.05


class HandlerTimeoutError(Exception):
    """A handler took longer than the time limit."""


class UnraisableError(Exception):
    """A handler raised what must not go through a loop as it is: `meant`."""

    def __init__(self, meant: BaseException) -> None:
        super().__init__()
        self.meant = meant


class Limit:
    """A time limit in seconds for many handlers at a time, all in one loop."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # In the order they began, which is the order they are overdue in
        self._open: dict[Any, float] = {}
        self._cancelled: dict[asyncio.Task[Any], int] = {}
        self._left: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Await a handler in this task. Raises HandlerTimeoutError; what comes too late counts as not come."""
        task = asyncio.current_task()
        assert task is not None
        deadline = self.begin(task)
        try:
            result = await self._steps(work, task)
        except asyncio.CancelledError:
            if task not in self._cancelled:
                raise
            raise HandlerTimeoutError from None
        finally:
            self._open.pop(task, None)
            for _ in range(self._cancelled.pop(task, 0)):
                task.uncancel()
        if task.get_loop().time() > deadline:  # it caught its end, or held up the loop
            raise HandlerTimeoutError
        return result

    @types.coroutine
    def _steps(self, work: Coroutine[Any, Any, Any], task: asyncio.Task[Any]) -> Generator[Any, Any, Any]:
        """What `await work` does; but work that goes on once it is told to end is left behind."""
        step: Callable[[Any], Any] = work.send
        given: Any = None
        while True:
            try:
                awaited = step(given)
            except StopIteration as done:
                return done.value
            except GeneratorExit as error:  # raised by the handler: to our caller it would mean something else
                raise raisable(error) from None
            if step == work.throw and task in self._cancelled:
                left = task.get_loop().create_task(_finish(work, awaited))
                task.get_loop().call_later(self.seconds, left.cancel)
                self._left.add(left)
                left.add_done_callback(self._left.discard)
                raise HandlerTimeoutError
            try:
                given = yield awaited
                step = work.send
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:
                step, given = work.throw, error

    def begin(self, work: Any) -> float:
        """Watch a task from now on, which is cancelled, or who waits (`Threads`), who is told; the deadline on the loop's clock."""
        loop = asyncio.get_running_loop()
        deadline = self._open[work] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(min(_SWEEP, self.seconds), self._sweep)
        return deadline

    def end(self, work: Any) -> None:
        """Watch it no longer."""
        self._open.pop(work, None)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        overdue = []
        for work, deadline in self._open.items():
            if deadline > now:
                break
            overdue.append(work)
        for work in overdue:
            if isinstance(work, asyncio.Task):  # once more at the next sweep, if what the handler awaits swallows it
                self._cancelled[work] = self._cancelled.get(work, 0) + 1
                work.cancel()
            elif not work.done():
                work.set_exception(HandlerTimeoutError())
        self._timer = loop.call_later(min(_SWEEP, self.seconds), self._sweep) if self._open else None


async def _finish(work: Coroutine[Any, Any, Any], awaited: Any) -> None:
    """Let what was left behind come to its end. Cancelled, it is closed, whatever it says to that."""
    with suppress(Exception):
        await _rest(work, awaited)


@types.coroutine
def _rest(work: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, None]:
    while True:
        try:
            given = yield awaited
            step: Callable[[Any], Any] = work.send
        except (asyncio.CancelledError, GeneratorExit):
            work.close()
            raise
        except BaseException as error:
            step, given = work.throw, error
        try:
            awaited = step(given)
        except StopIteration:
            return


def raisable(error: BaseException) -> Exception:
    """What a future can hold and a loop passes on: not StopIteration, and nothing that would end the server."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return UnraisableError(error)
