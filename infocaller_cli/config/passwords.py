"""The telephone passwords: --password-file, INFOCALLER_PASSWORD, the configuration's entry for the line, a hidden prompt."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..codec.signature import check_password
from ..errors import InfocallerError, InputError, UsageError
from ..streams import stdin
from .notices import warn_if_readable

if TYPE_CHECKING:
    from .notices import Surroundings


class Passwords:
    """Finds the telephone password of a line. `prompt`: ask on a terminal where nothing else knows it; `given` beats everything."""

    def __init__(self, settings: Surroundings, password_file: str | None, *, prompt: bool, given: str | None = None) -> None:
        self._settings = settings
        self._prompt = prompt
        self._given = self._read_given(password_file) if given is None else check_password(given)
        self._known: dict[str, str | None] = {}
        self._files: dict[str, str] = {}

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
            data = stdin().read() if name == "-" else Path(name).read_bytes()
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
        if key in self._known:
            return self._known[key]
        password = self._configured(key) or (self._ask(key) if self._prompt else None)
        if password is not None or self._prompt:  # strangers may name lines without end
            self._known[key] = password
        return password

    def any(self) -> bool:
        """Whether a password is known for any line at all."""
        return self._given is not None or bool(self._settings.config.lines)

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
        found = {}
        for line in self._settings.config.lines:
            with suppress(InfocallerError):  # the question is about another line
                password = self._configured(line)
                if password is not None:
                    found[line] = password
        return found

    def _configured(self, line: str) -> str | None:
        entry = self._settings.config.lines.get(line)
        if entry is None:
            return None
        if entry.password_file is not None:
            name = str(entry.password_file)
            if name not in self._files:
                self._files[name] = self._from_file(name)
            return self._files[name]
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
