"""Jobs from an input that makes one wait, a pipe or a terminal: read in a thread, so that what was read is sent meanwhile."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .player import Job

# Jobs read ahead: each may be as large as a record can be
_AHEAD = 16


class ReadAhead(Iterator["Job | None"]):
    """Iterates over `jobs` without waiting: None where none has come yet."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = jobs
        self._queue: queue.Queue[Job | BaseException] = queue.Queue(_AHEAD)
        self._called = False

    def start(self, wake: Callable[[], None]) -> None:
        """Begin to read; `wake` is called in the running loop when there is something to get."""
        self._loop = asyncio.get_running_loop()
        self._wake = wake
        # A read cannot be broken off: the process may have to end while one goes on
        threading.Thread(target=self._read, daemon=True).start()

    def __next__(self) -> Job | None:
        try:
            found = self._queue.get_nowait()
        except queue.Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def _read(self) -> None:
        try:
            for job in self._jobs:
                self._put(job)
            self._put(StopIteration())
        except BaseException as error:  # it belongs to who iterates
            self._put(error)

    def _put(self, found: Job | BaseException) -> None:
        self._queue.put(found)
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._call)

    def _call(self) -> None:
        self._called = False
        self._wake()
