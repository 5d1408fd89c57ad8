"""What a check sees of the application's state: the output of the user's command, before requests and after them.

Only the application knows what an event did to it. Nothing is asked of the output's form: what grows by the same with each of two
finished calls is a counter, a number in it or the number of its lines; whatever else changes (a time, an id) says nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from decimal import Decimal

from ...config.command import CommandError, run
from ...errors import UsageError

# Bytes and seconds of one look
LARGEST, SLOWEST = 1 << 20, 10.0
# Seconds that an application may take to note what it was sent, behind its answer
LATEST = 5.0
_BETWEEN = 0.2
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Dates and times are no counters: 2026-11-26, 10:00:01, 26/11/2026
_MOMENT = re.compile(r"\d+(?:[-/:]\d+)+(?:[.,]\d+)?")


class Observer:
    """Looks at the state by running a command in the shell, in the folder we run in."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._lag: float | None = None  # seconds after which nothing changed any more, at most so far

    def look(self) -> str:
        """The command's output. Raises CommandError."""
        return run(self._command, None, LARGEST, SLOWEST).decode("utf-8", "backslashreplace")

    def begin(self) -> None:
        """Look for the first time, before anything is sent. Raises UsageError where the command gives nothing."""
        try:
            shown = self.look()
        except CommandError as error:
            raise UsageError("--observe shows no state", str(error), _BY_HAND) from None
        if not shown.strip():
            raise UsageError("--observe shows no state", "it printed nothing", _BY_HAND)

    async def at_rest(self) -> str:
        """The state while nothing is sent, once what was sent before has been noted. Raises CommandError."""
        return (await self._settled(LATEST if self._lag is None else self._lag))[0]

    async def after(self) -> str:
        """The state after requests, once it rests. The first time all the time is given that an application may take; then twice as
        long as its slowest change took. Raises CommandError.
        """
        state, slowest = await self._settled(LATEST if self._lag is None else 2 * self._lag)
        self._lag = max(self._lag or 0.0, slowest)
        return state

    async def _settled(self, patience: float) -> tuple[str, float]:
        """The state after so many seconds, or later if it changes yet, and after how many the last change was seen."""
        began = time.monotonic()
        last = await asyncio.to_thread(self.look)
        changed = gone = 0.0
        while gone <= patience or (changed == gone and gone <= LATEST):
            await asyncio.sleep(_BETWEEN)
            now = await asyncio.to_thread(self.look)
            gone = time.monotonic() - began
            changed = gone if now != last else changed
            last = now
        return last, changed


_BY_HAND = "run it by hand: it prints how many calls the application knows, or their list, and ends with 0"


def growth(before: str, after: str) -> dict[str, Decimal]:
    """By how much the state has grown: its lines; where only numbers changed, each of them by its place ("number 2")."""
    found = {"lines": Decimal(len(after.splitlines()) - len(before.splitlines()))}
    texts = [_MOMENT.sub("-", text) for text in (before, after)]
    if _NUMBER.sub("0", texts[0]) == _NUMBER.sub("0", texts[1]):
        pairs = zip(*(map(Decimal, _NUMBER.findall(text)) for text in texts), strict=True)
        found |= {f"number {place}": now - then for place, (then, now) in enumerate(pairs, 1)}
    return {what: by for what, by in found.items() if by}
