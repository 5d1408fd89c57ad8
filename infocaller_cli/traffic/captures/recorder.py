"""The recorder: an ASGI application that keeps every request byte for byte, and answers it or passes it on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from ...codec import Decoded, decode, encode, spec, too_large
from ...codec.form import open_body
from ...codec.signature import State, verify
from ...errors import DecodeError
from ..http.asgi import GoneError, Receive, Scope, Send, TooLargeError, lifespan, read_body, respond, unhurried
from ..http.message import ABSOLUTE, Failure, Headers, forwardable, header, writable
from ..queries.query import Answer, response_of
from ..send.judgement import judge
from .record import grouped, request_row, response_row

if TYPE_CHECKING:
    from ..http.client import Pool
    from ..http.message import Target
    from ..http.whole import Whole
    from ..queries.passwords import Password
    from ..send.judgement import Judgement
    from .line_file import LineFile

MAX_BODY = 16 * 1024 * 1024
_BODILESS = (204, 304)
_LAST_STATUS = 599


@dataclass(slots=True)
class Caught:
    """One request, what it holds and what became of it. `state` is the signature's; `when` it came, in UTC.

    `judgement` is of an application's answer to a query.
    """

    method: str
    target: str
    when: datetime
    body: bytes = b""
    decoded: Decoded | None = None
    unreadable: str = ""
    state: State = State.NONE
    status: int = 200
    headers: Headers = field(default_factory=list)
    answer: bytes = b""
    ms: float = 0.0
    problem: str = ""
    judgement: Judgement | None = None

    @property
    def refused(self) -> bool:
        """Whether the application answered a document, and Infocaller would not take the answer."""
        if self.decoded is None or self.problem:
            return False
        return bool(self.judgement.why) if self.judgement else not 200 <= self.status < 300


class Forward:
    """The application behind: URL's path is used (the request's where URL has none), the request's query string passed on."""

    def __init__(self, target: Target, pool: Pool) -> None:
        self.target = target
        self.pool = pool

    def path(self, target: bytes) -> bytes:
        """Where a request for `target` goes."""
        path, _, query = target.partition(b"?")
        if absolute := ABSOLUTE.match(path):  # what a proxy is asked for
            path = b"/" + path[absolute.end() :].partition(b"/")[2]
        query = b"&".join(part for part in (self.target.url.query, query) if part)
        return (self.target.url.path or path) + (b"?" + query if query else b"")


class Recorder:
    """The ASGI application. It refuses no document.

    `password(line)` tells what is known of a line's password; `log` takes every request; `warn` what concerns the file.
    `unread` may be set to what is to happen once nobody reads a pipe that is written to. `recorded` counts the requests that were.
    """

    unread: Callable[[], None] = staticmethod(lambda: None)

    def __init__(
        self,
        file: LineFile,
        base: str,
        password: Callable[[str], Password],
        *,
        forward: Forward | None,
        log: Callable[[Caught], None],
        warn: Callable[[str], None],
    ) -> None:
        self._file = file
        self._base = base
        self._password = password
        self._forward = forward
        self._log = log
        self._warn = warn
        self._broken = False
        self.recorded = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record one request, then answer it."""
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        when = datetime.now(UTC)
        began = time.perf_counter()
        target: bytes = scope["infocaller"]["target"]
        caught = Caught(scope["method"], target.decode("latin-1"), when)
        try:
            caught.body = await read_body(scope, receive, MAX_BODY)
        except TooLargeError:
            caught.status, caught.problem = 413, f"the body is over {MAX_BODY:,} bytes: not recorded"
        except GoneError:
            return None
        else:
            headers: Headers = scope["infocaller"]["headers"]
            await self._read(caught, headers)
            await self._answer(caught, target, headers)
            caught.ms = (time.perf_counter() - began) * 1000
            await self._record(caught, headers)
        await _send(send, caught)
        caught.ms = caught.ms or (time.perf_counter() - began) * 1000
        await self._judge(caught)
        self._log(caught)
        return None

    def take(self, request: Whole) -> bool:
        """None is taken: recording waits for the file, or for the application behind."""
        return False

    def refused(self, client: str, status: str, why: str) -> None:
        """What a client sent was no request, or came too slowly: nothing of it is recorded."""
        self._warn(f"what {client} sent was refused and is not recorded: {status}: {why}")

    async def _read(self, caught: Caught, headers: Headers) -> None:
        """What the request holds, as far as it can be told."""
        content_type = header(headers, b"content-type")
        if not caught.body:
            caught.unreadable = "no body"
            return
        try:
            caught.decoded = await unhurried(len(caught.body), _decoded, caught.body, content_type.decode("latin-1"))
        except DecodeError as error:
            caught.unreadable = str(error)
            return
        document = caught.decoded.document
        caught.state = verify(document, self._password(document.line or "").text).state

    async def _answer(self, caught: Caught, target: bytes, headers: Headers) -> None:
        """The application's answer, or one of our own."""
        if self._forward is None:
            self._own(caught, 200, "captured, not answered")
            return
        try:
            reply = await self._forward.pool.exchange(
                caught.method, self._forward.path(target), self._forward.target.dressed(headers), caught.body
            )
        except Failure as failure:
            late = failure.word == "timeout"
            why = "is too slow" if late else f"gave no answer: {failure}"
            caught.problem = f"the application at {self._forward.target.url.authority} {why}"
            self._own(caught, 504 if late else 502, "the application gave no answer")
            return
        if reply.status > _LAST_STATUS:  # the server can write no such answer
            caught.problem = f"the application at {self._forward.target.url.authority} answered {reply.status}, which is no status of HTTP"
            self._own(caught, 502, "the application gave no answer")
            return
        caught.status, caught.answer = reply.status, reply.body
        caught.headers = forwardable(reply.headers)
        if caught.method == "HEAD":  # a length that counts no body
            caught.headers += [(name, value) for name, value in reply.headers if name.lower() == b"content-length"]

    def _own(self, caught: Caught, status: int, text: str) -> None:
        """An answer of our own: a query's Result is 1, so that its error action runs."""
        caught.status, caught.headers, caught.answer = status, [], b""
        decoded = caught.decoded
        if decoded is not None and decoded.document.kind is spec.Kind.QUERY:
            caught.answer = encode(response_of(Answer({}, "1", text)), decoded.format)
            caught.headers = [(b"Content-Type", spec.CONTENT_TYPES[decoded.format].encode())]

    async def _judge(self, caught: Caught) -> None:
        """What the call makes of the application's answer to a query; whoever asked has it already."""
        query = caught.decoded
        if self._forward is None or caught.problem or query is None or query.document.kind is not spec.Kind.QUERY:
            return
        content_type, encoding = (header(caught.headers, name).decode("latin-1") for name in (b"content-type", b"content-encoding"))
        caught.judgement = await unhurried(len(caught.answer), judge, caught.status, content_type or None, caught.answer, query, encoding)

    async def _record(self, caught: Caught, headers: Headers) -> None:
        """Write the record. Where that fails the request is not answered as if it were kept."""
        line = await unhurried(len(caught.body) + len(caught.answer), self._line, caught, headers)
        try:
            await self._file.write(line)
        except OSError as error:
            caught.problem = f"not recorded: {error.strerror or error}"
            self._own(caught, 503, "not recorded")
            if isinstance(error, BrokenPipeError):
                self.unread()
            elif not self._broken:
                self._warn(f"records cannot be written ({error.strerror or error}): requests get 503 until that is mended")
            self._broken = True
        else:
            if self._broken:
                self._warn("records can be written again")
            self._broken = False
            self.recorded += 1

    def _line(self, caught: Caught, headers: Headers) -> bytes:
        document = caught.decoded.document if caught.decoded is not None else None
        row = request_row(caught.when, caught.method, self._url(caught.target, headers), grouped(headers), caught.body, document)
        row["resp"] = response_row(caught.status, grouped(caught.headers), caught.answer, caught.ms)
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)

    def _url(self, target: str, headers: Headers) -> str:
        if ABSOLUTE.match(target.encode("latin-1")):
            return target
        host = header(headers, b"host").decode("latin-1")
        base = f"{self._base.partition('://')[0]}://{host}" if host else self._base
        return base + target


def _decoded(body: bytes, content_type: str) -> Decoded:
    """The document in a body. Raises DecodeError, for one that is too large before it is unpacked."""
    envelope = open_body(body, content_type)
    if envelope.end - envelope.start > 3 * spec.MAX_DOCUMENT:  # three characters for each byte, at most
        raise too_large(spec.MAX_DOCUMENT)
    return decode(envelope.document, hint=False)


async def _send(send: Send, caught: Caught) -> None:
    headers = writable(caught.headers)
    if caught.method == "HEAD" or caught.status in _BODILESS:
        await send({"type": "http.response.start", "status": caught.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
    else:
        await respond(send, caught.status, headers, caught.answer)
