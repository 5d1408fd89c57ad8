"""Exact bytes out, over kept-alive connections: what many requests need, and httpx cannot do.

asyncio's transports and the one reader of answers; no task, no timer and no future for a single request of a replay.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Any

from .answer import AnswerReader
from .message import Failure, Headers, RawResponse, Target, request_bytes

# Called once for each request: with its answer, or with why there is none
Done = Callable[["Link", "RawResponse | None", "Failure | None"], None]
# Seconds to wait for 100 Continue: curl's
_CONTINUE = 1.0


class Link(asyncio.Protocol):
    """One connection: one request at a time, and `done(link, reply, failure)` when it is answered or will not be.

    `keep` is the most bytes of a body that are kept (more is a failure); 0 keeps none and reads on.
    """

    def __init__(self, keep: int, gone: Callable[[Link], None]) -> None:
        self.deadline = 0.0  # by time.perf_counter; 0 while nothing is asked
        self.reused = False
        self.open = True
        self.job: Any = None  # whose request it is; for who asks
        self._keep = keep
        self._gone = gone
        self._done: Done | None = None
        self._held = b""  # of a request, until the other side says that it wants it
        self._reader = AnswerReader(keep)
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, wire: bytes, timeout: float, done: Done, *, bodiless: bool = False) -> None:
        """Send a request. `bodiless`: its answer has no body whatever its headers say (HEAD)."""
        self._reader = AnswerReader(self._keep, bodiless=bodiless)
        self._done = done
        self._began = time.perf_counter()
        self.deadline = self._began + timeout
        self._transport.write(wire)

    def data_received(self, data: bytes) -> None:
        if self._done is None:  # nobody asked
            self.close()
            return
        try:
            complete = self._reader.feed(data)
        except Failure as failure:
            self._fail(failure)
        else:
            if complete:
                self._finish()
            elif self._held and self._reader.continued:
                self._release()

    # How it ends

    def _finish(self) -> None:
        done, self._done = self._done, None
        self.deadline = 0.0
        self.reused = True
        read = self._reader
        reply = RawResponse(read.status, read.headers, bytes(read.body), (time.perf_counter() - self._began) * 1000, read.reason)
        if not read.persistent or self._held:  # it answered without the body, and may still wait for it
            self._held = b""
            self.close()
        if done is not None:
            done(self, reply, None)

    def _fail(self, failure: Failure) -> None:
        done, self._done = self._done, None
        self.deadline = 0.0
        self._held = b""
        self.abort()
        if done is not None:
            done(self, None, failure)

    def expire(self) -> None:
        """The time for the answer is over."""
        self._fail(Failure("timeout", "no answer in time"))

    def eof_received(self) -> None:
        """The other side has said all: an answer without a length ends with the connection."""
        self._ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._ended(exc)
        self._gone(self)

    def _ended(self, error: Exception | None) -> None:
        if self._done is None:
            self.open = False
            return
        if self._reader.ended() and error is None:
            self._finish()
        else:
            self._fail(self._reader.broken("reset" if isinstance(error, ConnectionError) else "closed"))

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and self._done is not None:
            self._transport.write(held)

    async def exchange(self, wire: bytes, seconds: float, *, bodiless: bool = False, expected: bytes = b"") -> RawResponse:
        """Send a request and wait for its answer. Raises Failure.

        `expected` is a body that goes out once it is asked for (100 Continue), or nobody has asked for it in a second, as curl does it.
        """
        future: asyncio.Future[RawResponse] = asyncio.get_running_loop().create_future()

        def done(_: Link, reply: RawResponse | None, failure: Failure | None) -> None:
            if future.done():
                return
            if reply is not None:
                future.set_result(reply)
            else:
                future.set_exception(failure or Failure("closed"))

        self.ask(wire, seconds, done, bodiless=bodiless)
        if expected:
            self._held = expected
            asyncio.get_running_loop().call_later(_CONTINUE, self._release)
        return await future

    def is_stale(self, failure: Failure) -> bool:
        """Whether the other side had closed an idle connection, and never saw the request."""
        return self.reused and not self._reader.received and failure.word in ("closed", "reset")

    def close(self) -> None:
        """Close politely."""
        self.open = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()


class Dialer:
    """Opens links to a target, and ends with one timer what takes longer than `timeout` seconds."""

    def __init__(self, target: Target, timeout: float, keep: int = 0) -> None:
        self.target = target
        self.timeout = timeout
        self._keep = keep
        self._links: set[Link] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def dial(self) -> Link:
        """A new connection. Raises Failure."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._sweep(loop)
        url, tls = self.target
        try:
            async with asyncio.timeout(self.timeout):
                _, link = await loop.create_connection(
                    lambda: Link(self._keep, self._links.discard),
                    url.host,
                    url.port,
                    ssl=tls,
                    server_hostname=url.host if tls else None,
                )
        except TimeoutError:
            raise Failure("timeout", "no connection in time") from None
        except ssl.SSLCertVerificationError as error:
            raise Failure("tls", f"the certificate is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise Failure("tls", error.reason or str(error)) from None
        except ConnectionRefusedError:
            raise Failure("refused", "the connection was refused") from None
        except OSError as error:
            import socket

            if isinstance(error, socket.gaierror):
                raise Failure("unresolved", f"the host {url.host} has no address") from None
            raise Failure("unreachable", error.strerror or str(error)) from None
        except UnicodeError:
            raise Failure("unresolved", f"{url.host} is no host name") from None
        self._links.add(link)
        return link

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = time.perf_counter()
        for link in [link for link in self._links if 0 < link.deadline < now]:
            link.expire()
        self._timer = loop.call_later(min(0.1, self.timeout / 4), self._sweep, loop)

    def close(self) -> None:
        """Close every connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for link in list(self._links):
            link.abort()


class Pool:
    """Awaitable exchanges over as many connections as are needed at a time; idle ones are used again."""

    def __init__(self, target: Target, timeout: float, limit: int) -> None:
        self._dialer = Dialer(target, timeout, limit)
        self._idle: list[Link] = []

    async def exchange(self, method: str, path: bytes, headers: Headers, body: bytes) -> RawResponse:
        """Send a request and wait for its answer. Raises Failure."""
        wire = request_bytes(method, path, self._dialer.target.url.authority, headers, body)
        while True:
            link = self._take() or await self._dialer.dial()
            try:
                reply = await link.exchange(wire, self._dialer.timeout, bodiless=method == "HEAD")
            except Failure as failure:
                if link.is_stale(failure):
                    continue
                raise
            except asyncio.CancelledError:
                link.abort()
                raise
            if link.open:
                self._idle.append(link)
            return reply

    def _take(self) -> Link | None:
        while self._idle:
            link = self._idle.pop()
            if link.open:
                return link
        return None
