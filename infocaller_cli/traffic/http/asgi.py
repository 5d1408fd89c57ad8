"""A request's body in, an answer out, by ASGI: what the two applications share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from .message import Headers, header

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_T = TypeVar("_T")
# A body from this size on is read in a thread. Bytes
LARGE = 32 * 1024


class TooLargeError(Exception):
    """The body is over the limit. What came of it is not kept."""


class GoneError(Exception):
    """The client hung up before its request was complete."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The request's body. Raises TooLargeError over `limit` bytes (as soon as Content-Length says so) and GoneError."""
    declared = header(scope["headers"], b"content-length")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise TooLargeError
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body") and len(body) <= limit:
        return body
    pieces = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise GoneError
        pieces += message.get("body", b"")
        if len(pieces) > limit:
            raise TooLargeError
        if not message.get("more_body"):
            return bytes(pieces)
        message = await receive()


async def unhurried(size: int, work: Callable[..., _T], *arguments: object) -> _T:
    """What a function gives that works on `size` bytes: in a thread where they are many, so that nobody else waits for it."""
    return await asyncio.to_thread(work, *arguments) if size >= LARGE else work(*arguments)


async def respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer with its length."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Receive, send: Send) -> None:
    """Start and stop with the server; there is nothing to do for either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
