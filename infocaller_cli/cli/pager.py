"""Long output on a terminal, a screen at a time: in PAGER, else less or more. What fits on the screen needs none."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from ..errors import InputError
from ..streams import before_the_end
from . import terminal
from .report import Report

# less: end where all fits, keep colours, leave the text on the screen; as git sets them
_UNSET = {"LESS": "FRX", "LV": "-c"}
_SHELL = re.compile(r"[|&;<>()$`\\\"'*?\[#~=%]")
_SGR = re.compile(r"\x1b\[[\d;]*m")
_NO_PAGER = "--no-pager does without"


@contextmanager
def paged(report: Report) -> Iterator[None]:
    """What is written to stdout below, and to stderr if that is the same terminal: as it is where it fits on the screen, else in a pager.

    Raises InputError where the pager failed before it had everything, BrokenPipeError where its reader had seen enough.
    """
    height = terminal.lines()
    command = _command(report) if height and sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else []
    if not command:
        yield
        return
    streams = sys.stdout, sys.stderr
    pager = _Pager(command, terminal.columns(), height, streams, report)
    sys.stdout = _Stream(pager, streams[0])
    if streams[1].isatty():
        sys.stderr = _Stream(pager, streams[1])
    ended = False
    try:
        yield
        ended = True
    finally:
        sys.stdout, sys.stderr = streams
        pager.finish(ended=ended)


def _command(report: Report) -> list[str]:
    """The pager's words; none where there is to be no pager, or it cannot be had, which is said."""
    from shutil import which

    given = os.environ.get("PAGER")
    if given is None:
        return next(([found] for name in ("less", "more") if (found := which(name))), [])
    if given.strip() in ("", "cat"):
        return []
    if _SHELL.search(given) and os.name == "posix":
        return ["/bin/sh", "-c", given]
    words = given.split()
    if which(words[0]) is None:
        report.warn(f"the pager {given!r} is not there: set PAGER to one that is; {_NO_PAGER}")
        return []
    return words


class _Pager:
    """Holds text back until it fills the screen, then has the pager take it and all that follows."""

    def __init__(self, command: list[str], columns: int, height: int, streams: tuple[TextIO, TextIO], report: Report) -> None:
        self._command = command
        self._columns, self._height = columns, height
        self._streams, self._report = streams, report
        self._held: list[tuple[TextIO, str]] = []
        self._rows, self._line = 0, ""
        self._process: subprocess.Popen[bytes] | None = None
        self._before: Any = None
        self._broken = self._interrupted = False

    def take(self, stream: TextIO, text: str) -> None:
        """Some more text for a stream. Raises BrokenPipeError where nobody reads any more."""
        if self._process is not None:
            self._send(text)
            return
        self._held.append((stream, text))
        *whole, self._line = (self._line + text).split("\n")
        self._rows += sum(map(self._rows_of, whole))
        if self._rows + (self._rows_of(self._line) if self._line else 0) >= self._height:
            self._start()

    def _rows_of(self, line: str) -> int:
        return max(1, -(-len(_SGR.sub("", line)) // self._columns))

    def _start(self) -> None:
        for stream in self._streams:
            stream.flush()
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=_UNSET | os.environ)  # noqa: S603  PAGER is the user's own
        except OSError as error:
            self._height = sys.maxsize  # all comes at the end
            self._report.warn(f"the pager {self._command[0]!r} cannot be run: {error.strerror}; {_NO_PAGER}")
            return
        before_the_end.append(self._stop)
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
        held, self._held = self._held, []
        self._send("".join(text for _, text in held))
        self.flush()

    def _send(self, text: str) -> None:
        try:
            self._pipe.write(text.encode(self._streams[0].encoding, "backslashreplace"))
        except BrokenPipeError:
            self._broken = True
            raise

    @property
    def _pipe(self) -> Any:
        return self._process.stdin  # type: ignore[union-attr]

    def flush(self) -> None:
        """What was sent is to be seen."""
        if self._process is not None:
            try:
                self._pipe.flush()
            except BrokenPipeError:
                self._broken = True
                raise

    def _interrupt(self, number: int, frame: object) -> None:
        """Ctrl-C is the pager's while it runs; that it stops what is being made here too is enough, once."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._interrupted = True
        raise KeyboardInterrupt

    def _stop(self) -> None:
        """Our process is told to end: no pager stays behind with the terminal in its modes."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)

    def _write_held(self) -> None:
        held, self._held = self._held, []
        for stream, text in held:
            stream.write(text)
        for stream in self._streams:
            stream.flush()

    def finish(self, *, ended: bool) -> None:
        """Show what was held back, or wait until the pager is left."""
        if self._process is None:
            self._write_held()
            return
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pager's alone: all there is to show is made
        with suppress(BrokenPipeError):
            self._pipe.close()
        status = self._process.wait()
        before_the_end.remove(self._stop)
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)
        if status and not self._interrupted:
            self._failed(status, ended=ended)

    def _failed(self, status: int, *, ended: bool) -> None:
        what = f"the pager {os.environ.get('PAGER', self._command[0])!r} ended with {status}"
        if self._broken and not ended:
            raise InputError(what, "it did not take all of the output", f"set PAGER to another; {_NO_PAGER}")
        self._report.warn(f"{what}: what it did not show is not shown; {_NO_PAGER}")


class _Stream(io.TextIOBase):
    """In place of stdout or stderr: the same terminal, by way of the pager."""

    def __init__(self, pager: _Pager, stream: TextIO) -> None:
        self._pager, self._stream = pager, stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, text: str) -> int:
        self._pager.take(self._stream, text)
        return len(text)

    def flush(self) -> None:
        self._pager.flush()
