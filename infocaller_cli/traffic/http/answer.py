"""One HTTP/1 answer out of bytes, as leniently as curl reads it: for every request that we send, whatever carries it.

Own code, because parsers that are made for servers (httptools, h11) each refuse other answers that applications do send, and
httptools goes on into a second answer. Taken: bare LF, folded headers, a blank before the colon, one length said twice, a length
beside chunks, `Transfer-Encoding: identity`. What stays an error could be read as two different answers.
"""

from __future__ import annotations

import re

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


class AnswerReader:
    """Reads one answer, piece by piece. `keep` is the most bytes of a body (more is a failure); 0 keeps none and reads on.

    `bodiless`: it has no body whatever its headers say (to HEAD, and to CONNECT). `persistent`: the connection may be used again.
    """

    def __init__(self, keep: int, *, bodiless: bool = False) -> None:
        self.status = 0
        self.reason = b""
        self.headers: Headers = []
        self.body = bytearray()
        self.persistent = True
        self.received = False  # whether anything came
        self._keep = keep
        self._bodiless = bodiless
        self._buffer = bytearray()
        self._in_body = False
        self._left: int | None = None  # of the body or the chunk; None: until the connection ends
        self._chunked = False
        self._after_chunk = self._after_last = False

    def feed(self, data: bytes) -> bool:
        """Whether the answer is complete now; what comes behind it is dropped. Raises Failure for what is no HTTP."""
        self.received = True
        if self._in_body:
            return self._feed_body(data)
        buffer = self._buffer
        seen = max(len(buffer) - 2, 0)
        buffer += data
        while (end := _END.search(buffer, seen)) is not None:
            head = bytes(buffer[: end.start()])
            del buffer[: end.end()]
            seen = 0
            self._read_head(head)
            if self.status >= 200:
                self._in_body = True
                rest = bytes(buffer)
                buffer.clear()
                return self._feed_body(rest)
        if len(buffer) > _MAX_HEAD:
            raise Failure("garbage", "the head of the answer does not end")
        return False

    def ended(self) -> bool:
        """Whether the answer is complete, now that the connection has ended."""
        self.persistent = False
        return self._in_body and self._left is None

    def broken(self, word: str = "closed") -> Failure:
        """Why there is no answer, where the connection was closed or reset before it was complete."""
        return Failure(word, f"the connection was {word} {'in the middle of the answer' if self.received else 'without an answer'}")

    # The head

    def _read_head(self, head: bytes) -> None:
        line, _, fields = head.partition(b"\n")
        found = _STATUS.fullmatch(line.rstrip())
        if found is None:
            raise _garbage("what came is no HTTP", line)
        self.status = int(found[2])
        self.reason = found[3] or b""
        if self.status == 101:
            raise Failure("garbage", "it switched to another protocol")
        if b"\n " in fields or b"\n\t" in fields:
            fields = _FOLD.sub(b" ", fields)
        self.headers = headers = []
        lengths: set[bytes] = set()
        codings: set[bytes] = set()
        hop = b""
        for field in fields.split(b"\n") if fields else ():
            name, colon, value = field.partition(b":")
            name, value = name.rstrip(), value.strip()
            if not colon or not name or name[:1].isspace() or b"\0" in field:
                raise _garbage("a header of the answer is none", field)
            if b"\r" in field:  # in the middle of a line: RFC 9110, 5.5
                name, value = name.replace(b"\r", b" "), value.replace(b"\r", b" ")
            headers.append((name, value))
            key = name.lower()
            if key == b"content-length":
                lengths.update(part.strip() for part in value.split(b","))
            elif key == b"transfer-encoding":
                codings.update(part.strip().lower() for part in value.split(b","))
            elif key == b"connection":
                hop += value.lower()
        self.persistent = b"close" not in hop if found[1] == b"1" else b"keep-alive" in hop
        self._frame(lengths, codings - {b"", b"identity"})

    def _frame(self, lengths: set[bytes], codings: set[bytes]) -> None:
        """How the body's end is told."""
        if self._bodiless or self.status in _BODILESS or self.status < 200:
            self._left = 0
        elif codings:
            if codings != {b"chunked"}:
                raise Failure("garbage", f"its Transfer-Encoding {b', '.join(sorted(codings)).decode('latin-1')} is not known")
            self._chunked, self._left = True, 0
        elif lengths:
            if len(lengths) > 1:
                raise Failure("garbage", "it has two different lengths")
            (length,) = lengths
            if not _LENGTH.fullmatch(length):
                raise _garbage("its length is no number", length)
            self._left = int(length)
        else:
            self._left, self.persistent = None, False

    # The body

    def _feed_body(self, data: bytes) -> bool:
        if self._chunked:
            return self._feed_chunks(data)
        left = self._left
        if left is None:
            self._take(data)
            return False
        self._take(data[:left])
        self._left = max(left - len(data), 0)
        if len(data) > left:  # a second answer to one request
            self.persistent = False
        return len(data) >= left

    def _feed_chunks(self, data: bytes) -> bool:
        buffer, at = self._buffer, 0
        buffer += data
        while True:
            if self._left:
                piece = buffer[at : at + self._left]
                self._take(piece)
                self._left -= len(piece)
                at += len(piece)
                self._after_chunk = True
            end = buffer.find(b"\n", at)
            if self._left or end < 0:
                del buffer[:at]
                if len(buffer) > _MAX_LINE:
                    raise Failure("garbage", "a line between the chunks of the answer does not end")
                return False
            line = bytes(buffer[at:end]).strip()
            at = end + 1
            if self._read_line(line):
                self.persistent = self.persistent and at == len(buffer)
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

    def _take(self, data: bytes | bytearray) -> None:
        if self._keep:
            self.body += data
            if len(self.body) > self._keep:
                raise Failure("too large", f"the answer is over {self._keep:,} bytes")


def _garbage(why: str, line: bytes) -> Failure:
    return Failure("garbage", f"{why}: {line[:60].decode('latin-1').rstrip()!r}")
