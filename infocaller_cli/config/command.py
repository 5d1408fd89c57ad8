"""A password_command: run once, with no input but a terminal's, and its output shown to nobody."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from ..errors import UsageError
from .bounded import LONGEST, read_within

# Seconds. Long enough to type a passphrase, or to touch a key
TIMEOUT = 30.0
_NOT_FOUND = 127  # what shells say


def output_of(command: str | tuple[str, ...], folder: Path, line: str) -> bytes:
    """What the password_command of a line prints. Text is run by the shell, a tuple without one.

    It may ask on the terminal (/dev/tty), and its stderr is ours. Raises UsageError where it fails; nothing it printed is in its words.
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
        raise _failed(line, f"{program} cannot be run: {getattr(error, 'strerror', None) or error}") from None
    try:
        data, code = _finish(process)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise _failed(line, f"it took longer than {TIMEOUT:g} s") from None
    finally:
        process.kill()
        process.wait()
    if len(data) > LONGEST:
        raise _failed(line, "it printed far more than a password")
    if code:
        how = f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
        raise _failed(line, how + (" (a command in it was not found)" if code == _NOT_FOUND else ""))
    return data


def _finish(process: subprocess.Popen[bytes]) -> tuple[bytes, int | None]:
    """The output and the exit code; None where it printed too much to wait for. Raises TimeoutError, TimeoutExpired."""
    assert process.stdout is not None
    stream = process.stdout
    deadline = time.monotonic() + TIMEOUT
    data = read_within(lambda: stream, LONGEST, TIMEOUT)
    return data, None if len(data) > LONGEST else process.wait(max(deadline - time.monotonic(), 0))


def _failed(line: str, why: str) -> UsageError:
    return UsageError(
        f"the password_command of line {line} gave no password", why, "run it by hand: it must print the password and nothing else"
    )
