"""One client's connection: uvicorn's httptools protocol with limits on size and time, and a short way for what comes whole.

uvicorn alone takes 10 MB of headers, waits for ever for a slow client, and writes head and body of an answer apart.
"""

from __future__ import annotations

import asyncio
from heapq import nsmallest
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .corked import Corked
from .whole import Whole

# A head of Infocaller, of a proxy chain at that, has well under 4 KiB
MAX_HEAD = 64 * 1024
# Seconds for a head, for a body that trickles, for an idle connection, for a client that does not read its answer
PATIENCE = 10.0
# A large body may take longer, as long as it comes at this pace (bytes per second)
_PACE = 64 * 1024
_SWEEP = 1.0
IDLE, HEAD, BODY = range(3)
# What is used of these, none of which is public: `server` looks whether it is there
RELIED_ON: dict[type, str] = {
    HttpToolsProtocol: "connection_made data_received on_message_begin on_url on_header on_headers_complete on_body on_message_complete "
    "on_response_complete shutdown _start_asgi_task app client connections cycle expect_100_continue flow headers loop parser pipeline "
    "scheme scope server_state tasks transport url",
    RequestResponseCycle: "body disconnected keep_alive message_event more_body response_complete",
    FlowControl: "pause_reading read_paused resume_reading write_paused",
}
_TOO_LONG = b"431 Request Header Fields Too Large"
# How much of what is no request is shown
_SHOWN = 40
# What else is sent to such a port, by its first bytes
_FOREIGN = (
    (b"\x16\x03", "TLS, and this port is plain: the URL begins with http://, or --tls-cert is missing"),
    (b"PRI * HTTP/2", "HTTP/2, and this port speaks HTTP/1.1: the proxy in front has a setting for it"),
    (b"PROXY ", "the PROXY protocol: switch it off in the proxy in front"),
    (b"\r\n\r\n\0\r\nQUIT\n", "the PROXY protocol, version 2: switch it off in the proxy in front"),
)


class Connection(HttpToolsProtocol):
    """A connection with limits. All of a server's are swept by one timer.

    The application is ASGI, with two more methods. `app.refused(client, status, why)` is told what is refused. `app.take(request)` gets
    a request that came whole (`Whole`), in the loop; where it returns False, the request goes the way of ASGI, like all others.
    """

    most = 10_240  # connections of this process; `server.serve` knows better

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._phase = IDLE
        self.since = self.loop.time()  # when its phase began
        self._size = 0  # of the head's URL and whole headers, then of the body
        self._partial = 0  # what came in later reads than the last of these
        self._pieces: list[bytes] | None = None  # of the body, while it may come whole in this read
        self._refusal = b""  # the status that ends the connection once what came before is answered
        self._unsent = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.accepted(transport)

    def accepted(self, transport: asyncio.Transport) -> None:
        """Count it among the server's connections. With TLS, it is so twice: the transport below, and the one after the handshake."""
        corked: Any = Corked(transport, self.loop, lambda: self._phase != IDLE)
        self.transport = corked
        self.flow = FlowControl(corked)
        self.connections.add(self)
        _keep_sweeping(self.loop, self.server_state)
        if len(self.connections) > self.most:
            _make_room(self.loop, self.server_state, self.most)

    def data_received(self, data: bytes) -> None:
        if self._refusal or self.transport.is_closing():
            return
        self._whole = False  # whether a request ends in this read
        self._partial += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if self._size > MAX_HEAD:
                self._refuse_head()
            else:
                self._refuse(b"400 Bad Request", self._blame(data, error))
        else:
            if self._pieces is not None:
                self._go_through_asgi()
            if self._phase == HEAD and self._size + self._partial > MAX_HEAD:
                self._refuse_head()

    def _blame(self, data: bytes, error: httptools.HttpParserError) -> str:
        """The parser's reason, the first bytes of what it complained of, and what that usually is."""
        if self._whole and self.cycle is not None:  # it stands behind a request that is well: behind its body, or its head
            data = data.rpartition(bytes(self.cycle.body[-_SHOWN:]) or b"\r\n\r\n")[2]
        known = next((f" ({name})" for start, name in _FOREIGN if data.startswith(start)), "")
        return f"{error.__cause__ or error.__context__ or error}, in {data[:_SHOWN]!r}{known}"

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has said all may still want its answer; TLS knows no half of a connection."""
        waits = self._phase == IDLE and self.cycle is not None and not self.cycle.response_complete and self.scheme == "http"
        if waits:
            self.cycle.keep_alive = False
        return waits

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read a request that offers another protocol (Java's client does) as if it did not.

        The parser stops behind such a head and takes all that follows for the other protocol: the body, which is `rest`, would be
        lost. So a new parser gets the head once more, without the header that made the offer, and then the rest.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(b"405 Method Not Allowed", "CONNECT is for proxies, and this is none")
            return
        head = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        head += [b"%s: %s" % header for header in self.headers if header[0].lower() != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join((*head, b"\r\n")) + rest)

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._phase = HEAD
        self.since = self.loop.time()
        self._size = self._partial = 0

    def on_url(self, url: bytes) -> None:
        self.url += url
        self._size += len(url)
        self._partial = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn does it, but names stay as they came, and all is counted; written out, as it sees every header of every request."""
        if self._phase == BODY:  # after a chunked body: no headers, and nothing may take them for some
            return
        if len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._size += len(name) + len(value) + 4  # as written: a colon, a blank, CR LF
        self._partial = 0
        if self._size > MAX_HEAD:
            raise OverflowError  # the parser stops

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():  # it is read once more, without
            return
        self._phase = BODY
        self._size = 0
        self._pieces = []
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self.expect_100_continue or self.flow.write_paused:
            self._go_through_asgi()

    def _go_through_asgi(self) -> None:
        """Have uvicorn make a task of the request whose head was read last, with what there is of its body."""
        url, headers, expects, pieces = self.url, self.headers, self.expect_100_continue, self._pieces
        self._pieces = None
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += [(name.lower(), value) for name, value in headers]  # uvicorn's list is in the scope
        super().on_headers_complete()
        if pieces:
            super().on_body(b"".join(pieces))

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._pieces is None:
            super().on_body(body)
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._phase = IDLE
        self.since = self.loop.time()
        self._whole = True
        if self._pieces is not None:
            if self._taken(b"".join(self._pieces)):
                self._pieces = None
                return
            self._go_through_asgi()
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def _taken(self, body: bytes) -> bool:
        """Whether the application takes the whole request that has come."""
        before = self.cycle
        request: Any = self.request(body)
        self.cycle = request
        taken = False
        try:
            taken = bool(self.app.take(request))
        except httptools.HttpParserError:  # the target is none
            raise
        except Exception as error:  # a fault of ours: to the parser it would be one of the client's
            self.loop.call_exception_handler({"message": "a request could not be answered", "exception": error})
            taken = True
            if not request.response_complete:
                request.answer(500, [], b"")
        finally:
            if not taken:
                self.cycle = before
        if taken and not request.response_complete:
            self.tasks.add(request)  # which are waited for at the end
        return taken

    def request(self, body: bytes) -> Whole:
        """The request that has come, with its body."""
        parser = self.parser
        keep_alive = parser.get_http_version() != "1.0" and parser.should_keep_alive()
        return Whole(self, parser.get_method(), self.url, self.headers, body, keep_alive=keep_alive)

    def on_response_complete(self) -> None:
        """As uvicorn does it, but for its timer: a connection that idles is swept up."""
        self.server_state.total_requests += 1
        self.since = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._refusal:
            self._hang_up()

    def _refuse_head(self) -> None:
        self._refuse(_TOO_LONG, f"the head is over {MAX_HEAD:,} bytes")

    def _refuse(self, status: bytes, why: str) -> None:
        """Answer with a status and end the connection, once the whole requests before this one have their answers."""
        if self._refusal or self.transport.is_closing():
            return
        self._refusal = status
        self.app.refused(self.client[0] if self.client else "a socket", status.decode(), why)
        waits = bool(self.pipeline)
        if self._phase != BODY or self._pieces is not None:
            waits = self.cycle is not None and not self.cycle.response_complete
        elif waits:  # the newest of those in the queue is the one that is refused
            self.pipeline.popleft()
        if not waits:
            self._hang_up()

    def _hang_up(self) -> None:
        self.transport.write(b"HTTP/1.1 " + self._refusal + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        if self._stalls(now):
            self.transport.abort()
        elif self.transport.is_closing():
            if now - self.since > PATIENCE:
                self.transport.close()
        elif self.flow.read_paused or self._refusal:  # we are the slow ones
            self.since = now
        elif self._phase == IDLE:
            if now - self.since > PATIENCE and self.awaits_request:
                self.transport.close()
        elif now - self.since > PATIENCE + self._allowance():
            self._refuse(b"408 Request Timeout", f"it came too slowly: {self._size + self._partial:,} bytes")
            self.transport.close()  # nothing more can be expected

    @property
    def awaits_request(self) -> bool:
        """Whether there is no whole request that its client waits for."""
        return self._phase != BODY and (self.cycle is None or self.cycle.response_complete)

    def _allowance(self) -> float:
        """The seconds a large body may take on top; none once its answer is out."""
        return 0.0 if self._phase == HEAD or self.cycle.response_complete else self._size / _PACE

    def _stalls(self, now: float) -> bool:
        """Whether the client has read nothing of its answer for too long."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return now - self._unsent_since > PATIENCE


def _keep_sweeping(loop: asyncio.AbstractEventLoop, state: Any) -> None:
    """See to it that one timer sweeps all connections of a server for as long as there are any."""
    if getattr(state, "swept", False):
        return
    state.swept = True

    def sweep() -> None:
        now = loop.time()
        for connection in list(state.connections):
            connection.sweep(now)
        state.swept = bool(state.connections)
        if state.swept:
            loop.call_later(_SWEEP, sweep)

    loop.call_later(_SWEEP, sweep)


def _make_room(loop: asyncio.AbstractEventLoop, state: Any, most: int) -> None:
    """End the connections over `most` in this turn of the loop: those that have longest sent no request, for one that will."""
    if getattr(state, "crowded", False):
        return
    state.crowded = True

    def end_the_oldest() -> None:
        state.crowded = False
        still = [connection for connection in state.connections if connection.transport.lingers or not connection.transport.is_closing()]
        waiting = [connection for connection in still if connection.transport.lingers or connection.awaits_request]
        for connection in nsmallest(len(still) - most, waiting, key=lambda connection: connection.since):
            connection.transport.abort()

    loop.call_soon(end_the_oldest)
