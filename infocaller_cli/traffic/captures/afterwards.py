"""What need not be done before an answer waits here until nobody waits for one: the work for the eye.

In each turn of the loop in which nothing came, one piece is done: at once where requests are few. While they come one upon the other,
a piece is done now and then, and the rest waits, up to a limit; beyond it all that waits is left out, and only counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")
# What may wait: pieces, and the bytes they keep
_MOST = 10_000
_MOST_BYTES = 64 * 1024 * 1024
# Seconds after which a piece is done though more keeps coming
_PATIENCE = 0.05


class Afterwards(Generic[_T]):
    """Does `work` with each piece, in order. `left_out` is told how many pieces had no turn."""

    def __init__(self, work: Callable[[_T], None], left_out: Callable[[int], None]) -> None:
        self._work = work
        self._left_out = left_out
        self._waiting: deque[_T] = deque()
        self._bytes = 0
        self._came = False  # something, since the last turn
        self._due = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None  # the one that has the next turn

    def add(self, piece: _T, size: int) -> None:
        """Do a piece that keeps this many bytes later. To be called in the loop."""
        if len(self._waiting) == _MOST or self._bytes > _MOST_BYTES:
            self._left_out(len(self._waiting))
            self._waiting.clear()
            self._bytes = 0
        self._waiting.append(piece)
        self._bytes += size
        self._came = True
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._turn, self._loop)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        came, self._came = self._came, False
        try:
            if self._waiting and (not came or loop.time() >= self._due):
                self._due = loop.time() + _PATIENCE
                self._work(self._waiting.popleft())
        finally:
            if self._waiting:
                loop.call_soon(self._turn, loop)
            else:
                self._loop = None
                self._bytes = 0

    def finish(self) -> None:
        """Do all that waits."""
        while self._waiting:
            self._work(self._waiting.popleft())
