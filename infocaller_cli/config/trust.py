"""Trust: which ./infocaller.toml may run commands as its reader, and read files elsewhere. It may have come with a cloned repository.

As direnv does it: allowed once, by path and content, in the user's own folder; a changed file is a stranger again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..files import appearing
from .places import user_folder

if TYPE_CHECKING:
    from pathlib import Path


class UntrustedError(UsageError):
    """What a configuration says of a password is not followed: nobody named the file, and nobody trusts it."""


def is_trusted(path: Path, text: bytes) -> bool:
    """Whether the user has allowed this file with this content."""
    try:
        return _entry(path).read_bytes() == _line(path, text)
    except OSError:
        return False


def trust(path: Path, text: bytes) -> None:
    """Allow this file while it has this content. Raises UsageError where that cannot be kept."""
    entry = _entry(path)
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with appearing(entry, mode=0o600) as stream:
            stream.write(_line(path, text))
    except OSError as error:
        raise UsageError(f"that {path} is trusted cannot be kept", error.strerror or str(error), f"--config {path} names it") from None


def _entry(path: Path) -> Path:
    return user_folder() / "trusted" / hashlib.sha256(bytes(path.resolve())).hexdigest()


def _line(path: Path, text: bytes) -> bytes:
    """As sha256sum writes it, for who looks into the folder."""
    return f"{hashlib.sha256(text).hexdigest()}  ".encode() + bytes(path.resolve()) + b"\n"
