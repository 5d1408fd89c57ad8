"""The configuration file, checked. Imported and read only when something asks: reading TOML costs 10 ms."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..spelling import nearest
from .keys import BY_KEY, NAME, NUMBER, SOURCES, Setting, Tree, is_number, tree
from .permissions import is_foreign, warn_if_readable, warn_if_writable

if TYPE_CHECKING:
    from .notices import Notices

FILE_NAME = "infocaller.toml"
_HERE = "the current folder"


@dataclass(frozen=True, slots=True)
class Line:
    """Where the password of a line comes from: one of `keys.SOURCES`, and what the file says there.

    `value` is the password, the file's path, the command (a tuple: without a shell), or the line itself as the keyring's user.
    """

    source: str
    value: str | tuple[str, ...] = field(repr=False)
    folder: Path


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration file, checked. Empty where there is none. `found` says why it is this one, `given` which keys it has."""

    path: Path | None = None
    found: str = ""
    given: frozenset[str] = frozenset()
    lines: dict[str, Line] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    format: str = BY_KEY["format"].default
    country: str = BY_KEY["country"].default


def load(explicit: str | None, report: Notices) -> Config:
    """Read the configuration that applies. Raises UsageError for one that is missing, unreadable or wrong."""
    path, found = _find(explicit)
    if path is None:
        return Config()
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the configuration {path} cannot be read", error.strerror or str(error), f"it is named by {found}") from None
    report.detail(f"configuration: {path} ({found})")
    config = parse(text, path, found)
    sources = {line.source for line in config.lines.values()}
    if "password_command" in sources:
        if found == _HERE and is_foreign(path):  # or a file in /tmp could run anything as whoever passes by
            raise UsageError(
                f"{path} holds a password_command and belongs to another user", "its commands would run as you", f"--config {path}"
            )
        warn_if_writable(path, report)
    if "password" in sources:
        warn_if_readable(path, report)
    return config


def user_path() -> Path:
    """The configuration file in the user's configuration folder, there or not."""
    import typer

    return Path(typer.get_app_dir("infocaller")) / FILE_NAME


def parse(text: bytes, path: Path, found: str = "") -> Config:
    """The configuration in a file's bytes. Raises UsageError where it is wrong."""
    data = _toml(text, path)
    _check(data, tree(), "", path)
    lines = {number: _line(number, entry, path) for number, entry in data.get("lines", {}).items()}
    return Config(path, found, frozenset(data), **{**data, "lines": lines})


def _find(explicit: str | None) -> tuple[Path | None, str]:
    if explicit:
        return Path(explicit), "--config"
    if os.environ.get("INFOCALLER_CONFIG"):
        return Path(os.environ["INFOCALLER_CONFIG"]), "INFOCALLER_CONFIG"
    if Path(FILE_NAME).is_file():
        return Path(FILE_NAME), _HERE
    path = user_path()
    return (path, "the user's configuration folder") if path.is_file() else (None, "")


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


def _line(number: str, entry: dict[str, Any], path: Path) -> Line:
    if len(entry) != 1:
        sources = " and ".join(entry) or "no password"
        why = "only one can count" if entry else f"it needs one of {', '.join(SOURCES)}"
        raise UsageError(f"{path}: lines.{number} has {sources}", why, "leave one of them" if entry else "")
    ((source, value),) = entry.items()
    if source == "password_file":
        value = str(path.parent / os.path.expanduser(value))
    elif source == "keyring":
        value = number
    return Line(source, tuple(value) if isinstance(value, list) else value, path.parent)


def _wrong(path: Path, key: str, wanted: str) -> UsageError:
    return UsageError(f"{path}: {key} is wrong", f"it must be {wanted}")
