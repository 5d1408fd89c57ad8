"""Events that came before, remembered in a file that several processes share."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import PathLike, fspath

from ...errors import InputError, UsageError

_DAY = 24 * 3600
_TABLE = "CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID"
_BY_TIME = "CREATE INDEX IF NOT EXISTS seen_at ON seen (at)"


class SqliteSeen:
    """Remembers keys in an SQLite file, for `receive(..., seen=...)`, whichever process or thread asks.

    `path` of the file, which is made where there is none; keys are forgotten after `days`. `patience`: how many seconds it waits for
    other processes. Every call opens the file anew, so that it may be shared before a server forks. Methods raise InputError where the
    file cannot be used; UsageError for `days` that are none.
    """

    def __init__(self, path: str | PathLike[str], *, days: float = 30, patience: float = 30) -> None:
        if not days > 0:
            raise UsageError(f"keys cannot be kept for {days!r} days", "it is a number above 0", "SqliteSeen(path, days=30)")
        self._path = fspath(path)
        self._days = days
        self._patience = patience
        with self._open():  # what is wrong with the file shows now
            pass

    def add(self, key: str) -> bool:
        """Remember a key. True if it is new."""
        now = int(time.time())
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM seen WHERE at < ?", (now - self._days * _DAY,))
            new = database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, now)).rowcount == 1
            database.execute("COMMIT")
        return new

    def discard(self, key: str) -> None:
        """Forget a key: what was to be done about its event could not be done, and it may come again."""
        with self._open() as database:
            database.execute("DELETE FROM seen WHERE key = ?", (key,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=self._patience, isolation_level=None)) as database:
                database.execute(_TABLE)
                database.execute(_BY_TIME)
                yield database
        except sqlite3.Error as error:
            raise InputError(
                f"{self._path} cannot be used", f"SQLite says: {error}", "name a file in a folder that can be written"
            ) from error
