"""The recorded requests of several inputs, one after the other."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ExitCode, InfocallerError
from .source import record_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...traffic.captures.record import Recorded
    from ..report import Report
    from .source import Source


class RecordedRequests:
    """The recorded requests of the FILEs, in order. `code` is the exit code that reading them came to.

    `waits`: an input may make one wait for more, a pipe or a terminal.
    """

    def __init__(self, files: list[str], report: Report, limit: int) -> None:
        self._files = files
        self._names = [record_named(file)[0] for file in files]
        self._report = report
        self._limit = limit
        self._before = 0
        self._source: Source | None = None
        self.code = int(ExitCode.OK)
        self.waits = any(map(waits, self._names))

    @property
    def total(self) -> int:
        """Bytes of all FILEs, as far as that is known."""
        found = 0
        for name in self._names:
            with suppress(OSError):
                found += Path(name).stat().st_size if name != "-" else 0
        return found

    def position(self) -> int:
        """Bytes read so far; 0 where that cannot be told."""
        if self.waits:
            return 0
        return self._before + (self._source.reader.position() if self._source else 0)

    def __iter__(self) -> Iterator[Recorded]:
        """Every request. A file that cannot be read hides no other."""
        from .items import source_records
        from .source import open_source

        for name in self._files:
            try:
                self._source = open_source(name, self._limit)
                try:
                    for number, found in source_records(self._source, self._report):
                        if isinstance(found, InfocallerError):
                            self.code = max(self.code, self._report.error(found, name, number))
                        else:
                            yield found
                finally:
                    self._before += self._source.reader.position()
                    self._source.reader.close()
                    self._source = None
            except InfocallerError as error:
                self.code = max(self.code, self._report.error(error, name))


def waits(name: str) -> bool:
    """Whether more may come only later: a pipe, a terminal."""
    try:
        mode = os.stat(0 if name == "-" else name).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
