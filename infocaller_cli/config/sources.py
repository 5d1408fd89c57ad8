"""Where a password stands: in the configuration, in a file, in what a command prints, in the keyring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..codec.signature import check_password
from ..errors import InputError, UsageError
from ..streams import stdin
from .permissions import warn_if_readable

if TYPE_CHECKING:
    from .file import Line
    from .notices import Notices

# These may take a while, or ask a person: they are asked for the line that needs its password, and no other
ASKED = frozenset(("password_command", "keyring"))


def password_of(line: str, entry: Line, report: Notices) -> str:
    """The password of a configured line. Raises UsageError, InputError."""
    value = entry.value
    if entry.source == "password_file" and isinstance(value, str):
        return from_file(value, report)
    what = {"password": "the configuration", "keyring": "the keyring"}.get(entry.source, "its password_command")
    report.detail(f"password: from {what}, line {line}")
    if entry.source == "password_command":
        return _printed(value, entry.folder, line)
    if entry.source == "keyring":
        from . import vault

        value = vault.get(line)
    return check_password(str(value))


def from_file(name: str, report: Notices) -> str:
    """The password in a file; - is standard input. Raises InputError, UsageError."""
    try:
        data = stdin().read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"the password file {name} cannot be read", error.strerror or str(error)) from None
    if name != "-":
        warn_if_readable(Path(name), report)
    report.detail(f"password: from {name}")
    text = to_text(data)
    if not text:
        raise UsageError(f"the password file {name} is empty", "no signature can be made or checked without a password")
    return check_password(text)


def to_text(data: bytes) -> str:
    """UTF-8 if valid, else ISO-8859-1; one trailing line break is dropped."""
    data = data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def _printed(command: str | tuple[str, ...], folder: Path, line: str) -> str:
    from .command import output_of

    text = to_text(output_of(command, folder, line))
    whose = f"the password_command of line {line}"
    if not text.strip("\r\n"):
        raise UsageError(f"{whose} gave no password", "it printed nothing")
    if "\n" in text:  # `pass` keeps notes below the password
        raise UsageError(f"{whose} printed several lines", "they cannot all be the password", "end it with | head -n 1")
    return check_password(text)
