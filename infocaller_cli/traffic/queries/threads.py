"""Running handlers: synchronous ones in threads, all of them within a time limit that one timer watches.

A task, a timer and a wake-up of the loop for each query would cost a third of what answering it does.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

MOST_THREADS = 64
# How long queries may wait for a thread before there are more threads, in seconds
_PATIENCE = 0.01
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
        self._open: dict[asyncio.Future[Any], float] = {}
        self._cancelled: dict[asyncio.Future[Any], int] = {}
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
                raise _raisable(error) from None
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

    def begin(self, work: asyncio.Future[Any]) -> float:
        """Watch a future or a task from now on; its deadline on the loop's clock."""
        loop = asyncio.get_running_loop()
        deadline = self._open[work] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(min(_SWEEP, self.seconds), self._sweep)
        return deadline

    def end(self, work: asyncio.Future[Any]) -> None:
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


class Threads:
    """Daemon threads for synchronous handlers: one at first, more only when work queues, at most `most`.

    `stuck` is called once each time all threads are busy and work waits longer than the time limit.
    """

    def __init__(self, limit: Limit, stuck: Callable[[int], None], most: int = MOST_THREADS) -> None:
        self._limit = limit
        self._stuck = stuck
        self._most = most
        self._work: SimpleQueue[tuple[asyncio.Future[Any], Callable[[Any], Any], Any] | None] = SimpleQueue()
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._lock = threading.Lock()
        self._waking = False
        self._count = 0
        self._put = 0
        self._put_before = self._taken_before = 0  # at the last look
        self._still = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[[Any], Any], argument: Any) -> Any:
        """Call a function in a thread. Raises what it raises, and HandlerTimeoutError."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if not self._count:
            self._grow(loop, 1)
        self._work.put((future, function, argument))
        self._put += 1
        if self._timer is None:
            self._timer = loop.call_later(_PATIENCE, self._look, loop)
        self._limit.begin(future)
        try:
            result = await future
        finally:
            self._limit.end(future)
        return await self._limit.run(awaited(result)) if inspect.isawaitable(result) else result

    def end(self) -> None:
        """Let the threads end, each once it is free."""
        for _ in range(self._count):
            self._work.put(None)

    def _grow(self, loop: asyncio.AbstractEventLoop, by: int) -> None:
        for _ in range(min(by, self._most - self._count)):
            self._count += 1
            threading.Thread(target=self._serve, args=(loop,), name=f"handler-{self._count}", daemon=True).start()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """More threads for what was in the queue at the last look and still is."""
        taken = self._put - self._work.qsize()
        self._grow(loop, self._put_before - taken)
        if taken == self._taken_before and self._count == self._most:
            self._still += _PATIENCE
            if self._still - _PATIENCE <= self._limit.seconds < self._still:
                self._stuck(self._most)
        else:
            self._still = 0.0
        self._put_before, self._taken_before = self._put, taken
        self._timer = loop.call_later(_PATIENCE, self._look, loop) if self._put > taken else None

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            work = self._work.get()
            if work is None:
                return
            future, function, argument = work
            if future.done():  # overdue before a thread was free
                continue
            try:
                result, error = function(argument), None
            except BaseException as raised:  # a handler's sys.exit must not end the thread
                result, error = None, raised
            self._hand_back(loop, future, result, error)
            del work, future, function, argument, result, error

    def _hand_back(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        """Wake the loop once for all results that are there when it looks."""
        with self._lock:
            self._results.append((future, result, error))
            if self._waking:
                return
            self._waking = True
        try:
            loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def _deliver(self) -> None:
        with self._lock:
            self._waking = False
            results, self._results = self._results, deque()
        for future, result, error in results:
            if future.done():
                if inspect.iscoroutine(result):
                    result.close()
            elif error is None:
                future.set_result(result)
            else:
                future.set_exception(_raisable(error))


async def awaited(work: Awaitable[Any]) -> Any:
    """A coroutine for what is awaitable and none."""
    return await work


def _raisable(error: BaseException) -> Exception:
    """What a future can hold and a loop passes on: not StopIteration, and nothing that would end the server."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return UnraisableError(error)


def is_async(handler: Callable[..., Any]) -> bool:
    """Whether calling a handler gives a coroutine."""
    while isinstance(handler, partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004
