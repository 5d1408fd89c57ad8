"""The global options, and the configuration once something asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.file import Config
    from .report import Report


class Settings:
    """The global options, and the configuration once something asks for it."""

    def __init__(self, report: Report, config_path: str | None = None, debug: bool = False) -> None:
        self.report = report
        self.debug = debug
        self.config_path = config_path
        self._config: Config | None = None
        if config_path is not None:  # who names one wants to hear that it is missing, even where nothing asks for it
            self._config = self.config

    @property
    def config(self) -> Config:
        """The configuration. Raises UsageError."""
        if self._config is None:
            from ..config.file import load

            self._config = load(self.config_path, self.report)
        return self._config
