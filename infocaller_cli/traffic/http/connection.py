"""One client's connection: uvicorn's httptools protocol with limits on size and time, and one write an answer.

uvicorn alone takes 10 MB of headers, waits for ever for a slow client, and writes head and body of an answer apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A head of Infocaller, of a proxy chain at that, has well under 4 KiB
MAX_HEAD = 64 * 1024
# Seconds for a head, for a body that trickles, for an idle connection, for a client that does not read its answer
PATIENCE = 10.0
# A large body may take longer, as long as it comes at this pace (bytes per second)
_PACE = 64 * 1024
_SWEEP = 1.0
_IDLE, _HEAD, _BODY = range(3)


class _Corked:
    """A transport that writes what comes in one turn of the loop at once.

    Closed while the client still sends (`unread`), it lets the client finish: with bytes left unread, the system would
    reset the connection, and the client might never see its answer. A second `close` waits for nothing.
    """

    __slots__ = ("_loop", "_parts", "_transport", "_unread", "abort", "get_extra_info", "lingers", "pause_reading", "resume_reading")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, unread: Callable[[], bool]) -> None:
        self._transport = transport
        self._loop = loop
        self._unread = unread
        self._parts: list[bytes] = []
        self.lingers = False
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        if self.lingers or not self._unread():
            self._transport.close()
            return
        self.lingers = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()


class Connection(HttpToolsProtocol):
    """A connection with limits. All of a server's are swept by one timer."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._phase = _IDLE
        self._since = self.loop.time()
        self._size = 0  # of the head, then of the body
        self._unsent = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        corked: Any = _Corked(transport, self.loop, lambda: self._phase != _IDLE)
        self.transport = corked
        self.flow = FlowControl(corked)
        _keep_sweeping(self.loop, self.server_state)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        if self._phase == _HEAD:
            self._size += len(data)
            if self._size > MAX_HEAD:
                self._refuse(b"431 Request Header Fields Too Large")

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has said all may still want its answer; TLS knows no half of a connection."""
        waits = self._phase == _IDLE and self.cycle is not None and not self.cycle.response_complete and self.scheme == "http"
        if waits:
            self.cycle.keep_alive = False
        return waits

    def _decline(self, rest: bytes) -> None:
        """Read a request that offers another protocol (Java's client does) as if it did not: its body would be lost."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(b"405 Method Not Allowed")
            return
        head = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        head += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join((*head, b"\r\n")) + rest)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase = _HEAD
        self._since = self.loop.time()
        self._size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn does it, and counted; written out, as it sees every header of every request."""
        if self._phase == _BODY:  # after a chunked body: no headers, and nothing may take them for some
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._size += len(name) + len(value)
        if self._size > MAX_HEAD:
            raise OverflowError  # uvicorn answers 400 and closes

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():  # `_decline` has it read once more
            return
        self._phase = _BODY
        self._size = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()
        self._phase = _IDLE
        self._since = self.loop.time()

    def on_response_complete(self) -> None:
        """As uvicorn does it, but for its timer: a connection that idles is swept up."""
        self.server_state.total_requests += 1
        self._since = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        if self._size > MAX_HEAD:
            self._refuse(b"431 Request Header Fields Too Large")
        elif not self.transport.is_closing():
            self._refuse(b"400 Bad Request")

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        if self._stalls(now):
            self.transport.abort()
        elif self.transport.is_closing():
            if now - self._since > PATIENCE:
                self.transport.close()
        elif self.flow.read_paused:  # we are the slow ones
            self._since = now
        elif self._phase == _IDLE:
            if now - self._since > PATIENCE and (self.cycle is None or self.cycle.response_complete):
                self.transport.close()
        elif now - self._since > PATIENCE + self._allowance():
            self._refuse(b"408 Request Timeout")
            self.transport.close()  # nothing more can be expected

    def _allowance(self) -> float:
        """The seconds a large body may take on top; none once its answer is out."""
        return 0.0 if self._phase == _HEAD or self.cycle.response_complete else self._size / _PACE

    def _stalls(self, now: float) -> bool:
        """Whether the client has read nothing of its answer for too long."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return now - self._unsent_since > PATIENCE


class RecordingConnection(Connection):
    """A connection that also keeps what uvicorn forgets: the target and the names of headers as they came."""

    _offered: list[tuple[bytes, bytes]] | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._raw: list[tuple[bytes, bytes]] = []

    def _decline(self, rest: bytes) -> None:
        self._offered = self._raw
        super()._decline(rest)

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.app.refused(self.client[0] if self.client else "a socket", status.decode())
        super()._refuse(status)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == _HEAD:
            self._raw.append((name, value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.scope["infocaller"] = {"target": self.url, "headers": self._offered or self._raw}  # type: ignore[typeddict-unknown-key]
            self._offered = None
        super().on_headers_complete()


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
