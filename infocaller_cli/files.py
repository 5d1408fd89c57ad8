"""A file that is complete under its name, or not there at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def appearing(path: str | Path, *, mode: int | None = None, force: bool = True) -> Iterator[IO[bytes]]:
    """A stream for a regular file that takes its name once all is written; where nothing was, what stood there stays.

    `mode`: its permissions whatever the umask, else those of the file it replaces or of any new one. Without `force` raises
    FileExistsError where the name is taken, even meanwhile. Raises OSError.
    """
    import tempfile

    target = Path(path).resolve()
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
    try:
        with open(handle, "wb") as stream:
            yield stream
            written = stream.tell()
        if written:
            os.chmod(temporary, _usual_mode(target) if mode is None else mode)
            _take_name(temporary, target, force)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _usual_mode(path: Path) -> int:
    """The mode the file has, or a new one would have."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _take_name(temporary: str, target: Path, force: bool) -> None:
    if not force:
        try:
            return os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    os.replace(temporary, target)
    return None
