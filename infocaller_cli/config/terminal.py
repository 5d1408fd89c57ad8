"""Asking a person who sits at a terminal; the question goes to stderr or the terminal itself, never to stdout."""

from __future__ import annotations

import os
import sys

from ..streams import visible


def is_there() -> bool:
    """Whether a hidden prompt would reach a person; without a controlling terminal getpass would read stdin unasked."""
    if not sys.stderr.isatty():
        return False
    if os.name != "posix":
        return sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def hidden(question: str) -> str | None:
    """What is typed, unseen. None at the end of the input. The question may hold text of a document."""
    import getpass

    try:
        return getpass.getpass(visible(question))
    except EOFError:
        return None
