"""A file of lines: whole ones only, each written out before what it tells of goes on."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import UsageError

_HEAD = 64


class Tape:
    """Appends lines to OUT ("-": standard output), created with mode 0600 and held by one process at a time.

    `fresh`: what stands in the file goes. `rotate`: at this size in bytes the file becomes NAME.0001.ndjson, NAME.0002.ndjson
    and a new one begins (0: never). `fsync`: a line is on the disk, not only with the system, before `write` returns.
    Raises UsageError where OUT cannot be used.
    """

    def __init__(self, out: str, *, fresh: bool = False, rotate: int = 0, fsync: bool = False) -> None:
        self._path = Path(out)
        self._fresh = fresh
        self._rotate = rotate
        self._turned = 0
        self._fsync = fsync
        self._plain = out != "-" and (self._path.is_file() or not self._path.exists())
        if rotate and not self._plain:
            raise UsageError("--rotate needs a file", f"{out} is none", "--out calls.ndjson")
        self._file = self._open(out)
        self._pending: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1) if fsync else None

    def _open(self, out: str) -> int:
        try:
            if out == "-":
                return os.dup(1)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND if self._plain else os.O_WRONLY, 0o600)
        except OSError as error:
            raise UsageError(
                f"{out} cannot be written", error.strerror or str(error), "--out names a file in a folder that exists"
            ) from None
        try:
            if self._plain:
                _lock(file, out)
                if self._fresh:
                    os.ftruncate(file, 0)
                self._size = _repaired(file, out)
                if self._fsync:
                    _sync_folder(self._path.parent)
        except BaseException:
            os.close(file)
            raise
        return file

    async def write(self, line: bytes) -> None:
        """Append a line (with its end). Raises OSError where that failed; then nothing of it is left in the file."""
        if self._writer is None:
            self.append(line)
            return
        future = asyncio.get_running_loop().create_future()
        self._pending.append((line, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await future

    async def _flush(self) -> None:
        """Write and sync what waits, all of it at once, until nothing waits: one sync serves many requests."""
        loop = asyncio.get_running_loop()
        while self._pending:
            batch, self._pending = self._pending, []
            error: OSError | None = None
            try:
                await loop.run_in_executor(self._writer, self.append, b"".join(line for line, _ in batch))
            except OSError as failed:
                error = failed
            for _, future in batch:
                if not future.done():
                    future.set_exception(error) if error else future.set_result(None)
        self._flushing = None

    def append(self, data: bytes) -> None:
        """Append whole lines. Raises OSError where that failed; then nothing of them is left in the file."""
        if self._rotate and self._size and self._size + len(data) > self._rotate:
            self._turn()
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if self._fsync:
                os.fsync(self._file)
        except OSError:
            if self._plain:  # the beginning of a line may stand there
                os.ftruncate(self._file, self._size)
            raise
        if self._plain:
            self._size += len(data)

    def _turn(self) -> None:
        """Give the file the next free number and begin a new one."""
        self._turned += 1
        while (turned := self._path.with_name(f"{self._path.stem}.{self._turned:04}{self._path.suffix}")).exists():
            self._turned += 1
        os.rename(self._path, turned)
        before = self._file
        try:
            self._file = self._open(str(self._path))
        except UsageError as error:
            os.rename(turned, self._path)
            raise OSError(error.why) from None
        os.close(before)

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.shutdown()
        os.close(self._file)


def _lock(file: int, out: str) -> None:
    """Two captures in one file would undo each other's lines."""
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{out} is in use", "another process writes to it", "--out another file") from None
    except OSError:  # a file system without locks
        return


def _repaired(file: int, out: str) -> int:
    """The size of a capture that ends with a whole line: one torn by a crash is ended first. Raises UsageError for another file."""
    size = os.fstat(file).st_size
    if not size:
        return 0
    os.lseek(file, 0, os.SEEK_SET)  # what is written goes to the end all the same
    head = os.read(file, _HEAD).lstrip()
    if head and not head.startswith(b"{"):
        raise UsageError(f"{out} is no capture", "it begins with something else, and would be spoilt", "--out another file")
    os.lseek(file, size - 1, os.SEEK_SET)
    if os.read(file, 1) == b"\n":
        return size
    try:
        os.write(file, b"\n")
    except OSError as error:
        raise UsageError(f"{out} cannot be written", error.strerror or str(error)) from None
    return size + 1


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk too."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
