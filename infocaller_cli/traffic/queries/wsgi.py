"""The door for WSGI: an ordinary application (PEP 3333), for gunicorn, mod_wsgi and the like, or mounted in another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from .answering import Answering
from .calling import answer_here
from .exchange import Exchange
from .incoming import MAX_BODY, RefusedError, check_head, refused_for, too_large

_EARLY = "the body ended early: the client hung up, or something read it before (mount this outside of what parses forms)"


class StartResponse(Protocol):
    """What a server hands to its application."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object:
        """Begin the answer."""


class WsgiResponder:
    """The WSGI application: `answering`, for a server. `log` takes every exchange, in the thread of its request."""

    def __init__(self, answering: Answering, *, log: Callable[[Exchange], None]) -> None:
        self._answering = answering
        self._log = log

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        began = time.perf_counter()
        exchange = Exchange()
        extra: tuple[tuple[str, str], ...] = ()
        try:
            body = _body(environ)
            # Text of PEP 3333 is bytes, a character each
            path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
            query = environ.get("QUERY_STRING", "").encode("latin-1", "replace")
            reply = answer_here(self._answering, body, environ.get("CONTENT_TYPE", ""), exchange, path, query)
        except RefusedError as refused:
            reply, extra = self._answering.refuse(refused, exchange), refused.headers
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body))), *extra]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        exchange.ms = (time.perf_counter() - began) * 1000
        self._log(exchange)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]


def _body(environ: Mapping[str, Any]) -> bytes:
    """The request's body. Raises RefusedError."""
    check_head(environ["REQUEST_METHOD"], environ.get("HTTP_CONTENT_ENCODING", ""))
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        if int(length[:20]) > MAX_BODY:
            raise refused_for(too_large(), b"", "")
        return _read(stream, int(length), whole=True)
    # A chunked body ends by itself where the server says so; elsewhere reading on would wait for ever
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = _read(stream, MAX_BODY + 1, whole=False)
    if len(body) > MAX_BODY:
        raise refused_for(too_large(), b"", "")
    return body


def _read(stream: Any, size: int, *, whole: bool) -> bytes:
    pieces = bytearray()
    try:
        while len(pieces) < size:
            piece = stream.read(size - len(pieces))
            if not piece:
                break
            pieces += piece
    except OSError:  # what servers raise where the client hung up
        pieces.clear()
    if whole and len(pieces) < size:
        raise RefusedError(400, "the document is not readable", _EARLY)
    return bytes(pieces)
