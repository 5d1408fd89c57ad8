"""A request that came whole, in one read with nothing before it to wait for: answered without ASGI, as nearly all are.

What ASGI does for a request of any size at any pace (a task, an event to wait for, three messages, each checked) is a third of the
work of answering a small one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from .message import Headers


class _NoEvent:
    """Nobody waits for more of a request that came whole."""

    @staticmethod
    def set() -> None:
        """Say so."""


class Whole:
    """A request with its body. `answer` may be called at once or later, in the loop, and once.

    `target` and `headers` as the connection has them; the other names are those of uvicorn's `RequestResponseCycle`, in whose place it
    stands while it is the connection's newest request.
    """

    __slots__ = ("_connection", "body", "disconnected", "headers", "keep_alive", "method", "response_complete", "target", "work")

    message_event = _NoEvent

    def __init__(self, connection: Any, method: bytes, target: bytes, headers: Headers, body: bytes, *, keep_alive: bool) -> None:
        self._connection = connection
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.work: object = None  # what is to answer it, kept from the collector

    @property
    def place(self) -> tuple[str, bytes]:
        """Path, without escapes, and query string of its target."""
        return place_of(self.target)

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer with its length. A client that hung up gets none."""
        connection = self._connection
        connection.tasks.discard(self)
        self.response_complete = True
        if self.disconnected:
            return
        answer = STATUS_LINE[status]
        for header in (*connection.server_state.default_headers, *headers):
            answer += b"%s: %s\r\n" % header
        answer += b"content-length: %d\r\n%s\r\n" % (len(body), b"" if self.keep_alive else b"connection: close\r\n")
        connection.transport.write_whole(answer if self.method == b"HEAD" else answer + body)
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()


def place_of(target: bytes) -> tuple[str, bytes]:
    """Path, without escapes, and query string of a target. Raises httptools.HttpParserInvalidURLError for what is none."""
    url = httptools.parse_url(target)
    if url.path is None:
        raise httptools.HttpParserInvalidURLError(f"invalid url {target!r}")
    path = url.path.decode("ascii")
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    return path, url.query or b""
