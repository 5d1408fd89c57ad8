"""The global options, and small things every command needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .config import Config
    from .report import Report


class Settings:
    """The global options, and the configuration once something asks for it."""

    def __init__(self, report: Report, config_path: str | None = None, debug: bool = False) -> None:
        self.report = report
        self.debug = debug
        self._config_path = config_path
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The configuration. Raises UsageError."""
        if self._config is None:
            from .config import load

            self._config = load(self._config_path, self.report)
        return self._config


def nearest(word: str, words: Iterable[str]) -> str:
    """`did you mean ...?`, or "" if nothing is near."""
    import difflib

    lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1)
    return f"did you mean {lower[found[0]]}?" if found else ""


def warn_if_readable(path: Path, report: Report) -> None:
    """Warn about a regular file with a password in it that others can read."""
    try:
        status = path.stat()
    except OSError:
        return
    if path.is_file() and os.name == "posix" and status.st_mode & 0o044:
        report.warn(f"{path} holds a password and others can read it: chmod 600 {path}")
