"""Threads for handlers that are not async, within the time limit; their answers come back to the loop in batches."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol

from .time_limit import Limit, raisable

MOST_THREADS = 64
# How long queries may wait for a thread before there are more threads, in seconds
_PATIENCE = 0.01


class Waiting(Protocol):
    """Who waits for what a function returns or raises: a future, or what is cheaper. It is told once, in the loop."""

    def done(self) -> bool:
        """Whether it waits no longer."""

    def set_result(self, result: Any, /) -> None:
        """Take what came."""

    def set_exception(self, error: Exception, /) -> None:
        """Take what was raised, `HandlerTimeoutError` among it."""


class Threads:
    """Daemon threads for synchronous handlers: one at first, more only when work queues, at most `most`.

    `stuck` is called once each time all threads are busy and work waits longer than the time limit.
    """

    def __init__(self, limit: Limit, stuck: Callable[[int], None], most: int = MOST_THREADS) -> None:
        self._limit = limit
        self._stuck = stuck
        self._most = most
        self._work: SimpleQueue[tuple[Waiting, Callable[[Any], Any], Any] | None] = SimpleQueue()
        self._results: deque[tuple[Waiting, Any, BaseException | None]] = deque()
        self._lock = threading.Lock()
        self._waking = False
        self._count = 0
        self._put = 0
        self._put_before = self._taken_before = 0  # at the last look
        self._still = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[[Any], Any], argument: Any) -> Any:
        """Call a function in a thread. Raises what it raises, and HandlerTimeoutError."""
        future = asyncio.get_running_loop().create_future()
        self.start(function, argument, future)
        try:
            result = await future
        finally:
            self._limit.end(future)
        return await self._limit.run(awaited(result)) if inspect.isawaitable(result) else result

    def start(self, function: Callable[[Any], Any], argument: Any, waiting: Waiting) -> None:
        """Have a function called in a thread, within the limit, which `waiting` is to be taken from once it is told."""
        loop = asyncio.get_running_loop()
        if not self._count:
            self._grow(loop, 1)
        self._work.put((waiting, function, argument))
        self._put += 1
        if self._timer is None:
            self._timer = loop.call_later(_PATIENCE, self._grow_if_it_queues, loop)
        self._limit.begin(waiting)

    def end(self) -> None:
        """Let the threads end, each once it is free."""
        for _ in range(self._count):
            self._work.put(None)

    def _grow(self, loop: asyncio.AbstractEventLoop, by: int) -> None:
        for _ in range(min(by, self._most - self._count)):
            self._count += 1
            threading.Thread(target=self._serve, args=(loop,), name=f"handler-{self._count}", daemon=True).start()

    def _grow_if_it_queues(self, loop: asyncio.AbstractEventLoop) -> None:
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
        self._timer = loop.call_later(_PATIENCE, self._grow_if_it_queues, loop) if self._put > taken else None

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            work = self._work.get()
            if work is None:
                return
            waiting, function, argument = work
            if waiting.done():  # overdue before a thread was free
                continue
            try:
                result, error = function(argument), None
            except BaseException as raised:  # a handler's sys.exit must not end the thread
                result, error = None, raised
            self._hand_back(loop, waiting, result, error)
            del work, waiting, function, argument, result, error

    def _hand_back(self, loop: asyncio.AbstractEventLoop, waiting: Waiting, result: Any, error: BaseException | None) -> None:
        """Wake the loop once for all results that are there when it looks."""
        with self._lock:
            self._results.append((waiting, result, error))
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
        for waiting, result, error in results:
            if waiting.done():
                if inspect.iscoroutine(result):
                    result.close()
            elif error is None:
                waiting.set_result(result)
            else:
                waiting.set_exception(raisable(error))


async def awaited(work: Awaitable[Any]) -> Any:
    """A coroutine for what is awaitable and none."""
    return await work


def is_async(handler: Callable[..., Any]) -> bool:
    """Whether calling a handler gives a coroutine."""
    while isinstance(handler, partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004
