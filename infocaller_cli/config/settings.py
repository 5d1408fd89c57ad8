"""Who takes notices, and the configuration once something asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..streams import Notices

if TYPE_CHECKING:
    from .file import Config

Teller_co = TypeVar("Teller_co", bound=Notices, covariant=True)


class Settings(Generic[Teller_co]):
    """The global options: who takes notices (`report`), and the configuration (`config_path`: the one that is named)."""

    def __init__(self, report: Teller_co, config_path: str | None = None, debug: bool = False) -> None:
        self.report = report
        self.config_path = config_path
        self.debug = debug
        self._told = False
        # Who names one wants to hear that it is missing, even where nothing asks for it
        self._config = None if config_path is None else self._load()

    def _load(self) -> Config:
        from .file import load

        return load(self.config_path)

    @property
    def config(self) -> Config:
        """The configuration; what is to be said of it is said when it is used first. Raises UsageError."""
        if self._config is None:
            self._config = self._load()
        if not self._told:
            self._told = True
            self._config.tell(self.report)
        return self._config

    def tell_origin(self, what: str) -> None:
        """Say that something comes from a configuration that nobody named or trusts, if so."""
        if self.config.stranger:
            self.report.note(
                f"{what} comes from ./{self.config.path}, found in {self.config.found}: infocaller config trust ends this notice"
            )
