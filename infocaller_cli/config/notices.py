"""Who is told what the configuration noticed, and the small words of its errors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from ..errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .file import Config


class Notices(Protocol):
    """Takes notices: for everyone (`warn`), or for who asked to hear more (`detail`)."""

    def warn(self, text: str) -> None:
        """A warning."""

    def detail(self, text: str) -> None:
        """Where something comes from."""


class Surroundings:
    """Who takes notices, and the configuration (`path`: named on the command line) once something asks for it."""

    def __init__(self, report: Notices, path: str | None = None) -> None:
        self.report = report
        self.config_path = path
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The configuration. Raises UsageError."""
        if self._config is None:
            from .file import load

            self._config = load(self.config_path, self.report)
        return self._config


def nearest(word: str, words: Iterable[str]) -> str:
    """`did you mean ...?`, or "" if nothing is near."""
    import difflib

    lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1)
    return f"did you mean {lower[found[0]]}?" if found else ""


def named(what: str, text: str, names: Iterable[str]) -> str:
    """The name that a text spells: in any case, and with - for _. Raises UsageError with the nearest one."""
    __tracebackhide__ = True  # in a test the line that gave the text is shown
    known = {name.lower(): name for name in names}
    found = known.get(text.lower().replace("-", "_"))
    if found is None:
        raise UsageError(f"there is no {what} {text!r}", f"the {what}s are {', '.join(known.values())}", nearest(text, known.values()))
    return found


def warn_if_readable(path: Path, report: Notices) -> None:
    """Warn about a regular file with a password in it that others can read."""
    if _allows(path, 0o044):
        report.warn(f"{path} holds a password and others can read it: chmod 600 {path}")


def warn_if_writable(path: Path, report: Notices) -> None:
    """Warn about a regular file with a command in it that others can change."""
    if _allows(path, 0o022):
        report.warn(f"{path} holds a command that runs as you, and others can change it: chmod go-w {path}")


def is_foreign(path: Path) -> bool:
    """Whether a file belongs to neither this user nor the system's administrator."""
    return os.name == "posix" and path.stat().st_uid not in (0, os.geteuid())


def _allows(path: Path, mode: int) -> bool:
    try:
        return os.name == "posix" and path.is_file() and bool(path.stat().st_mode & mode)
    except OSError:
        return False
