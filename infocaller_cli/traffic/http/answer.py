"""One HTTP/1 answer out of bytes, as leniently as curl reads it: for every request that we send, whatever carries it.

Own code, because parsers that are made for servers (httptools, h11) each refuse other answers that applications do send, and
httptools goes on into a second answer. Taken: bare LF, folded headers, a blank before the colon, one length said twice, a length
beside chunks, `Transfer-Encoding: identity`. What stays an error could be read as two different answers.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from .message import Failure, Headers

# More than any server sends; an endless head, or an endless line between chunks, ends here
_MAX_HEAD = 256 * 1024
_MAX_LINE = 16 * 1024
_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"(?i)HTTP/1\.([01])[ \t]+([1-9][0-9]{2})(?:[ \t]+(.*))?")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_BODILESS = (204, 304)
_CONTINUE = 100


class _Head(NamedTuple):
    """What stands before a body. `length` is that of the body, None where only the end of the connection tells it."""

    status: int
    reason: bytes
    headers: Headers
    persistent: bool
    chunked: bool
    length: int | None


class AnswerReader:
    """Reads one answer, piece by piece. `keep` is the most bytes of a body (more is a failure); 0 keeps none and reads on.

    `bodiless`: it has no body whatever its headers say (to HEAD, and to CONNECT). `persistent`: the connection may be used again.
    `received`: anything came; `continued`: the other side wants the body that was held back. Nobody changes `headers`.
    """

    # Defaults stand in the class: a replay makes a reader for each of its requests
    status = 0
    reason = b""
    headers: Headers = []  # noqa: RUF012
    persistent = True
    received = continued = False
    _buffer = b""
    _in_body = _chunked = _after_chunk = _after_last = False
    _left: int | None = 0  # of the body, or of the chunk

    def __init__(self, keep: int, *, bodiless: bool = False) -> None:
        self.body = bytearray()
        self._keep = keep
        self._bodiless = bodiless

    def feed(self, data: bytes) -> bool:
        """Whether the answer is complete now; what comes behind it is dropped. Raises Failure for what is no HTTP."""
        self.received = True
        if self._in_body:
            return self._feed_body(data)
        seen = max(len(self._buffer) - 2, 0)
        data = self._buffer + data
        at = 0
        while (end := _END.search(data, seen)) is not None:
            head = _read_head(data[at : end.start()])
            at = seen = end.end()
            if head.status >= 200:  # else a hint, and the answer is still to come
                self._in_body, self._buffer = True, b""
                self.status, self.reason, self.headers, self.persistent, self._chunked, self._left = head
                if self._bodiless:
                    self._chunked, self._left = False, 0
                return self._feed_body(data[at:])
            self.continued = self.continued or head.status == _CONTINUE
        self._buffer = data[at:]
        if len(self._buffer) > _MAX_HEAD:
            raise Failure("garbage", "the head of the answer does not end")
        return False

    def ended(self) -> bool:
        """Whether the answer is complete, now that the connection has ended."""
        self.persistent = False
        return self._in_body and self._left is None

    def broken(self, word: str = "closed") -> Failure:
        """Why there is no answer, where the connection was closed or reset before it was complete."""
        return Failure(word, f"the connection was {word} {'in the middle of the answer' if self.received else 'without an answer'}")

    def _feed_body(self, data: bytes) -> bool:
        if self._chunked:
            return self._feed_chunks(self._buffer + data)
        left = self._left
        if left is None:
            self.persistent = False
            self._take(data)
            return False
        self._take(data[:left])
        self._left = max(left - len(data), 0)
        if len(data) > left:  # a second answer to one request
            self.persistent = False
        return len(data) >= left

    def _feed_chunks(self, data: bytes) -> bool:
        at = 0
        while True:
            if self._left:
                piece = data[at : at + self._left]
                self._take(piece)
                self._left -= len(piece)
                at += len(piece)
                self._after_chunk = True
            end = data.find(b"\n", at)
            if self._left or end < 0:
                self._buffer = data[at:]
                if len(self._buffer) > _MAX_LINE:
                    raise Failure("garbage", "a line between the chunks of the answer does not end")
                return False
            line = data[at:end].strip()
            at = end + 1
            if self._read_line(line):
                self.persistent = self.persistent and at == len(data)
                return True

    def _read_line(self, line: bytes) -> bool:
        """A line between chunks, or a trailer, which is no header; whether it is the last one."""
        if self._after_last:
            return not line
        if self._after_chunk:
            self._after_chunk = False
            if line:
                raise Failure("garbage", "a chunk of the answer is longer than it says")
            return False
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise _garbage("the size of a chunk is no number", line)
        self._left = int(size[1], 16)
        self._after_last = not self._left
        return False

    def _take(self, data: bytes) -> None:
        if self._keep:
            self.body += data
            if len(self.body) > self._keep:
                raise Failure("too large", f"the answer is over {self._keep:,} bytes")


@functools.lru_cache(maxsize=8)  # an application's heads are mostly the same, and this is most of the work
def _read_head(head: bytes) -> _Head:
    line, _, fields = head.partition(b"\n")
    found = _STATUS.fullmatch(line.rstrip())
    if found is None:
        raise _garbage("what came is no HTTP", line)
    status = int(found[2])
    if status == 101:
        raise Failure("garbage", "it switched to another protocol")
    headers = [_header(field) for field in _FOLD.sub(b" ", fields).split(b"\n")] if fields else []
    said: dict[bytes, set[bytes]] = {b"connection": set(), b"transfer-encoding": set(), b"content-length": set()}
    for name, value in headers:
        if (key := name.lower()) in said:
            said[key] |= {part.strip() for part in value.lower().split(b",")}
    persistent = b"close" not in said[b"connection"] if found[1] == b"1" else b"keep-alive" in said[b"connection"]
    if status < 200 or status in _BODILESS:
        return _Head(status, found[3] or b"", headers, persistent, chunked=False, length=0)
    codings = said[b"transfer-encoding"] - {b"", b"identity"}
    if codings - {b"chunked"}:
        raise Failure("garbage", f"its Transfer-Encoding {b', '.join(sorted(codings)).decode('latin-1')} is not known")
    length = 0 if codings else _length(said[b"content-length"])
    return _Head(status, found[3] or b"", headers, persistent, bool(codings), length)


def _header(field: bytes) -> tuple[bytes, bytes]:
    name, colon, value = field.partition(b":")
    name, value = name.rstrip(), value.strip()
    if not colon or not name or name[:1].isspace() or b"\0" in field:
        raise _garbage("a header of the answer is none", field)
    # In the middle of a line: RFC 9110, 5.5
    return name.replace(b"\r", b" "), value.replace(b"\r", b" ")


def _length(lengths: set[bytes]) -> int | None:
    if len(lengths) > 1:
        raise Failure("garbage", "it has two different lengths")
    for length in lengths:
        if not _LENGTH.fullmatch(length):
            raise _garbage("its length is no number", length)
        return int(length)
    return None


def _garbage(why: str, line: bytes) -> Failure:
    return Failure("garbage", f"{why}: {line[:60].decode('latin-1').rstrip()!r}")
