"""Work on many chunks in several processes: results in order, a bounded number of chunks in memory."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

from ..errors import InputError

_In = TypeVar("_In")
_Out = TypeVar("_Out")
# Chunks under way for each process: one in work, one waiting, one finished out of order
_AHEAD = 3


def ordered(work: Callable[[_In], _Out], chunks: Iterable[_In], workers: int) -> Iterator[_Out]:
    """`map(work, chunks)` on `workers` processes. Unlike Executor.map it does not read all the input first."""
    # fork starts in a millisecond; where it is unsafe (macOS, Windows) the platform's default is used
    context = get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)
    try:
        pending: deque[Future[_Out]] = deque()
        failure: InputError | None = None
        source = iter(chunks)
        while True:
            try:
                chunk = next(source)
            except StopIteration:
                break
            except InputError as error:  # what was read before it comes out first
                failure = error
                break
            pending.append(_submit(pool, work, chunk))
            if len(pending) >= workers * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, work: Callable[[_In], _Out], chunk: _In) -> Future[_Out]:
    """Submit with Ctrl-C held back: the first call forks, and a worker hit before it ignores Ctrl-C would break the pool."""
    if not hasattr(signal, "pthread_sigmask"):
        return pool.submit(work, chunk)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(work, chunk)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """What a worker does first: signals are the parent's to judge, and however that ends, the worker ends too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; only the parent reports it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    """Wait for the end of the process a sentinel stands for. Nobody waits for this one's result any more."""
    wait([sentinel])
    os._exit(1)
