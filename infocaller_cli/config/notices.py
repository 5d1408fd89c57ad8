"""Who is told what the configuration noticed."""

from __future__ import annotations

from typing import Protocol


class Notices(Protocol):
    """Takes notices: for everyone (`note`, `warn`), or for who asked to hear more (`detail`)."""

    def note(self, text: str) -> None:
        """A notice."""

    def warn(self, text: str) -> None:
        """A warning."""

    def detail(self, text: str) -> None:
        """Where something comes from."""
