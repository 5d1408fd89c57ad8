"""The standard streams: input as bytes, and text made safe for a terminal."""

from __future__ import annotations

import errno
import io
import sys
import unicodedata

# Characters a terminal obeys or that turn the text around them: controls, formats, surrogates, line separators
_STEERING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def stdin() -> io.BufferedReader:
    """Standard input as bytes. Raises OSError where it was closed (`<&-`)."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    try:
        # One of our own: the interpreter waits at its end for a thread that reads from sys.stdin, and dies of it
        return open(sys.stdin.fileno(), "rb", closefd=False)
    except ValueError:  # it is no file
        return sys.stdin.buffer  # type: ignore[return-value]


def visible(text: str) -> str:
    r"""The text with everything a terminal would obey shown as an escape (`\x1b`, `\u202e`)."""
    if text.isprintable():
        return text
    return "".join(_escape(character) if unicodedata.category(character) in _STEERING else character for character in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
