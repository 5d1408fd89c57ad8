"""The global options, and the configuration once something asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.settings import Surroundings

if TYPE_CHECKING:
    from .report import Report


class Settings(Surroundings):
    """The global options, and the configuration once something asks for it."""

    report: Report

    def __init__(self, report: Report, config_path: str | None = None, debug: bool = False) -> None:
        super().__init__(report, config_path)
        self.debug = debug
        if config_path is not None:  # who names one wants to hear that it is missing, even where nothing asks for it
            self._config = self.config
