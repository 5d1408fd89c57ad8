"""The configuration file, checked. Imported and read only when something asks: reading TOML costs 10 ms."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .notices import nearest, warn_if_readable

if TYPE_CHECKING:
    from .notices import Notices

FILE_NAME = "infocaller.toml"
_EVENTS = ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN")
# key -> what it holds; a table's own keys come in `_TABLES`
_KEYS = ("lines", "urls", "queries", "format", "country")
_LINE_KEYS = ("password", "password_file")


@dataclass(frozen=True, slots=True)
class Line:
    """What the configuration says of one line: a password, or the file that holds it."""

    password: str | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration file, checked. Empty where there is none."""

    path: Path | None = None
    lines: dict[str, Line] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    country: str | None = None


def load(explicit: str | None, report: Notices) -> Config:
    """Read the configuration that applies. Raises UsageError for one that is missing, unreadable or wrong."""
    path, named = _find(explicit)
    if path is None:
        return Config()
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the configuration {path} cannot be read", error.strerror or str(error), f"it is named by {named}") from None
    report.detail(f"configuration: {path} ({named})")
    config = _check(_parse(text, path), path)
    if any(line.password is not None for line in config.lines.values()):
        warn_if_readable(path, report)
    return config


def _find(explicit: str | None) -> tuple[Path | None, str]:
    if explicit:
        return Path(explicit), "--config"
    if os.environ.get("INFOCALLER_CONFIG"):
        return Path(os.environ["INFOCALLER_CONFIG"]), "INFOCALLER_CONFIG"
    if Path(FILE_NAME).is_file():
        return Path(FILE_NAME), "the current folder"
    import typer

    path = Path(typer.get_app_dir("infocaller")) / FILE_NAME
    return (path, "the user's configuration folder") if path.is_file() else (None, "")


def _parse(text: bytes, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:  # its own words would show a byte of what may be a password
        raise UsageError(f"the configuration {path} is no TOML", "it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the configuration {path} is no TOML", str(error)) from None


def _check(data: dict[str, Any], path: Path) -> Config:
    _known(data, _KEYS, "", path)
    for name in ("lines", "urls", "queries"):
        if not isinstance(data.get(name, {}), dict):
            raise _wrong(path, name, "a table")
    urls, queries = data.get("urls", {}), data.get("queries", {})
    _known(urls, _EVENTS, "urls.", path)
    for table, prefix in ((urls, "urls"), (queries, "queries")):
        for key, value in table.items():
            if not isinstance(value, str) or not value:
                raise _wrong(path, f"{prefix}.{key}", "a URL in quotes")
    if data.get("format", "xml") not in ("xml", "json"):
        raise _wrong(path, "format", '"xml" or "json"')
    country = data.get("country", "34")
    if not isinstance(country, str) or not (country.isascii() and country.isdigit()):
        raise _wrong(path, "country", 'a country code in quotes, such as "34"')
    lines = {number: _line(number, entry, path) for number, entry in data.get("lines", {}).items()}
    return Config(path, lines, urls, queries, data.get("format"), data.get("country"))


def _line(number: str, entry: Any, path: Path) -> Line:
    key = f"lines.{number}"
    if not (number.isascii() and number.isdigit()):
        raise UsageError(f"{path}: {key} names no line", "a line is a LineNumber, digits only")
    if not isinstance(entry, dict):
        raise _wrong(path, key, "a table with password or password_file")
    _known(entry, _LINE_KEYS, f"{key}.", path)
    for name, value in entry.items():
        if not isinstance(value, str) or not value:
            raise _wrong(path, f"{key}.{name}", "text in quotes (a number loses its leading zeros)")
    if len(entry) > 1:
        raise UsageError(f"{path}: {key} has password and password_file", "only one can count", "remove one of them")
    file = entry.get("password_file")
    return Line(entry.get("password"), path.parent / Path(file).expanduser() if file else None)


def _known(table: dict[str, Any], keys: tuple[str, ...], prefix: str, path: Path) -> None:
    for key in table:
        if key not in keys:
            raise UsageError(f"{path}: unknown key {prefix}{key}", f"known are {', '.join(keys)}", nearest(key, keys))


def _wrong(path: Path, key: str, wanted: str) -> UsageError:
    return UsageError(f"{path}: {key} is wrong", f"it must be {wanted}")
