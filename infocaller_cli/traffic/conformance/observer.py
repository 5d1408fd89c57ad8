"""A command of the user's that prints the application's state: run as it was typed, within a time, its output bounded."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

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
        try:
            process = await asyncio.create_subprocess_shell(
                self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # so that all it started can be ended with it
            )
        except (OSError, ValueError) as error:
            raise UnobservedError(f"the shell cannot be run: {getattr(error, 'strerror', None) or error}") from None
        assert process.stdout is not None
        assert process.stderr is not None
        said = asyncio.ensure_future(_read(process.stderr, _SAID))
        try:
            async with asyncio.timeout(self._seconds):
                printed = await _read(process.stdout, LONGEST, stop=True)
                if len(printed) > LONGEST:
                    raise UnobservedError(f"it printed more than {LONGEST:,} bytes: a number, or a line a call, is enough")
                code = await process.wait()
                words = await said
        except TimeoutError:
            raise UnobservedError(f"it took longer than {self._seconds:g} s") from None
        finally:
            said.cancel()
            await _end(process)
        if code:
            raise UnobservedError(_ended(code) + _quoted(words))
        return printed.decode("utf-8", "replace")


async def _read(stream: asyncio.StreamReader, limit: int, *, stop: bool = False) -> bytes:
    """What comes, some bytes more than `limit` where there is more; then the rest is dropped, or no longer waited for."""
    data = bytearray()
    while piece := await stream.read(1 << 16):
        if len(data) <= limit:
            data += piece
        if stop and len(data) > limit:
            break
    return bytes(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """What it left behind ends with it."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _ended(code: int) -> str:
    if code < 0:
        return f"it was ended by signal {-code}"
    return f"it ended with exit code {code}" + (" (a command in it was not found)" if code == _NOT_FOUND else "")


def _quoted(said: bytes) -> str:
    """How what it wrote to stderr begins, on one line."""
    text = " ".join(said.decode("utf-8", "replace").split())
    return f": {text[:_SHOWN]}" if text else ""
