"""Who else can read or change a file that holds a password or a command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..streams import Notices


def warn_if_readable(path: Path, report: Notices) -> None:
    """Warn about a regular file with a password in it that others can read."""
    if _allows(path, 0o044):
        report.warn(f"{path} holds a password and others can read it: chmod 600 {path}")


def warn_if_writable(path: Path, report: Notices) -> None:
    """Warn about a regular file with a command in it that others can change."""
    if _allows(path, 0o022):
        report.warn(f"{path} holds a command that runs as you, and others can change it: chmod go-w {path}")


def _allows(path: Path, mode: int) -> bool:
    try:
        return os.name == "posix" and path.is_file() and bool(path.stat().st_mode & mode)
    except OSError:
        return False
