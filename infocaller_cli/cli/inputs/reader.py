"""The bytes of a FILE: opened, decompressed, a look ahead at what comes. Nothing here knows what they mean."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from ...errors import InputError
from ...streams import stdin

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Enough to tell a file's first key
_HEAD = 512
# How much is read at once: a capture's line is some thousand bytes
_PIECE = 256 * 1024


class _Joined(io.RawIOBase):
    """Bytes that were read ahead, and the rest of their stream."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest: Any = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """UTF-16 as UTF-8, piece by piece; what is no UTF-16 comes as U+FFFD."""

    def __init__(self, stream: IO[bytes], charset: str) -> None:
        self._stream: Any = stream
        self._decode = codecs.getincrementaldecoder(charset)("replace").decode
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._stream.read1(_PIECE)
            self._ready = self._decode(piece, not piece).encode()
            if not piece:
                break
        data, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _ahead(stream: IO[bytes], size: int) -> tuple[bytes, IO[bytes]]:
    """The first bytes of a stream (a pipe may give them one by one), and the stream as if they had not been read."""
    head = stream.read(size)
    return head, io.BufferedReader(_Joined(head, stream), _PIECE)


def _whole(stream: Any) -> IO[bytes]:
    """The stream piece by piece: one read of many pieces would lose those before a failure, as of a file that was cut off."""
    return io.BufferedReader(_Joined(b"", stream), _PIECE)


def _awaited() -> IO[bytes] | None:
    """What a person at a terminal pastes; None where nobody sits there."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    from .pasted import awaited

    return awaited()


class Reader:
    """The bytes of a FILE, decompressed; `head` are the first of them. Every failure to read is an InputError."""

    head: bytes

    def __init__(self, name: str) -> None:
        self._errors: tuple[type[Exception], ...] = (OSError, EOFError)
        try:
            self._raw: Any = (_awaited() or stdin()) if name == "-" else open(name, "rb", _PIECE)  # noqa: SIM115  `close` closes it
            magic, self._stream = _ahead(self._raw, len(_ZSTD))  # a folder opens, but does not read
        except OSError as error:
            from ...traffic.http.url import is_url

            url = is_url(name)
            file = "a URL is no FILE: --to URL sends there, and curl -s URL | infocaller COMMAND - reads what it answers"
            hint = file if url else "name a file; - is standard input" if isinstance(error, (FileNotFoundError, IsADirectoryError)) else ""
            raise InputError("cannot be read", error.strerror or str(error), hint) from None
        except ValueError as error:  # a NUL in the name
            raise InputError("cannot be read", str(error)) from None
        if magic.startswith(_GZIP):
            self._unzip()
        elif magic == _ZSTD:
            self._unzstd()
        self.look_ahead(_HEAD)

    def look_ahead(self, size: int) -> bytes:
        """The first `size` bytes, as `head`; they are still to be read."""
        self.head, self._stream = self._guarded(_ahead, self._stream, size)
        return self.head

    def recode(self, charset: str) -> None:
        """From here on, UTF-16 comes as UTF-8 without a byte order mark; `charset` is the one of its kinds."""
        recoded = io.BufferedReader(_Recoded(self._stream, charset), _PIECE)
        self._stream = recoded
        if self.look_ahead(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            self.piece(len(codecs.BOM_UTF8))
        self.look_ahead(_HEAD)

    def _unzip(self) -> None:
        import gzip
        import zlib

        self._errors += (zlib.error,)
        self._stream = _whole(gzip.GzipFile(fileobj=self._stream))

    def _unzstd(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        self._errors += (zstd.ZstdError,)
        self._stream = _whole(zstd.ZstdFile(self._stream))

    def _guarded(self, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except self._errors as error:
            raise _not_to_the_end(error) from None

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._raw is not getattr(sys.stdin, "buffer", None):
            self._raw.close()

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, which makes nobody wait for more."""
        try:
            return stat.S_ISREG(os.fstat(self._raw.fileno()).st_mode)
        except (OSError, ValueError):
            return False

    def position(self) -> int:
        """How many bytes of the file, compressed as it is, have been read."""
        try:
            found: int = self._raw.tell()
        except (OSError, ValueError):  # a pipe has no place
            return 0
        return found

    def lines(self, limit: int) -> Iterator[bytes]:
        """The lines from here on, at most `limit` bytes of each: what is over comes as the next."""
        read = self._stream.readline
        try:
            while line := read(limit):
                yield line
        except self._errors as error:
            raise _not_to_the_end(error) from None

    def line(self, limit: int) -> bytes:
        """The next line, at most `limit` bytes of it."""
        found: bytes = self._guarded(self._stream.readline, limit)
        return found

    def piece(self, size: int) -> bytes:
        """The next bytes, b"" at the end."""
        found: bytes = self._guarded(self._stream.read, size)
        return found


def _not_to_the_end(error: Exception) -> InputError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError("cannot be read to its end", why, "what came before was read; is the file complete?")
