"""A signal is heard while a person is asked."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_TICK = 0.2  # seconds


@contextmanager
def waking() -> Iterator[None]:
    """Around a wait for keys: a Ctrl-C after the question and before that wait would lie there until the next key, but for a tick."""
    if not hasattr(signal, "setitimer"):  # not on Windows
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
