"""What the environment says about the terminal. Imports nothing: `--help` asks here first."""

import os
import sys

HELP_WIDTH = 80  # of `--help` on a terminal that is as wide, or wider


def columns(stream: object = None) -> int:
    """The width of the terminal: COLUMNS, else what a stream says (stdout), else 80. As `shutil.get_terminal_size`, without its imports."""
    try:
        given = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        given = 0
    if given > 0:
        return given
    try:
        return os.get_terminal_size((stream or sys.__stdout__).fileno()).columns or 80  # type: ignore[attr-defined]
    except (AttributeError, ValueError, OSError):  # stdout is closed, or no terminal
        return 80


def lines() -> int:
    """The height of the terminal that stdout is: LINES, else what it says; 0 where it says nothing."""
    try:
        return int(os.environ["LINES"])
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).lines  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 0


def no_color_because() -> str:
    """The variable of the environment that forbids colours; "" where none does."""
    if os.environ.get("NO_COLOR"):
        return "NO_COLOR"
    return "TERM" if os.environ.get("TERM") == "dumb" else ""
