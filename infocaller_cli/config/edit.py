"""Configuration files written: a new one that is complete or not there at all, and an entry added to one that exists."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import UsageError
from .file import Config, parse
from .places import HERE
from .trust import trust

if TYPE_CHECKING:
    from pathlib import Path


def create(path: Path, text: str, *, force: bool = False) -> None:
    """Write a new file, mode 0600. Raises UsageError where one is there already (but with `force`), or it cannot be written."""
    from ..files import appearing

    refuse_existing(path, force=force)
    try:
        with appearing(path, mode=0o600, force=force) as stream:
            stream.write(text.encode())
    except FileExistsError:  # it came meanwhile
        refuse_existing(path, force=force)
    except OSError as error:
        raise UsageError(f"{path} cannot be written", error.strerror or str(error)) from None


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raises UsageError for a file that would be overwritten, and for what is no file."""
    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} is there already", "what it holds would be lost", "--force overwrites it, --out FILE writes another")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} cannot be written", "it is no regular file")


def entry_of(line: str) -> str:
    """The entry of a line whose password is in the keyring."""
    return f"[lines.{line}]\nkeyring = true\n"


def check_addable(config: Config, line: str) -> None:
    """Raises UsageError where the configuration is no file, or has another source for the line's password."""
    if config.path is not None and not config.path.is_file():
        raise UsageError(f"{config.path} cannot be written", "it is no regular file", "infocaller config init writes one")
    entry = config.lines.get(line)
    if entry is not None and entry.key != "keyring":
        raise UsageError(
            f"{config.path} has a {entry.key} for line {line}",
            "only one source can count",
            f"put keyring = true in its place in [lines.{line}]",
        )


def add_keyring(config: Config, line: str, where: Path) -> bool:
    """Append the entry of a line to the configuration, or make one at `where`. False where it stands there already.

    Comments and mode stay. Raises UsageError where it cannot be done; the file is then as it was.
    """
    if line in config.lines:
        return False
    if config.path is None:
        try:
            where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _by_hand(where, line, error.strerror or str(error)) from None
        create(where, entry_of(line))
        return True
    try:
        text = config.path.read_bytes()
        addition = ("" if text.endswith(b"\n") or not text else "\n") + ("\n" if text else "") + entry_of(line)
        try:
            parse(text + addition.encode(), config.path)
        except UsageError:
            raise _by_hand(config.path, line, "[lines] is written in a way that nothing can be appended to") from None
        with config.path.open("ab") as stream:
            stream.write(addition.encode())
        if config.found == HERE and not config.stranger:  # it was trusted before this change of ours
            trust(config.path, text + addition.encode())
    except OSError as error:
        raise _by_hand(config.path, line, error.strerror or str(error)) from None
    return True


def _by_hand(path: Path, line: str, why: str) -> UsageError:
    return UsageError(
        f"the keyring has the password, but {path} does not say so", why, f"write into it: [lines.{line}] with keyring = true below"
    )
