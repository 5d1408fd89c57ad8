"""A document pasted into a terminal. In its usual line mode the system cuts a line off at 4,095 characters, and a body is one line."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import threading
from typing import Any

from ...streams import before_the_end

_CTRL_D = b"\x04"
_LFLAG, _CC = 3, 6  # where tcgetattr has them
NOTICE = "standard input is awaited: type or paste, then Return and Ctrl-D"


class Pasted(io.RawIOBase):
    """The bytes that come from the terminal at `file`, without line mode, to the first Ctrl-D. Ctrl-C works as ever.

    The terminal is as it was once Ctrl-D has come, or the process ends, however it does so but by SIGKILL.
    """

    def __init__(self, file: int) -> None:
        import termios

        self._termios: Any = termios
        self._file = file
        self._before: list[Any] | None = termios.tcgetattr(file)
        mode = termios.tcgetattr(file)
        mode[_LFLAG] &= ~termios.ICANON
        mode[_CC][termios.VMIN], mode[_CC][termios.VTIME] = 1, 0
        before_the_end.append(self._restore)
        termios.tcsetattr(file, termios.TCSANOW, mode)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._before is None:
            return 0
        try:
            _wait(self._file)
            data, end, _ = os.read(self._file, len(buffer)).partition(_CTRL_D)
        except BaseException:
            self._restore()
            raise
        if end or not data:
            self._restore()
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Give the terminal back; it stays open."""
        self._restore()
        super().close()

    def _restore(self) -> None:
        if self._before is not None:
            before, self._before = self._before, None
            before_the_end.remove(self._restore)
            self._termios.tcsetattr(self._file, self._termios.TCSANOW, before)


def _wait(file: int) -> None:
    """Until there is something to read. A signal that comes just before a read would be heard only after it: here it wakes the wait."""
    if threading.current_thread() is not threading.main_thread():  # where signals are not heard
        return
    heard, wake = os.pipe()
    os.set_blocking(wake, False)
    before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        while file not in select.select([file, heard], [], [])[0]:
            os.read(heard, 1)
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(wake)


def awaited() -> io.BufferedReader | None:
    """What a person at the terminal that standard input is will paste, after a notice; None where the system has no such mode."""
    if os.name != "posix":
        return None
    pasted = Pasted(sys.stdin.fileno())
    if sys.stderr.isatty():
        print(f"note: {NOTICE}", file=sys.stderr)
    return io.BufferedReader(pasted)
