"""What need not be done before an answer waits here until nobody waits for one: the work for the eye.

In each turn of the loop in which nobody waits, one piece is done: at once where requests are few. While they come one upon the other, a
piece is done now and then, and the rest waits, up to a limit; beyond it all that waits is left out, and with what comes in the moment
after it only counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")
# What may wait: pieces, and the bytes they keep
_MOST = 2_000
_MOST_BYTES = 64 * 1024 * 1024
# Seconds in which what comes after too much is but counted
_MOMENT = 0.5
# Seconds after which a piece is done though more keeps coming
_PATIENCE = 0.05
# Where so many wait, it has long been more than can be done in between: nothing must come for so many seconds before one is done
_CROWD = 1_000
_SILENCE = 0.002


class Afterwards(Generic[_T]):
    """Does `work` with each piece, in order. `left_out` is told how many pieces had no turn.

    `busy` tells whether somebody waits for an answer that is being made; whoever says so calls `add` or `resume` once it is not.
    """

    def __init__(self, work: Callable[[_T], None], left_out: Callable[[int], None], busy: Callable[[], bool]) -> None:
        self._work = work
        self._left_out = left_out
        self._busy = busy
        self._waiting: deque[_T] = deque()
        self._bytes = 0
        self._left = 0  # out, and not told yet
        self._came = False  # something, since the last turn
        self._turning = False
        self._due = 0.0

    def add(self, piece: _T, size: int) -> None:
        """Do a piece that keeps this many bytes later. To be called in the loop."""
        if not self._left and (len(self._waiting) == _MOST or self._bytes > _MOST_BYTES):
            self._left = len(self._waiting)
            self._waiting.clear()
            self._bytes = 0
            asyncio.get_running_loop().call_later(_MOMENT, self._tell)
        if self._left:
            self._left += 1
            return
        self._waiting.append(piece)
        self._bytes += size
        self._came = True
        self.resume()

    def resume(self) -> None:
        """Go on, if something waits. To be called in the loop."""
        if self._waiting and not self._turning:
            self._turning = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._turn, loop)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turning = False
        came, self._came = self._came, False
        busy = not came and self._busy()
        try:
            if self._waiting and (not (came or busy) or loop.time() >= self._due):
                self._due = loop.time() + _PATIENCE
                self._work(self._waiting.popleft())
        finally:
            if not self._waiting:
                self._bytes = 0
            elif came and len(self._waiting) > _CROWD:
                self._turning = True
                loop.call_later(_SILENCE, self._turn, loop)
            elif not busy:
                self.resume()

    def _tell(self) -> None:
        left, self._left = self._left, 0
        if left:
            self._left_out(left)

    def finish(self) -> None:
        """Do all that waits."""
        self._tell()
        while self._waiting:
            self._work(self._waiting.popleft())
