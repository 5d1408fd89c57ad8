"""How a call's requests reach an application: over the network, or in this process, with no server."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING, Any

from ..codec import spec
from ..codec.form import open_body
from ..errors import UnreachableError
from ..traffic.send.request import request
from ..traffic.send.sender import Response, send
from .client import parts_of

if TYPE_CHECKING:
    import httpx

    from ..traffic.simulate.exchange import Post

# What an application in this process is reached at; nothing listens there
_BASE = "http://testserver"


def posting(app: Any) -> Post:
    """What posts to `app`: None for the network, an ASGI or WSGI application, an httpx transport or a test client. Raises TypeError."""
    if app is None:
        return over_network
    if hasattr(app, "handle_async_request"):
        return lambda *sent: asyncio.run(_in_loop(app, *sent))
    if hasattr(app, "handle_request") and not callable(app):
        return lambda *sent: _transported(app, *sent)
    if not callable(app):
        if hasattr(app, "post"):
            return lambda *sent: _by_client(app, *sent)
        raise TypeError(f"{type(app).__name__} is nothing that is known here: an application, a test client, an httpx transport, or None")
    import httpx

    if _is_asgi(app):
        return lambda *sent: asyncio.run(_in_loop(httpx.ASGITransport(app), *sent))
    return lambda *sent: _transported(httpx.WSGITransport(app), *sent)


def over_network(url: str, content_type: str, body: bytes, timeout: float) -> Response:
    """Post as `send-event` does."""
    wanted = request(url, content_type, body)
    tls = None
    if wanted.url.scheme == "https":
        from ..traffic.http.message import tls_context

        tls = tls_context(insecure=False, ca_bundle=None)
    return send(wanted, timeout, tls=tls)


def _is_asgi(app: Any) -> bool:
    """ASGI applications are awaited, WSGI's are not: Starlette's and Quart's are objects, others functions."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def _in_full(url: str) -> str:
    return url if "://" in url else _BASE + url


async def _in_loop(transport: httpx.AsyncBaseTransport, url: str, content_type: str, body: bytes, seconds: float) -> Response:
    import httpx

    began = time.perf_counter()
    async with httpx.AsyncClient(transport=transport, follow_redirects=False) as client:
        try:
            async with asyncio.timeout(seconds):
                answer = await client.post(_in_full(url), content=body, headers={"Content-Type": content_type})
        except TimeoutError:
            raise UnreachableError("no answer in time", f"there was none within {seconds:g} s") from None
    return _response(answer, began)


def _transported(transport: httpx.BaseTransport, url: str, content_type: str, body: bytes, timeout: float) -> Response:
    import httpx

    began = time.perf_counter()
    with httpx.Client(transport=transport, follow_redirects=False) as client:
        return _in_time(_response(client.post(_in_full(url), content=body, headers={"Content-Type": content_type}), began), timeout)


def _by_client(client: Any, url: str, content_type: str, body: bytes, timeout: float) -> Response:
    """A test client encodes the form itself: its name for a body that is encoded differs from framework to framework."""
    began = time.perf_counter()
    document = open_body(body, content_type).document
    return _in_time(_response(client.post(url, data={spec.FORM_VARIABLE: document.decode("utf-8")}), began), timeout)


def _response(answer: Any, began: float) -> Response:
    status, content_type, body = parts_of(answer)
    return Response(status, "", content_type, None, body, (time.perf_counter() - began) * 1000)


def _in_time(response: Response, timeout: float) -> Response:
    """What runs in this thread cannot be stopped: the time limit is looked at once it returns. Raises UnreachableError."""
    if response.ms > timeout * 1000:
        raise UnreachableError("no answer in time", f"there was none within {timeout:g} s")
    return response
