"""A command of the user's that prints the application's state: run as it was typed, within a time, its output bounded."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import IO

from ...config.bounded import read_within
from .check import NotJudgedError

SECONDS = 10.0
LONGEST = 256 * 1024
_SAID = 2000  # bytes of its stderr that are kept
_SHOWN = 160
_NOT_FOUND = 127  # what shells say


class UnobservedError(NotJudgedError):
    """Why the state is not known. Who asked to have it compared gets no yes."""


class Observer:
    """Runs a command by the shell, in the folder of the caller, without standard input."""

    def __init__(self, command: str, seconds: float = SECONDS) -> None:
        self._command = command
        self._seconds = seconds

    async def look(self) -> str:
        """What the command prints. Raises UnobservedError where it fails, takes too long or prints too much."""
        process = _started(self._command)
        try:
            printed, said, code = await asyncio.to_thread(_finish, process, self._seconds)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise UnobservedError(f"it took longer than {self._seconds:g} s") from None
        finally:
            _end(process)
        if len(printed) > LONGEST:
            raise UnobservedError(f"it printed more than {LONGEST:,} bytes: a number, or a line a call, is enough")
        if code:
            raise UnobservedError(_ended(code) + _quoted(said))
        return printed.decode("utf-8", "replace")


def _started(command: str) -> subprocess.Popen[bytes]:
    """Raises UnobservedError."""
    try:
        return subprocess.Popen(  # noqa: S602  the user's own command, typed on the command line
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # so that all it started can be ended with it
        )
    except (OSError, ValueError) as error:
        raise UnobservedError(f"the shell cannot be run: {getattr(error, 'strerror', None) or error}") from None


def _finish(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes, int]:
    """What it printed, how what it wrote to stderr begins, its exit code. Raises TimeoutError, TimeoutExpired."""
    assert process.stdout is not None
    assert process.stderr is not None
    stream = process.stdout
    said = bytearray()
    errors = threading.Thread(target=_drain, args=(process.stderr, said), daemon=True)
    errors.start()
    deadline = time.monotonic() + seconds
    printed = read_within(lambda: stream, LONGEST, seconds)
    if len(printed) > LONGEST:
        return printed, b"", 0
    code = process.wait(max(deadline - time.monotonic(), 0))
    errors.join(max(deadline - time.monotonic(), 0))
    return printed, bytes(said), code


def _drain(stream: IO[bytes], said: bytearray) -> None:
    """Read all, so that nobody waits, and keep the beginning."""
    with stream, suppress(OSError):
        while piece := stream.read(1 << 16):
            said += piece[: max(_SAID - len(said), 0)]


def _end(process: subprocess.Popen[bytes]) -> None:
    """What it left behind ends with it."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _ended(code: int) -> str:
    if code < 0:
        return f"it was ended by signal {-code}"
    return f"it ended with exit code {code}" + (" (a command in it was not found)" if code == _NOT_FOUND else "")


def _quoted(said: bytes) -> str:
    """How what it wrote to stderr begins, on one line."""
    text = " ".join(said.decode("utf-8", "replace").split())
    return f": {text[:_SHOWN]}" if text else ""
