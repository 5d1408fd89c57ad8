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
        with _opened(temporary, 0o666 if mode is None else 0o600) as stream:
            yield stream
            written = stream.tell()
            if written:
                stream.flush()
                if mode is not None:
                    os.chmod(_link_of(stream) or temporary, mode)
                _give_name(stream, temporary)
        if written:
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


def _opened(temporary: str, permissions: int) -> IO[bytes]:
    """A file without a name where the system has such: nothing is left of it where the process is killed. Else of that name."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        flags = os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC
        with suppress(OSError):  # a file system without them
            return os.fdopen(os.open(os.path.dirname(temporary), flags, permissions), "wb")
    return open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, permissions))


def _link_of(stream: IO[bytes]) -> str | None:
    """How the system calls a file that has no name; None for one that has."""
    return None if isinstance(stream.name, str) else f"/proc/self/fd/{stream.fileno()}"


def _give_name(stream: IO[bytes], temporary: str) -> None:
    """The temporary name for a file without one: only what is whole has it, and only for a moment."""
    link = _link_of(stream)
    if link is None:
        return
    try:  # with a folder's descriptor, which the whole path makes needless, Python asks to follow the link
        os.link(link, temporary, src_dir_fd=stream.fileno(), follow_symlinks=True)
    except OSError:  # a file system without links
        from shutil import copyfileobj

        with open(link, "rb") as whole, open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as copy:
            copyfileobj(whole, copy)
            os.chmod(temporary, os.fstat(stream.fileno()).st_mode & 0o7777)


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
