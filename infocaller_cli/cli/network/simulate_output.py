"""The forms of the report of `simulate --test`: all that the command line must know of it."""

from __future__ import annotations

from enum import StrEnum


class TestOutput(StrEnum):
    """The forms of a report."""

    __test__ = False  # for pytest

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
