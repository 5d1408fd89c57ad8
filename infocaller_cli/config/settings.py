"""Who takes notices, and the configuration once something asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .file import Config
    from .notices import Notices


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
