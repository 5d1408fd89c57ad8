"""The standard streams: input as bytes, and text made safe for a terminal."""

from __future__ import annotations

import errno
import io
import sys
import unicodedata
from collections.abc import Callable
from typing import Protocol

from .errors import UsageError

# Characters a terminal obeys or that turn the text around them: controls, formats, surrogates, line separators
_STEERING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


# What must be undone before the process ends, by itself or by a signal
before_the_end: list[Callable[[], None]] = []
_taken = False


def stdin(*, typed: bool = False) -> io.BufferedReader:
    """Standard input as bytes; `typed`: lines that a person is asked for, one after the other.

    Raises OSError where it was closed (`<&-`), UsageError where it was read before: nothing would be left in it.
    """
    global _taken  # noqa: PLW0603  there is one for the whole process
    if _taken and not typed:
        raise UsageError("standard input is read once", "- stands for it a second time", "name a file for one of them")
    _taken = True
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


def visible_lines(text: str) -> str:
    """Text of several lines (a document, a traceback) as `visible` shows it; its lines and tabs stay."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in lines)


class Notices:
    """Who takes notices on stderr: for everyone (`note`, `warn`), or for who asked to hear more (`detail`)."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose

    def note(self, text: str) -> None:
        """A notice; `quiet` leaves it out."""
        if not self.quiet:
            self.tell("note", text)

    def warn(self, text: str) -> None:
        """A warning; `quiet` leaves it out."""
        if not self.quiet:
            self.tell("warning", text)

    def detail(self, text: str) -> None:
        """Where something comes from: for `verbose` only."""
        if self.verbose:
            self.note(text)

    def tell(self, label: str, text: str) -> None:
        """Write a line of any text behind its label, escaped."""
        raise NotImplementedError


class Output(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take some more."""


class _Terminal:
    """A terminal obeys what it is given: bytes come as visible text."""

    @staticmethod
    def write(data: bytes) -> None:
        sys.stdout.write(visible_lines(data.decode("utf-8", "backslashreplace")))


def stdout() -> Output:
    """Standard output for bytes: they come as they are, but on a terminal as visible text."""
    sys.stdout.flush()
    return _Terminal() if sys.stdout.isatty() else sys.stdout.buffer


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
