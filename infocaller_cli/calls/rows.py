"""On which row of a TOML text each key stands: tomllib, which has read it, does not tell.

A scan of what is known to be TOML. Paths are those of the values tomllib gives: names, and numbers within lists.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_QUOTED = r'"(?:[^"\\]|\\.)*"|\'[^\']*\''
_NAME = re.compile(rf"[A-Za-z0-9_-]+|{_QUOTED}")
_NAMES = re.compile(rf"(?:{_NAME.pattern}|[ \t.])+")
_VALUE = re.compile(rf'"""(?:[^\\]|\\.)*?"{{3,5}}|\'\'\'.*?\'{{3,5}}|{_QUOTED}|[^,\]}}#\n]+', re.DOTALL)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")


def rows(text: str) -> dict[Path, int]:
    """The row, from 1, of each key and of each member of a list. `text` must be TOML that tomllib reads."""
    scan = _Scan(text)
    scan.document()
    return scan.found


def row_of(found: dict[Path, int], path: Path) -> int | None:
    """The row of a path, or of the nearest thing around it."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path)


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._row = 1
        self.found: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}  # arrays of tables -> the number of the one that is being filled

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._blank()

    def _move(self, to: int) -> None:
        self._row += self._text.count("\n", self._at, to)
        self._at = to

    def _take(self, pattern: re.Pattern[str]) -> str:
        """What stands here, of a kind that must."""
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"unexpected {self._text[self._at : self._at + 20]!r}")
        self._move(found.end())
        return found[0]

    def _blank(self) -> None:
        self._take(_BLANK)

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        self._move(self._at + 1 + many)
        self._blank()
        names = self._names()
        row = self._row
        self._move(self._text.index("]", self._at) + 1 + many)
        path: Path = ()
        for index, name in enumerate(names):
            path += (name,)
            self.found.setdefault(path, row)
            if many and index == len(names) - 1:
                self._lists[path] = self._lists.get(path, -1) + 1
            if path in self._lists:
                path += (self._lists[path],)
                self.found.setdefault(path, row)
        return path

    def _names(self) -> list[str]:
        import tomllib

        names = _NAME.findall(self._take(_NAMES))
        return [tomllib.loads(f"x = {name}")["x"] if name[0] in "\"'" else name for name in names]

    def _pair(self, table: Path) -> None:
        row = self._row
        path = table
        for name in self._names():
            path += (name,)
            self.found.setdefault(path, row)
        self._move(self._text.index("=", self._at) + 1)
        self._blank()
        self._value(path)

    def _value(self, path: Path) -> None:
        self.found.setdefault(path, self._row)
        opening = self._text[self._at : self._at + 1]
        if opening in ("[", "{"):
            self._members(path, "]" if opening == "[" else "}")
        else:
            self._take(_VALUE)

    def _members(self, path: Path, closing: str) -> None:
        self._move(self._at + 1)
        self._blank()
        number = 0
        while not self._text.startswith(closing, self._at):
            if closing == "]":
                self._value((*path, number))
                number += 1
            else:
                self._pair(path)
            self._blank()
            if self._text.startswith(",", self._at):
                self._move(self._at + 1)
                self._blank()
        self._move(self._at + 1)
