"""A command of the user's that prints something: run once, bounded, with no input but a terminal's."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from ..errors import UsageError
from .bounded import LONGEST, read_within

# Seconds. Long enough to type a passphrase, or to touch a key
TIMEOUT = 30.0
_NOT_FOUND = 127  # what shells say


class CommandError(Exception):
    """Why a command gave nothing, in words that hold nothing it printed."""


class TooMuchError(CommandError):
    """It printed more than it may."""


def output_of(command: str | tuple[str, ...], folder: Path, line: str) -> bytes:
    """What the password_command of a line prints; it is shown to nobody. Raises UsageError where it fails."""
    try:
        return run(command, folder, LONGEST, TIMEOUT)
    except CommandError as error:
        why = "it printed far more than a password" if isinstance(error, TooMuchError) else str(error)
        hint = "run it by hand: it must print the password and nothing else"
        raise UsageError(f"the password_command of line {line} gave no password", why, hint) from None


def run(command: str | tuple[str, ...], folder: Path | None, limit: int, seconds: float) -> bytes:
    """What a command prints. Text is run by the shell, a tuple without one; it may ask on the terminal (/dev/tty), and its stderr is
    ours. Raises CommandError where it fails, or prints more than `limit` bytes, or takes longer.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own command, as in a Makefile
            command,
            shell=isinstance(command, str),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        program = "the shell" if isinstance(command, str) else repr(command[0])
        raise CommandError(f"{program} cannot be run: {getattr(error, 'strerror', None) or error}") from None
    try:
        data, code = _finish(process, limit, seconds)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise CommandError(f"it took longer than {seconds:g} s") from None
    finally:
        process.kill()
        process.wait()
    if len(data) > limit:
        raise TooMuchError(f"it printed more than {limit:,} bytes")
    if code:
        how = f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
        raise CommandError(how + (" (a command in it was not found)" if code == _NOT_FOUND else ""))
    return data


def _finish(process: subprocess.Popen[bytes], limit: int, seconds: float) -> tuple[bytes, int | None]:
    """The output and the exit code; None where it printed too much to wait for. Raises TimeoutError, TimeoutExpired."""
    assert process.stdout is not None
    stream = process.stdout
    deadline = time.monotonic() + seconds
    data = read_within(lambda: stream, limit, seconds)
    return data, None if len(data) > limit else process.wait(max(deadline - time.monotonic(), 0))
