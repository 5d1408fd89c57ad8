"""The configuration file, checked. Imported and read only when something asks: reading TOML costs 10 ms."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..spelling import nearest
from .bounded import read_file
from .keys import BY_KEY, NAME, NUMBER, SOURCES, Setting, Tree, is_number, tree
from .permissions import warn_if_readable, warn_if_writable
from .places import HERE, find
from .sources import Source, source
from .trust import UntrustedError, is_trusted

if TYPE_CHECKING:
    from ..streams import Notices

_LARGEST = 1 << 20  # bytes; a configuration is a page or two


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration file, checked. Empty where there is none. `found` says why it is this one, `given` which keys it has.

    A `stranger` was found in the current folder: nobody named it, nobody trusts it.
    """

    path: Path | None = None
    found: str = ""
    stranger: bool = False
    given: frozenset[str] = frozenset()
    lines: dict[str, Source] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    format: str = BY_KEY["format"].default
    country: str = BY_KEY["country"].default

    def tell(self, report: Notices) -> None:
        """Say which file it is, and who else can read or change what it holds."""
        if self.path is None:
            return
        report.detail(f"configuration: {self.path} ({self.found})")
        keys = {source.key for source in self.lines.values()}
        if "password_command" in keys and self.found != HERE:  # there it is trusted as it was read, or refused
            warn_if_writable(self.path, report)
        if "password" in keys:
            warn_if_readable(self.path, report)

    def refuse_untrusted(self, line: str) -> None:
        """Raises UntrustedError where the entry of a line reaches farther than a stranger's file may."""
        danger = self.lines[line].reaches_out_of(self.path.parent) if self.stranger and self.path is not None else ""
        if danger:
            raise UntrustedError(
                f"the {self.lines[line].key} of line {line} is refused",
                f"{danger}, and ./{self.path} was only found in {HERE}, as in any cloned repository",
                f"read it, then: infocaller config trust; or name it: --config {self.path}",
            )


def load(explicit: str | None) -> Config:
    """Read the configuration that applies. Raises UsageError for one that is missing, unreadable or wrong."""
    path, found = find(explicit)
    return Config() if path is None else parse(read(path, f"it is named by {found}"), path, found)


def read(path: Path, hint: str = "") -> bytes:
    """The bytes of a configuration file. Raises UsageError."""
    if path in (Path("/dev/null"), Path(os.devnull)):  # by either name everywhere: hooks and workflows run on every system
        return b""
    try:
        return read_file(path, _LARGEST)
    except OSError as error:
        raise UsageError(f"the configuration {path} cannot be read", error.strerror or str(error), hint) from None


def parse(text: bytes, path: Path, found: str = "") -> Config:
    """The configuration in a file's bytes. Raises UsageError where it is wrong."""
    data = _toml(text, path)
    _check(data, tree(), "", path)
    lines = {number: _source(number, entry, path) for number, entry in data.get("lines", {}).items()}
    return Config(path, found, found == HERE and not is_trusted(path, text), frozenset(data), **{**data, "lines": lines})


def _toml(text: bytes, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:  # its own words would show a byte of what may be a password
        raise UsageError(f"the configuration {path} is no TOML", "it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the configuration {path} is no TOML", str(error)) from None


def _check(value: Any, wanted: Setting | Tree, key: str, path: Path) -> None:
    """Judge a value, and what is below it. Raises UsageError; no value stands in its words: it may be a password."""
    if isinstance(wanted, Setting):
        if wanted.fits is not None and not wanted.fits(value):
            raise _wrong(path, key, wanted.holds)
        return
    free = next((name for name in (NAME, NUMBER) if name in wanted), "")
    if not isinstance(value, dict):
        raise _wrong(path, key, "a table" if free else f"a table with {', '.join(wanted)}")
    prefix = f"{key}." if key else ""
    for name, below in value.items():
        if free == NUMBER and not is_number(name):
            raise UsageError(f"{path}: {prefix}{name} names no line", "a line is a LineNumber, digits only")
        if not free and name not in wanted:
            raise UsageError(f"{path}: unknown key {prefix}{name}", f"known are {', '.join(wanted)}", nearest(name, wanted))
        _check(below, wanted[free or name], f"{prefix}{name}", path)


def _source(number: str, entry: dict[str, Any], path: Path) -> Source:
    if len(entry) != 1:
        held = " and ".join(entry) or "no password"
        why = "only one can count" if entry else f"it needs one of {', '.join(SOURCES)}"
        raise UsageError(f"{path}: lines.{number} has {held}", why, "leave one of them" if entry else "")
    ((key, value),) = entry.items()
    return source(key, value, path.parent)


def _wrong(path: Path, key: str, wanted: str) -> UsageError:
    return UsageError(f"{path}: {key} is wrong", f"it must be {wanted}")
