"""Bytes from what may be endless or never say a word: /dev/zero, a FIFO that nobody writes to, a program that waits."""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A telephone password is a few characters: more is a mistake, and must not fill the memory
LONGEST = 1 << 16
# Seconds that a pipe may take: someone is expected at its other end already
PATIENCE = 10.0


def read_file(path: Path, limit: int) -> bytes:
    """What a regular file or a pipe holds. Raises OSError, with the reason as its strerror.

    That is also for more than `limit` bytes, and for what keeps silent.
    """
    mode = path.stat().st_mode  # before it is opened: opening a FIFO waits for the other end, a device may start to work
    if stat.S_ISREG(mode):
        with path.open("rb") as stream:
            return read_stream(stream, limit)
    if stat.S_ISFIFO(mode):
        return _few(read_within(lambda: path.open("rb", buffering=0), limit, PATIENCE), limit)
    raise OSError(errno.EINVAL, os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "it is no regular file and no pipe")


def read_stream(stream: IO[bytes], limit: int) -> bytes:
    """What a buffered stream holds. Raises OSError, also for more than `limit` bytes."""
    return _few(stream.read(limit + 1), limit)


def _few(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it holds more than {limit:,} bytes")
    return data


def read_within(opened: Callable[[], IO[bytes]], limit: int, seconds: float) -> bytes:
    """All that comes from an unbuffered stream; some bytes more than `limit` where there is more. Raises TimeoutError, OSError."""
    import threading

    data = bytearray()
    failed: list[OSError] = []

    def read() -> None:
        try:
            with opened() as stream:
                while len(data) <= limit and (piece := stream.read(limit)):
                    data.extend(piece)
        except OSError as error:
            failed.append(error)

    # A thread that can be left behind: nothing else ends the opening of a FIFO, or a pipe that someone holds open
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(seconds)
    if reader.is_alive():
        raise TimeoutError(errno.ETIMEDOUT, f"nothing more came within {seconds:g} s")
    if failed:
        raise failed[0]
    return bytes(data)
