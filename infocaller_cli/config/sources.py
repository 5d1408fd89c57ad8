"""Where the password of a line stands: a small type for each key that `[lines.NUMBER]` may have."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import UsageError
from .password_text import from_file, to_text

if TYPE_CHECKING:
    from ..streams import Notices


class Source:
    """Says where a password stands. `asks`: it may take a while, or ask a person, so only the line that needs it is asked for."""

    __slots__ = ()
    key: ClassVar[str]
    asks: ClassVar[bool] = False

    def password(self, line: str, report: Notices) -> str:
        """The line's password. Raises UsageError, InputError."""
        raise NotImplementedError

    def reaches_out_of(self, folder: Path) -> str:
        """What a stranger's configuration in this folder would do to its reader; "" if nothing."""
        del folder
        return ""


@dataclass(frozen=True, slots=True)
class Written(Source):
    """The password itself."""

    key = "password"
    text: str = field(repr=False)

    def password(self, line: str, report: Notices) -> str:
        report.detail(f"password: from the configuration, line {line}")
        return self.text


@dataclass(frozen=True, slots=True)
class File(Source):
    """A file that holds it."""

    key = "password_file"
    path: Path

    def password(self, line: str, report: Notices) -> str:
        return from_file(str(self.path), report, f'password = "..." in [lines.{line}] is for the password itself')

    def reaches_out_of(self, folder: Path) -> str:
        return "" if self.path.resolve().is_relative_to(folder.resolve()) else f"it would read {self.path}, outside its folder"


@dataclass(frozen=True, slots=True)
class Command(Source):
    """A command that prints it. Text is run by the shell, a tuple without one."""

    key = "password_command"
    asks = True
    words: str | tuple[str, ...] = field(repr=False)
    folder: Path

    def password(self, line: str, report: Notices) -> str:
        from .command import output_of

        report.detail(f"password: from its password_command, line {line}")
        text = to_text(output_of(self.words, self.folder, line))
        whose = f"the password_command of line {line}"
        if not text.strip("\r\n"):
            raise UsageError(f"{whose} gave no password", "it printed nothing")
        if "\n" in text:  # `pass` keeps notes below the password
            raise UsageError(f"{whose} printed several lines", "they cannot all be the password", "end it with | head -n 1")
        return text

    def reaches_out_of(self, folder: Path) -> str:
        del folder
        return "it would run as you"


@dataclass(frozen=True, slots=True)
class Keyring(Source):
    """The system's keyring has it, with the line as its user."""

    key = "keyring"
    asks = True

    def password(self, line: str, report: Notices) -> str:
        from . import vault

        report.detail(f"password: from the keyring, line {line}")
        return vault.get(line)


def source(key: str, value: Any, folder: Path) -> Source:
    """The source of an entry that was checked (`keys.SOURCES`), in a configuration of this folder."""
    if key == File.key:
        return File(folder / os.path.expanduser(value))
    if key == Command.key:
        return Command(tuple(value) if isinstance(value, list) else value, folder)
    return Keyring() if key == Keyring.key else Written(value)
