"""A file of lines: whole ones only, each written out before what it tells of goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ...errors import UsageError
from .record import begins_record, parse_line

Done = Callable[[OSError | None], object]
_HEAD = 64 * 1024
_CAPTURE = b'{"ts":'
_NONE = -1
# Bytes that take so long to write that others are served meanwhile
_LARGE = 1 << 20


class LineFile:
    """Appends lines to OUT ("-": standard output), created with mode 0600 and held by one process at a time.

    `begins` is how the lines begin: a file of another kind is not spoilt. `late`: nothing is touched before the first line, though
    what can be told of OUT is told at once; with `fresh` what stands in it goes then. `rotate`: at this size in bytes the file becomes
    NAME.0001.ndjson, NAME.0002.ndjson and a new one begins (0: never). `fsync`: a line is on the disk, not only with the system,
    before `write` returns. Raises UsageError where OUT cannot be used.
    """

    def __init__(
        self, out: str, *, begins: bytes = _CAPTURE, late: bool = False, fresh: bool = False, rotate: int = 0, fsync: bool = False
    ) -> None:
        self._path = Path(out)
        self._begins = begins
        self._fresh = fresh
        self._rotate = rotate
        self._turned = 0
        self._fsync = fsync
        self._plain = out != "-" and (self._path.is_file() or not self._path.exists())
        if rotate and not self._plain:
            raise UsageError("--rotate needs a file", f"{out} is none", "--out calls.ndjson")
        self._file = _NONE
        self._ready = False
        if not late:
            self._prepare()
        elif self._path.exists():
            self._file = self._open()
        elif not os.access(self._path.parent, os.W_OK):
            raise _unusable(out, "its folder is not there, or not yours to write in")
        self._pending: list[tuple[bytes, Done]] = []
        self._flushing = False
        self._writer: ThreadPoolExecutor | None = None

    @property
    def open_to_others(self) -> bool:
        """Whether other users can read it, or write there."""
        return os.name == "posix" and self._plain and self._file != _NONE and bool(os.fstat(self._file).st_mode & 0o066)

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it yet, as far as that can be told."""
        return self._file == _NONE or not self._plain or not os.fstat(self._file).st_size

    @property
    def busy(self) -> bool:
        """Whether a line that was put is not written yet."""
        return self._flushing

    def _prepare(self) -> None:
        """Have the file, ready for its first line."""
        if self._file == _NONE:
            self._file = self._open()
        if self._plain:
            if self._fresh:
                os.ftruncate(self._file, 0)
            _repair(self._file, str(self._path))
            if self._fsync:
                _sync_folder(self._path.parent)
        self._fresh = False  # not what it may find when it opens its file again
        self._ready = True

    def _open(self) -> int:
        """The file, held by us and of our kind, otherwise as it was; made if need be."""
        out = str(self._path)
        while True:
            try:
                if out == "-":
                    return os.dup(1)
                file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND if self._plain else os.O_WRONLY, 0o600)
            except OSError as error:
                raise _unusable(out, error.strerror or str(error)) from None
            try:
                if not self._plain:
                    return file
                _lock(file, out)
                if self._is_named(os.fstat(file)):
                    _check(file, out, self._begins)
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # between opening and locking, another process gave the name to a new file: that one is meant

    def put(self, line: bytes, done: Done) -> None:
        """Append a line (with its end) soon, with all others that are put in this turn of the loop, then tell `done`, in the loop.

        It gets the OSError where that failed; then nothing of the line is left in the file. One write, and one sync, serve many requests.
        """
        self._pending.append((line, done))
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    async def write(self, line: bytes) -> OSError | None:
        """Append a line (with its end). Returns the OSError where that failed; then nothing of it is left in the file."""
        written: asyncio.Future[OSError | None] = asyncio.get_running_loop().create_future()
        self.put(line, partial(_settle, written))
        return await written

    def _flush(self) -> None:
        count = self._fitting()
        batch, self._pending = self._pending[:count], self._pending[count:]
        lines = [line for line, _ in batch]
        if not self._fsync and sum(map(len, lines)) < _LARGE:
            self._told(batch, self._try(lines))
        else:
            self._writer = self._writer or ThreadPoolExecutor(1)
            work = partial(self._try, lines)
            future = asyncio.get_running_loop().run_in_executor(self._writer, work)
            future.add_done_callback(lambda done: self._told(batch, done.result()))

    def _fitting(self) -> int:
        """How many of the lines that wait one file may have: all, unless it would be too large with the second."""
        size = 0
        for count, (line, _) in enumerate(self._pending if self._rotate else ()):
            size += len(line)
            if count and size > self._rotate:
                return count
        return len(self._pending)

    def _try(self, lines: list[bytes]) -> OSError | None:
        try:
            self.append(b"".join(lines))
        except OSError as error:
            return error
        return None

    def _told(self, batch: list[tuple[bytes, Done]], error: OSError | None) -> None:
        self._flushing = bool(self._pending)
        if self._flushing:
            asyncio.get_running_loop().call_soon(self._flush)
        for _, done in batch:
            done(error)

    def append(self, data: bytes) -> None:
        """Append whole lines. Raises OSError where that failed; then nothing of them is left in the file.

        The file may have been removed, or have grown by other hands: its size is asked anew each time. What was written of a line before
        the disk was full is cut off again, for the next line would otherwise end it.
        """
        if not self._ready:
            self._go_on()
        size = self._measure() if self._plain else 0
        if self._rotate and size and size + len(data) > self._rotate:
            self._turn()
            size = 0
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if self._fsync:
                os.fsync(self._file)
        except OSError:
            if self._plain:  # the beginning of a line may stand there
                os.ftruncate(self._file, size)
            raise

    def _measure(self) -> int:
        """The file's size, which others may have changed; a file that was removed begins anew under its name."""
        state = os.fstat(self._file)
        if not state.st_nlink and not self._is_named(state):
            self._reopen()
            state = os.fstat(self._file)
        return state.st_size

    def _is_named(self, state: os.stat_result) -> bool:
        """Whether it is our file that has the name (some file systems count no links)."""
        try:
            return os.path.samestat(state, self._path.stat())
        except OSError:
            return False

    def _turn(self) -> None:
        """Give the file the next free number and begin a new one."""
        self._turned += 1
        while (turned := self._path.with_name(f"{self._path.stem}.{self._turned:04}{self._path.suffix}")).exists():
            self._turned += 1
        os.rename(self._path, turned)
        try:
            self._reopen()
        except OSError:
            os.rename(turned, self._path)
            raise

    def _reopen(self) -> None:
        """Go on in the file that has our name now, made if need be. Raises OSError."""
        before, self._file = self._file, _NONE
        try:
            self._go_on()
        except OSError:
            self._file = before
            raise
        os.close(before)

    def _go_on(self) -> None:
        try:
            self._prepare()
        except UsageError as error:
            raise OSError(error.why) from None

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.shutdown()
        if self._file != _NONE:
            os.close(self._file)


def _settle(written: asyncio.Future[OSError | None], error: OSError | None) -> None:
    if not written.done():  # nobody waits any more
        written.set_result(error)


def _unusable(out: str, why: str) -> UsageError:
    return UsageError(f"{out} cannot be written", why, "name a file in a folder that exists")


def _lock(file: int, out: str) -> None:
    """Two captures in one file would undo each other's lines."""
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{out} is in use", "a capture, or another output of this command, goes there", "name another file") from None
    except OSError:  # a file system without locks
        return


def _check(file: int, out: str, begins: bytes) -> None:
    """Raises UsageError for a file that is something else and would be spoilt."""
    os.lseek(file, 0, os.SEEK_SET)  # what is written goes to the end all the same
    first, end, _ = os.read(file, _HEAD).lstrip().partition(b"\n")
    torn = begins.startswith(first) and (first != b"{" or not end)
    ours = torn or first.startswith(begins) or (begins == _CAPTURE and (begins_record(first) or parse_line(first) is not None))
    if not ours:
        what = "capture" if begins == _CAPTURE else "journal"
        raise UsageError(f"{out} is no {what}", "it holds something else, which would be spoilt", "name another file")


def _repair(file: int, out: str) -> None:
    """End a last line that a crash has torn."""
    size = os.fstat(file).st_size
    if not size:
        return
    os.lseek(file, size - 1, os.SEEK_SET)
    if os.read(file, 1) == b"\n":
        return
    try:
        os.write(file, b"\n")
    except OSError as error:
        raise UsageError(f"{out} cannot be written", error.strerror or str(error)) from None


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk too."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
