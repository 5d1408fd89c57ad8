"""The configuration file and the telephone passwords. Read only when something asks: reading TOML costs 10 ms.

Passwords: --password-file, INFOCALLER_PASSWORD, the configuration's entry for the line, a hidden prompt; in this order.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..codec.signature import check_password
from ..errors import InputError, UsageError

if TYPE_CHECKING:
    from .report import Report

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


def load(explicit: str | None, report: Report) -> Config:
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


def warn_if_readable(path: Path, report: Report) -> None:
    """Warn about a regular file with a password in it that others can read."""
    try:
        status = path.stat()
    except OSError:
        return
    if path.is_file() and os.name == "posix" and status.st_mode & 0o044:
        report.warn(f"{path} holds a password and others can read it: chmod 600 {path}")


def _parse(text: bytes, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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


def nearest(word: str, words: tuple[str, ...] | list[str]) -> str:
    """`did you mean ...?`, or "" if nothing is near."""
    import difflib

    lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1)
    return f"did you mean {lower[found[0]]}?" if found else ""


def _wrong(path: Path, key: str, wanted: str) -> UsageError:
    return UsageError(f"{path}: {key} is wrong", f"it must be {wanted}")


class Settings:
    """The global options, and the configuration once something asks for it."""

    def __init__(self, report: Report, config_path: str | None = None, debug: bool = False) -> None:
        self.report = report
        self.debug = debug
        self._config_path = config_path
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The configuration. Raises UsageError."""
        if self._config is None:
            self._config = load(self._config_path, self.report)
        return self._config


class Passwords:
    """Finds the telephone password of a line. `prompt`: ask on a terminal where nothing else knows it."""

    def __init__(self, settings: Settings, password_file: str | None, *, prompt: bool) -> None:
        self._settings = settings
        self._prompt = prompt
        self._given = self._read_given(password_file)
        self._known: dict[str, str | None] = {}

    def _read_given(self, password_file: str | None) -> str | None:
        if password_file is not None:
            return self._from_file(password_file)
        environment = os.environb.get(b"INFOCALLER_PASSWORD") if os.name == "posix" else os.environ.get("INFOCALLER_PASSWORD", "").encode()
        if not environment:
            return None
        self._settings.report.detail("password: from INFOCALLER_PASSWORD")
        return check_password(_to_text(environment))

    def _from_file(self, name: str) -> str:
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise InputError(f"the password file {name} cannot be read", error.strerror or str(error)) from None
        if name != "-":
            warn_if_readable(Path(name), self._settings.report)
        self._settings.report.detail(f"password: from {name}")
        text = _to_text(data)
        if not text:
            raise UsageError(f"the password file {name} is empty", "no signature can be made or checked without a password")
        return check_password(text)

    def of(self, line: str | None) -> str | None:
        """The password of a line; None if nothing knows it."""
        if self._given is not None:
            return self._given
        key = line or ""
        if key not in self._known:
            self._known[key] = self._configured(key) or (self._ask(key) if self._prompt else None)
        return self._known[key]

    def need(self, line: str | None) -> str:
        """The password of a line. Raises UsageError where nothing knows it."""
        password = self.of(line)
        if password is None:
            raise UsageError(
                f"the telephone password of line {line} is not known" if line else "no telephone password is known",
                "a signature cannot be made or checked without it",
                "--password-file FILE, INFOCALLER_PASSWORD, or [lines.NUMBER] in infocaller.toml",
            )
        return password

    def others(self) -> dict[str, str]:
        """Every password in the configuration, by line."""
        return {line: password for line in self._settings.config.lines if (password := self._configured(line)) is not None}

    def _configured(self, line: str) -> str | None:
        entry = self._settings.config.lines.get(line)
        if entry is None:
            return None
        if entry.password_file is not None:
            return self._from_file(str(entry.password_file))
        self._settings.report.detail(f"password: from the configuration, line {line}")
        return check_password(entry.password) if entry.password is not None else None

    def _ask(self, line: str) -> str | None:
        if not sys.stderr.isatty() or not _has_terminal():
            return None
        import getpass

        try:
            text = getpass.getpass(f"Telephone password of line {line}: " if line else "Telephone password: ")
        except EOFError:
            return None
        return check_password(text) if text else None


def _has_terminal() -> bool:
    """Whether a prompt would reach a person; without a controlling terminal getpass would read stdin unasked."""
    if os.name != "posix":
        return sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def _to_text(data: bytes) -> str:
    """UTF-8 if valid, else ISO-8859-1; one trailing line break is dropped."""
    data = data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")
