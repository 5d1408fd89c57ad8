"""A file that is complete under its name, or not there at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


# The temporary files of this moment: who is ended by a signal removes them first
_unfinished: set[str] = set()


@contextmanager
def appearing(path: str | Path, *, mode: int | None = None, force: bool = True) -> Iterator[IO[bytes]]:
    """A stream for a regular file that takes its name once all is written; where nothing was, what stood there stays.

    `mode`: its permissions whatever the umask, else those of the file it replaces or of any new one. Without `force` raises
    FileExistsError where the name is taken, even meanwhile. Raises OSError.
    """
    target = Path(path).resolve()
    if mode is None and target.exists():
        mode = target.stat().st_mode & 0o7777
    # Named and noted before it is there: no signal comes between
    temporary = f"{target.parent}{os.sep}.{target.name[:64]}.{os.urandom(6).hex()}"
    _unfinished.add(temporary)
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else 0o600)) as stream:
            yield stream
            written = stream.tell()
        if written:
            if mode is not None:
                os.chmod(temporary, mode)
            _take_name(temporary, target, force)
    finally:
        _remove(temporary)


def remove_unfinished() -> None:
    """Remove the files that have not taken their names: the process ends now."""
    for temporary in tuple(_unfinished):
        _remove(temporary)


def _remove(temporary: str) -> None:
    with suppress(OSError):
        os.unlink(temporary)
    _unfinished.discard(temporary)


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
