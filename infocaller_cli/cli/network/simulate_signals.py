"""What ends a simulated call from outside."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def hanging_up() -> Iterator[None]:
    """SIGTERM and SIGHUP (the terminal is gone) hang up, as Ctrl-C does; once the call has its end they do what they did before."""
    came: list[int] = []

    def hang_up(number: int, _: object) -> NoReturn:
        came.append(number)
        raise KeyboardInterrupt

    wanted = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, hang_up) for number in wanted if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            os.kill(os.getpid(), came[0])
