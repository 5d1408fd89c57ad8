"""The telephone passwords: --password-file, INFOCALLER_PASSWORD, the configuration's entry for the line, a hidden prompt."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..codec.signature import check_password
from ..errors import InfocallerError, UsageError
from . import terminal
from .password_text import from_file, to_text
from .trust import UntrustedError

if TYPE_CHECKING:
    from ..streams import Notices
    from .settings import Settings
    from .sources import Source

# What the entries of the configuration came to, so that each is asked once
Asked = dict[tuple[str, "Source"], "str | InfocallerError"]
_NAMED = 5  # lines in one notice


class Known(NamedTuple):
    """The passwords that somebody else has found, by line; `given` beats them. Who is not among them is for the other to ask about."""

    given: str | None
    found: dict[str, str | None]

    def of(self, line: str | None) -> str | None:
        """The password of a line; None where there is none. Raises KeyError where nobody has asked yet."""
        return self.found[line or ""] if self.given is None else self.given

    def need(self, line: str | None) -> str:
        """The password of a line. Raises KeyError where there is none, or nobody has asked yet."""
        password = self.of(line)
        if password is None:
            raise KeyError(line)
        return password

    def known(self) -> Known:
        """These."""
        return self


class Passwords:
    """Finds the telephone password of a line. `prompt`: ask on a terminal where nothing else knows it.

    `asked`: what `ahead` came to in another process. `optional`: for who goes on without one, what an untrusted configuration says
    is not known, and a warning.
    """

    def __init__(
        self,
        settings: Settings[Notices],
        password_file: str | None,
        *,
        prompt: bool = False,
        optional: bool = False,
        asked: Asked | None = None,
    ) -> None:
        self._settings = settings
        self._prompt = prompt
        self._optional = optional
        self._given = self._read_given(password_file)
        if self._given is not None:
            check_password(self._given)
        self._typed: dict[str, str | None] = {}
        self._asked = dict(asked or {})
        self._told: set[str] = set()  # lines
        self._found: dict[str, str | None] = {}  # by line

    def _read_given(self, password_file: str | None) -> str | None:
        report = self._settings.report
        if password_file is not None:
            return from_file(
                password_file, report, "--password-file takes the name of a file; INFOCALLER_PASSWORD takes the password itself"
            )
        environment = os.environb.get(b"INFOCALLER_PASSWORD") if os.name == "posix" else os.environ.get("INFOCALLER_PASSWORD", "").encode()
        if not environment:
            return None
        report.detail("password: from INFOCALLER_PASSWORD")
        return to_text(environment)

    def of(self, line: str | None) -> str | None:
        """The password of a line; None if nothing knows it. Raises UsageError, InputError where its entry cannot be followed."""
        if self._given is not None:
            return self._given
        found = self._found[line or ""] = self._looked_up(line or "")
        return found

    def known(self) -> Known:
        """What was found so far, for another process."""
        return Known(self._given, dict(self._found))

    def _looked_up(self, key: str) -> str | None:
        if key in self._settings.config.lines:
            if not self._is_allowed(key):
                return None
            password = self._configured(key)
            self._tell_origin([key])
            return password
        if not self._prompt:
            return None
        if key not in self._typed:
            self._typed[key] = _ask(key)
        return self._typed[key]

    def any(self) -> bool:
        """Whether a password is known for any line at all, for who needs those of all lines: whose they are is said here.

        Raises UntrustedError where the configuration may not be followed.
        """
        if self._given is None:
            self._tell_origin([line for line in self._settings.config.lines if self._is_allowed(line)])
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
        """The passwords in the configuration and its files, by line; those of commands and the keyring only if they are known already."""
        found = {}
        for line, source in self._settings.config.lines.items():
            if not source.asks or (line, source) in self._asked:
                with suppress(InfocallerError):  # the question is about another line
                    found[line] = self._configured(line)
        return found

    def ahead(self) -> Asked:
        """Run the commands and ask the keyring for every line now: a server cannot wait for them later. Failures are among the answers."""
        if self._given is None:
            for line, source in self._settings.config.lines.items():
                if source.asks:
                    with suppress(InfocallerError):
                        self._configured(line)
        return self._asked

    def _is_allowed(self, line: str) -> bool:
        """Whether the entry of a line is trusted. Raises UntrustedError, but where passwords are optional: a warning, once."""
        try:
            self._settings.config.refuse_untrusted(line)
        except UntrustedError as error:
            if not self._optional:
                raise
            if line not in self._told:
                self._settings.report.warn(f"{error}; {error.hint}")
                self._told.add(line)
            return False
        return True

    def _configured(self, line: str) -> str:
        self._settings.config.refuse_untrusted(line)
        source = self._settings.config.lines[line]
        entry = line, source
        if entry not in self._asked:
            try:
                self._asked[entry] = check_password(source.password(line, self._settings.report))
            except InfocallerError as error:
                if not source.asks:  # a file may come back
                    raise
                self._asked[entry] = error
        answer = self._asked[entry]
        if isinstance(answer, InfocallerError):
            raise answer.with_traceback(None)  # each raise adds to it, and a server asks for ever
        return answer

    def _tell_origin(self, lines: list[str]) -> None:
        new = [line for line in lines if line not in self._told]
        self._told.update(new)
        if new:
            self._settings.tell_origin(f"the password of line {', '.join(new[:_NAMED])}{' and others' if len(new) > _NAMED else ''}")


def _ask(line: str) -> str | None:
    if not terminal.is_there():
        return None
    text = terminal.hidden(f"Telephone password of line {line}: " if line else "Telephone password: ")
    return check_password(text) if text else None
