"""The telephone passwords: --password-file, INFOCALLER_PASSWORD, the configuration's entry for the line, a hidden prompt."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ..codec.signature import check_password
from ..errors import InfocallerError, UsageError
from . import sources, terminal

if TYPE_CHECKING:
    from .file import Line
    from .settings import Surroundings

# What the entries of the configuration came to, so that each is asked once
Answers = dict["Line", "str | InfocallerError"]


class Passwords:
    """Finds the telephone password of a line. `prompt`: ask on a terminal where nothing else knows it; `given` beats everything.

    `answers`: what `ahead` came to in another process.
    """

    def __init__(
        self,
        settings: Surroundings,
        password_file: str | None,
        *,
        prompt: bool,
        given: str | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._settings = settings
        self._prompt = prompt
        self._given = self._read_given(password_file) if given is None else check_password(given)
        self._typed: dict[str, str | None] = {}
        self._answers = dict(answers or {})

    def _read_given(self, password_file: str | None) -> str | None:
        if password_file is not None:
            return sources.from_file(password_file, self._settings.report)
        environment = os.environb.get(b"INFOCALLER_PASSWORD") if os.name == "posix" else os.environ.get("INFOCALLER_PASSWORD", "").encode()
        if not environment:
            return None
        self._settings.report.detail("password: from INFOCALLER_PASSWORD")
        return check_password(sources.to_text(environment))

    def of(self, line: str | None) -> str | None:
        """The password of a line; None if nothing knows it. Raises UsageError, InputError where its entry cannot be followed."""
        if self._given is not None:
            return self._given
        key = line or ""
        entry = self._settings.config.lines.get(key)
        if entry is not None:
            return self._configured(key, entry)
        if not self._prompt:
            return None
        if key not in self._typed:
            self._typed[key] = _ask(key)
        return self._typed[key]

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
        """The passwords in the configuration and its files, by line; those of commands and the keyring only if they are known already."""
        found = {}
        for line, entry in self._settings.config.lines.items():
            if entry.source not in sources.ASKED or entry in self._answers:
                with suppress(InfocallerError):  # the question is about another line
                    found[line] = self._configured(line, entry)
        return found

    def ahead(self) -> Answers:
        """Run the commands and ask the keyring for every line now: a server cannot wait for them later. Failures are among the answers."""
        if self._given is None:
            for line, entry in self._settings.config.lines.items():
                if entry.source in sources.ASKED:
                    with suppress(InfocallerError):
                        self._configured(line, entry)
        return self._answers

    def _configured(self, line: str, entry: Line) -> str:
        if entry not in self._answers:
            try:
                self._answers[entry] = sources.password_of(line, entry, self._settings.report)
            except InfocallerError as error:
                if entry.source not in sources.ASKED:  # a file may come back
                    raise
                self._answers[entry] = error
        answer = self._answers[entry]
        if isinstance(answer, InfocallerError):
            raise answer.with_traceback(None)  # each raise adds to it, and a server asks for ever
        return answer


def _ask(line: str) -> str | None:
    if not terminal.is_there():
        return None
    text = terminal.hidden(f"Telephone password of line {line}: " if line else "Telephone password: ")
    return check_password(text) if text else None
