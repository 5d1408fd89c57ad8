"""One request out, on httpx (this is its only importer): proxies, TLS, and a deadline over the whole exchange."""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx

from ...errors import DecodeError, UnreachableError, UsageError
from ..http.content import MAX_ANSWER, unpacked

if TYPE_CHECKING:
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
        # Without TLS no certificates are read: that would take longer than the request
        return httpx.Client(verify=tls or False, timeout=timeout, follow_redirects=False)
    except (ValueError, ImportError, httpx.InvalidURL) as error:  # a proxy's URL of another kind, or none
        raise UsageError("the proxy of the environment cannot be used", str(error), "unset it, or set NO_PROXY") from None


def _exchange(client: httpx.Client, request: Request) -> Response:
    began = time.perf_counter()
    # Built by hand: a client would add headers of its own, and order them its way
    response = client.send(httpx.Request("POST", str(request.url), headers=request.headers, content=request.body), stream=True)
    with contextlib.closing(response):
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > MAX_ANSWER:
                raise UnreachableError("the answer is too large", f"the limit is {MAX_ANSWER:,} bytes")
        ms = (time.perf_counter() - began) * 1000
        headers = response.headers
        encoding = headers.get("content-encoding", "")
        return Response(
            response.status_code,
            response.reason_phrase,
            headers.get("content-type"),
            headers.get("location"),
            unpacked(bytes(body), encoding),
            ms,
            encoding,
        )


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
    if isinstance(error, httpx.RemoteProtocolError | DecodeError):
        return UnreachableError("the answer is not complete, or no HTTP", why.removeprefix("the answer is not readable: "))
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
