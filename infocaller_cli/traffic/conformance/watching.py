"""Checks of what is counted: the state is looked at before and after, and what changed is compared with what a call changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import groupby
from typing import NamedTuple

from .case import Case, Shot, Trial
from .change import Change, beyond, change, counts, in_common, in_words, is_like
from .check import Check, Course, How, NotJudgedError
from .observer import UnobservedError

# Seconds that the first change may take to show: an application may count in a worker of its own, as long as for the others
PATIENCE = 3.0
_PAUSE = 0.1
_SECOND, _SECONDS = 1.1, 3
_LOOKS = 20
_NEW_CALLS = 2  # behind the first, which may be the first of its kind: then a line comes that only counts up afterwards
_RESTLESS = "what the command prints changes though nothing is sent: leave out times, and what others count"

Send = Callable[[Check, list[Shot], How], Awaitable[list[Trial]]]


class Watched(NamedTuple):
    """`wrong` is "" where nothing is, and then `told` says where it was looked; `last` is the request that it is about."""

    wrong: str
    told: str
    last: Trial


class Watch:
    """One case's state. What a call changes is found once for each usual way."""

    def __init__(self, case: Case, look: Callable[[], Awaitable[str]], send: Send) -> None:
        self._case = case
        self._look = look
        self._send = send
        self._usual: dict[str, Change] = {}
        self._lag = 0.0
        self._steady = False
        self._state = ""

    async def follow(self, check: Check) -> Watched:
        """Send what a check sends, and compare. Raises NotJudgedError where nothing can be said."""
        if not self._steady:
            await self._stand_still()
        last: Trial | None = None
        seen = []
        for course in check.courses(self._case) if check.courses else ():
            usual = await self._usually(check, course)
            if not counts(usual):
                continue
            seen.append(course.key)
            wrong, last = await (self._refused if course.refused else self._compared)(check, course, usual)
            if wrong:
                return Watched(wrong, "", last)
        if last is None and self._case.event is None:
            raise NotJudgedError("the plain query changes nothing in what --observe prints")
        if last is None:
            raise UnobservedError("no event that was sent changes what the command prints, so it shows nothing")
        return Watched("", f"seen to change with {', '.join(seen)}", last)

    async def _usually(self, check: Check, course: Course) -> Change:
        """What a new call changes: what two of them change alike; nothing where the first changes nothing."""
        if course.key not in self._usual:
            found: Change | None = ()
            last = await self._changed(check, course, 0 if self._lag else PATIENCE)
            for _ in range(_NEW_CALLS if last else 0):
                before, last = last, await self._changed(check, course)
                if (found := in_common(before, last)) is not None:
                    break
            if found is None:
                raise UnobservedError(
                    f"two new calls change it in two ways ({in_words(before)}; then {in_words(last)}): print numbers, or a line a call"
                )
            self._usual[course.key] = found
        return self._usual[course.key]

    async def _changed(self, check: Check, course: Course, patience: float = 0) -> Change:
        """What a new call changes, sent in the usual way. `patience` is for learning how long it takes to show."""
        before = last = self._state
        trials = await self._sent(check, course.usual(self._case))
        began = seen = time.monotonic()
        while time.monotonic() - began < patience and (not self._lag or time.monotonic() - seen < _SECOND):
            now = await self._look()
            if change(last, now):
                seen, last = time.monotonic(), now
                self._lag = max(self._lag, seen - began)
            await asyncio.sleep(_PAUSE)
        return change(before, await self._later(), _ids(trials))

    async def _compared(self, check: Check, course: Course, usual: Change) -> tuple[str, Trial]:
        before = self._state
        trials = await self._sent(check, course.other(self._case))
        found = change(before, await self._later(), _ids(trials))
        if is_like(usual, found):
            return "", trials[-1]
        return f"{_names(trials)} changed {in_words(found)}; a new call changes {in_words(usual)}", trials[-1]

    async def _refused(self, check: Check, course: Course, usual: Change) -> tuple[str, Trial]:
        trials: list[Trial] = []
        for group in course.other(self._case):
            before = self._state
            trials = await self._sent(check, [group])
            if found := beyond(usual, change(before, await self._later())):
                return f"{group[0].what} changed {in_words(found)}", trials[-1]
        return "", trials[-1]

    async def _sent(self, check: Check, groups: list[list[Shot]]) -> list[Trial]:
        return [one for group in groups for one in await self._send(check, group, How.TOGETHER)]

    async def _later(self) -> str:
        """The state, once there was time to count."""
        await asyncio.sleep(2 * self._lag)
        return await self._rest()

    async def _stand_still(self) -> None:
        """Raises UnobservedError where the state never stays as it is for a second: it may hold the time.

        What was sent before may still be counted at first.
        """
        before = await self._rest()
        for _ in range(_SECONDS):
            await asyncio.sleep(_SECOND)
            if not change(before, before := await self._rest()):
                self._steady = True
                return
        raise UnobservedError(_RESTLESS)

    async def _rest(self) -> str:
        """The state, once two looks agree. Raises UnobservedError where they never do."""
        last = await self._look()
        for _ in range(_LOOKS):
            await asyncio.sleep(_PAUSE)
            self._state = await self._look()
            if not change(last, self._state):
                return last
            last = self._state
        raise UnobservedError(_RESTLESS)


def _ids(trials: list[Trial]) -> set[str]:
    """The words of these requests that each call has for itself."""
    return {word for one in trials for word in (one.shot.document.call, one.shot.document.get("UserID", "Signature")) if word}


def _names(trials: list[Trial]) -> str:
    """INICIO, FIN 5 times."""
    return ", ".join(
        name if (times := len(list(same))) == 1 else f"{name} {times} times" for name, same in groupby(one.shot.what for one in trials)
    )
