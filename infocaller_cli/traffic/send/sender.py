"""One request out, on httpx (this is its only importer): proxies, TLS, and a deadline over the whole exchange."""

from __future__ import annotations

import contextlib
import functools
import re
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from ...errors import DecodeError, UnreachableError, UsageError
from ..http.answer import AnswerReader
from ..http.content import MAX_ANSWER, text_of, unpacked
from ..http.message import Failure, header

if TYPE_CHECKING:
    from collections.abc import Callable

    from .request import Request

_HINT = "is the application running, and is this its address?"


class Response(NamedTuple):
    """What came back. `ms` from before the connection to the answer's last byte; `body` without its Content-Encoding, `encoding`."""

    status: int
    reason: str
    content_type: str | None
    location: str | None
    body: bytes
    ms: float
    encoding: str = ""


def send(request: Request, timeout: float, *, tls: ssl.SSLContext | None = None) -> Response:
    """Send a request on a connection of its own. `timeout` in seconds is for everything: name, connection, TLS, answer.

    `tls` for https. Redirects are not followed. Raises UnreachableError where there is no answer in time, UsageError for
    a proxy of the environment that cannot be used.
    """
    outcome: list[Response | Exception] = []
    done = threading.Event()
    client = _client(timeout, tls)

    def work() -> None:
        try:
            outcome.append(_exchange(client, request))
        except Exception as error:  # for the thread that waits
            outcome.append(error)
        finally:
            done.set()

    # A thread that can be left behind: no time-out of a socket ends a server that sends a byte now and then, or a name server
    threading.Thread(target=work, daemon=True).start()
    if not done.wait(timeout):
        with contextlib.suppress(Exception):
            client.close()
        raise _late(timeout)
    client.close()
    if isinstance(outcome[0], Response):
        return outcome[0]
    raise _translated(outcome[0], request, timeout) from outcome[0]


def _client(timeout: float, tls: ssl.SSLContext | None) -> httpx.Client:
    try:
        return httpx.Client(verify=tls or _no_tls(), timeout=timeout, follow_redirects=False)
    except (ValueError, ImportError, httpx.InvalidURL) as error:  # a proxy's URL of another kind, or none
        raise UsageError("the proxy of the environment cannot be used", str(error), "unset it, or set NO_PROXY") from None


@functools.cache
def _no_tls() -> ssl.SSLContext:
    """What a client without TLS must have all the same: no certificates are read, and not for each anew."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _exchange(client: httpx.Client, request: Request) -> Response:
    reading = _Reading()
    began = time.perf_counter()
    # Built by hand: a client would add headers of its own, and order them its way
    extensions = {"trace": reading.trace}
    client.send(httpx.Request("POST", str(request.url), headers=request.headers, content=request.body, extensions=extensions))
    ms = (time.perf_counter() - began) * 1000
    read = reading.reader
    encoding, location, content_type = (
        header(read.headers, name).decode("latin-1") for name in (b"content-encoding", b"location", b"content-type")
    )
    body = unpacked(bytes(read.body), encoding)
    return Response(read.status, text_of(read.reason), content_type or None, location or None, body, ms, encoding)


class _Reading:
    """Reads answers with our own reader where httpx would use h11, which refuses what curl and browsers take.

    httpx tells its tracer of every connection: whoever reads from it then gets a stand-in once the real answer is complete.
    """

    def __init__(self) -> None:
        self.reader = AnswerReader(MAX_ANSWER)
        self._connects = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx's extension `trace`."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            stream = info["return_value"]
            stream.read = functools.partial(self._read, stream.read)
        elif event.endswith("send_request_headers.started"):
            self._connects = info["request"].method == b"CONNECT"  # to a proxy, whose refusal httpx tells
            self.reader = AnswerReader(MAX_ANSWER, bodiless=self._connects)

    def _read(self, read: Callable[..., bytes], size: int, timeout: float | None = None) -> bytes:
        while data := read(size, timeout):
            if self.reader.feed(data):
                break
        else:
            if not self.reader.ended():
                raise self.reader.broken()
        status = b"%d %s" % (self.reader.status, self.reader.reason) if self._connects else b"204 "
        return b"HTTP/1.1 %s\r\nConnection: close\r\n\r\n" % status


def _late(timeout: float) -> UnreachableError:
    return UnreachableError("no answer in time", f"there was none within {timeout:g} s", "--timeout SECONDS waits longer")


def _translated(error: Exception, request: Request, timeout: float) -> Exception:
    """httpx's errors in our words; anything else is a bug."""
    if isinstance(error, UnreachableError):
        return error
    if isinstance(error, httpx.TimeoutException):
        return _late(timeout)
    why = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    if isinstance(error, httpx.ProxyError):
        return UnreachableError("the proxy gave no connection", why, "unset the proxy of the environment, or set NO_PROXY")
    if isinstance(error, httpx.ConnectError):
        cause = _cause(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnreachableError("the certificate is not trusted", cause.verify_message, "--ca-bundle FILE, or --insecure")
        if isinstance(cause, ssl.SSLError):
            return UnreachableError("no TLS connection", cause.reason or str(cause), "does the endpoint speak https?")
        return UnreachableError(f"{request.url.origin} cannot be reached", why, _HINT + _proxy_hint(request))
    if isinstance(error, Failure | DecodeError | httpx.RemoteProtocolError):
        what = (
            "the answer is too large"
            if isinstance(error, Failure) and error.word == "too large"
            else "the answer is not complete, or no HTTP"
        )
        return UnreachableError(what, why.removeprefix("the answer is not readable: "))
    if isinstance(error, httpx.TransportError):
        return UnreachableError("the connection broke", why)
    if isinstance(error, httpx.InvalidURL):
        return UsageError("the URL cannot be sent to", why)
    return error


def _proxy_hint(request: Request) -> str:
    """Who is not there may be the proxy; its URL may hold a password, and is not shown."""
    from urllib.request import getproxies

    proxies = getproxies()
    named = proxies.get(request.url.scheme) or proxies.get("all")
    return " or is it the proxy that the environment names? NO_PROXY goes around it" if named else ""


def _cause(error: BaseException) -> BaseException | None:
    """What lies at the bottom."""
    below = error.__cause__ or error.__context__
    while below is not None and (below.__cause__ or below.__context__) is not None:
        below = below.__cause__ or below.__context__
    return below
