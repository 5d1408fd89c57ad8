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
# Folders in which this process has looked for what others left
_swept: set[str] = set()
# How the name of a temporary file ends, behind twelve hexadecimal digits
_MARK = ".infocaller"
# Windows has none of this kind, and gives no other name to a file that someone has open
_LOCKS = os.name == "posix"


@contextmanager
def appearing(path: str | Path, *, mode: int | None = None, force: bool = True) -> Iterator[IO[bytes]]:
    """A stream for a regular file that takes its name once all is written; where nothing was, what stood there stays.

    `mode`: its permissions whatever the umask, else those of the file it replaces or of any new one. Without `force` raises
    FileExistsError where the name is taken, even meanwhile. Raises OSError. What killed processes left in the folder is removed.
    """
    target = Path(path).resolve()
    if mode is None and target.exists():
        mode = target.stat().st_mode & 0o7777
    # Named and noted before it is there: no signal comes between
    temporary = f"{target.parent}{os.sep}.{target.name[:32]}.{os.urandom(6).hex()}{_MARK}"
    _remove_abandoned(os.path.dirname(temporary))
    _unfinished.add(temporary)
    held = -1
    try:
        with _opened(temporary, 0o666 if mode is None else 0o600) as stream:
            held = os.dup(stream.fileno()) if _LOCKS else -1
            yield stream
            written = stream.tell()
            if written:
                stream.flush()
                if mode is not None:
                    os.chmod(_link_of(stream) or temporary, mode)
                _give_name(stream, temporary, held)
        if written:
            _take_name(temporary, target, force)
    finally:
        _remove(temporary)
        if held >= 0:
            os.close(held)


def remove_unfinished() -> None:
    """Remove the files that have not taken their names: the process ends now."""
    for temporary in tuple(_unfinished):
        _remove(temporary)


def _remove(temporary: str) -> None:
    with suppress(OSError):
        os.unlink(temporary)
    _unfinished.discard(temporary)


def _opened(temporary: str, permissions: int) -> IO[bytes]:
    """A file without a name where the system has such: nothing is left of it where the process is killed. Else of that name. Locked."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        flags = os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC
        with suppress(OSError):  # a file system without them
            descriptor = os.open(os.path.dirname(temporary), flags, permissions)
            _lock(descriptor)
            return os.fdopen(descriptor, "wb")
    return _created(temporary, permissions)


def _created(temporary: str, permissions: int) -> IO[bytes]:
    """A new file of that name, locked. It is not there, so that it is made anew, where another process thought it abandoned."""
    while True:
        stream = open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, permissions))  # noqa: SIM115  it is returned
        _lock(stream.fileno())
        if os.fstat(stream.fileno()).st_nlink:
            return stream
        stream.close()


def _lock(descriptor: int, flags: int = 0) -> bool:
    """Say that this process has the file, until it has closed all its descriptors, or is no more. Whether that could be said."""
    if not _LOCKS:
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
    except OSError:  # another has it, or a file system without locks
        return False
    return True


def _remove_abandoned(folder: str) -> None:
    """Remove the temporary files in a folder that no process has. Looks once."""
    if folder in _swept or not _LOCKS:
        return
    _swept.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            digits = entry.name.removesuffix(_MARK).rpartition(".")[2]
            if entry.name.startswith(".") and entry.name.endswith(_MARK) and len(digits) == 12 and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_abandoned(entry.path)


def _remove_if_abandoned(path: str) -> None:
    import fcntl

    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid() and _lock(descriptor, fcntl.LOCK_NB):
            os.unlink(path)
    finally:
        os.close(descriptor)


def _link_of(stream: IO[bytes]) -> str | None:
    """How the system calls a file that has no name; None for one that has."""
    return None if isinstance(stream.name, str) else f"/proc/self/fd/{stream.fileno()}"


def _give_name(stream: IO[bytes], temporary: str, held: int) -> None:
    """The temporary name for a file without one: only what is whole has it, and only for a moment. `held` holds it."""
    link = _link_of(stream)
    if link is None:
        return
    try:  # with a folder's descriptor, which the whole path makes needless, Python asks to follow the link
        os.link(link, temporary, src_dir_fd=stream.fileno(), follow_symlinks=True)
    except OSError:  # a file system without links
        from shutil import copyfileobj

        with open(link, "rb") as whole, _created(temporary, 0o600) as copy:
            os.dup2(copy.fileno(), held, inheritable=False)
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
