"""The door for ASGI: an ordinary application, for `serve-query` and any other server.

INFOCALLER_HANDLER=app:fn uvicorn --factory infocaller_cli:create_app

Our own server has a shorter way for a request that comes whole (`take`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..http.asgi import LARGE, GoneError, Receive, Scope, Send, TooLargeError, lifespan, read_body, respond
from ..http.message import header
from .answering import Accepted, Answering, Reply
from .calling import answer_in_loop
from .exchange import Exchange
from .incoming import MAX_BODY, RefusedError, check_head, refused_for, too_large
from .taken import Extra, Taken, headers_of
from .threads import Threads
from .time_limit import Limit

if TYPE_CHECKING:
    from ..http.whole import Whole


class Responder:
    """The ASGI application: `answering`, for a server.

    `log` takes every exchange; `answered` is called once a query with a good signature has got its answer; `warn` takes what concerns
    no single request. Handlers that are not async run in threads.
    """

    def __init__(
        self,
        answering: Answering,
        *,
        log: Callable[[Exchange], None],
        warn: Callable[[str], None],
        answered: Callable[[], None] | None = None,
    ) -> None:
        self._answering = answering
        self._log = log
        self._warn = warn
        self._answered = answered
        self._crews: dict[asyncio.AbstractEventLoop, tuple[Limit, Threads]] = {}

    def _crew(self) -> tuple[Limit, Threads]:
        """What runs the handlers in this loop: tests, and some servers, have one loop after the other."""
        loop = asyncio.get_running_loop()
        crew = self._crews.get(loop)
        if crew is None:
            for closed in [one for one in self._crews if one.is_closed()]:
                self._crews.pop(closed)[1].end()
            limit = Limit(self._answering.timeout)
            crew = self._crews[loop] = (limit, Threads(limit, self._stuck))
        return crew

    def _stuck(self, count: int) -> None:
        self._warn(f"all {count} threads are busy with handlers that do not return: queries wait, and time out")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        if scope["type"] != "http":  # a web socket: refused before it is one
            return await send({"type": "websocket.close"})
        began = time.perf_counter()
        exchange = Exchange()
        extra: Extra = ()
        try:
            body = await _body(scope, receive)
            content_type = header(scope["headers"], b"content-type").decode("latin-1")
            reply = await self.answer(body, content_type, exchange, scope.get("path", ""), scope.get("query_string", b""))
        except GoneError:
            return None
        except RefusedError as refused:
            reply, extra = self._answering.refuse(refused, exchange), refused.headers
        await respond(send, reply.status, headers_of(reply, extra), reply.body)
        self._sent(exchange, began)
        return None

    def take(self, request: Whole) -> bool:
        """Answer a request that came whole, here or later; a large one is not taken, as it is read in a thread."""
        if len(request.body) >= LARGE:
            return False
        Taken(request, self._answering, self._sent).begin(self._crew)
        return True

    def _sent(self, exchange: Exchange, began: float) -> None:
        exchange.ms = (time.perf_counter() - began) * 1000
        self._log(exchange)
        if self._answered is not None and exchange.answered:
            self._answered()

    def refused(self, client: str, status: str, why: str) -> None:
        """What a client sent was no request, or came too slowly."""
        self._log(Exchange(status=int(status[:3]), problem=f"what {client} sent was refused: {status}: {why}"))

    async def answer(self, body: bytes, content_type: str, exchange: Exchange, path: str = "", query: bytes = b"") -> Reply:
        """What a request's body comes to; `exchange` is filled in. Nothing escapes."""
        return await answer_in_loop(self._answering, body, content_type, exchange, self._called, path, query)

    async def _called(self, request: Accepted) -> object:
        limit, threads = self._crew()
        assert request.handler is not None
        if request.awaits:
            return await limit.run(request.handler(request.given))
        return await threads.run(request.handler, request.given)


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The request's body. Raises RefusedError, GoneError."""
    check_head(scope["method"], header(scope["headers"], b"content-encoding").decode("latin-1"))
    try:
        return await read_body(scope, receive, MAX_BODY)
    except TooLargeError:
        raise refused_for(too_large(), b"", "") from None
