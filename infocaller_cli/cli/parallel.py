"""Work on many chunks in several processes: results in order, a bounded number of chunks in memory."""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")
# Chunks under way for each process: one in work, one waiting, one finished out of order
_AHEAD = 3


def ordered(work: Callable[[_In], _Out], chunks: Iterable[_In], workers: int) -> Iterator[_Out]:
    """`map(work, chunks)` on `workers` processes. Unlike Executor.map it does not read all the input first."""
    # fork starts in a millisecond; where it is unsafe (macOS, Windows) the platform's default is used
    context = get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts)
    try:
        pending: deque[Future[_Out]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(work, chunk))
            if len(pending) >= workers * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C goes to the whole group; only the parent reports it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
