"""A request that came whole, until it is answered: the short way through `responder`."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..http.message import header
from .calling import finish_in_loop
from .exchange import Exchange
from .incoming import RefusedError, check_head
from .threads import awaited

if TYPE_CHECKING:
    from ..http.whole import Whole
    from .answering import Accepted, Answering, Reply
    from .threads import Threads
    from .time_limit import Limit

# Headers beside Content-Type
Extra = tuple[tuple[str, str], ...]


class Taken:
    """A whole request. `Threads` tells it what its handler returned or raised; `sent` is called once it has its answer."""

    __slots__ = ("_accepted", "_answering", "_began", "_exchange", "_limit", "_over", "_request", "_sent")
    _accepted: Accepted
    _limit: Limit

    def __init__(self, request: Whole, answering: Answering, sent: Callable[[Exchange, float], None]) -> None:
        self._began = time.perf_counter()
        self._exchange = Exchange()
        self._request = request
        self._answering = answering
        self._sent = sent
        self._over = False

    def begin(self, crew: Callable[[], tuple[Limit, Threads]]) -> None:
        """Read it, and answer it or have its handler called."""
        request, answering = self._request, self._answering
        try:
            check_head(request.method.decode("ascii"), header(request.headers, b"content-encoding").decode("latin-1"))
            content_type = header(request.headers, b"content-type").decode("latin-1")
            accepted = answering.open(request.body, content_type, self._exchange, *request.place)
        except RefusedError as refused:
            self._answer(answering.refuse(refused, self._exchange), refused.headers)
            return
        self._accepted = accepted
        if accepted.handler is None:
            self._close()
            return
        self._limit, threads = crew()
        if accepted.awaits:
            self._wait_for(self._limit.run(accepted.handler(accepted.given)))
        else:
            threads.start(accepted.handler, accepted.given, self)

    def done(self) -> bool:
        """Whether it waits for no thread."""
        return self._over

    def set_result(self, result: object) -> None:
        """Answer by what the handler returned."""
        self._leave()
        if inspect.isawaitable(result):
            self._wait_for(self._limit.run(awaited(result)))
        else:
            self._close(result)

    def set_exception(self, error: Exception) -> None:
        """Answer by what the handler raised, or by its being late."""
        self._leave()
        self._close(None, error)

    def _leave(self) -> None:
        self._over = True
        self._limit.end(self)

    def _wait_for(self, work: Awaitable[object]) -> None:
        self._request.work = asyncio.get_running_loop().create_task(self._finish(work))

    async def _finish(self, work: Awaitable[object]) -> None:
        try:
            reply = await finish_in_loop(self._answering, self._accepted, lambda _: work)
        except BaseException:  # the server ends: nobody must wait for it
            self._request.answer(500, [], b"")
            raise
        self._answer(reply)

    def _close(self, returned: object = None, error: BaseException | None = None) -> None:
        self._answer(self._answering.close(self._accepted, returned, error))

    def _answer(self, reply: Reply, extra: Extra = ()) -> None:
        self._request.answer(reply.status, headers_of(reply, extra), reply.body)
        self._sent(self._exchange, self._began)


def headers_of(reply: Reply, extra: Extra) -> list[tuple[bytes, bytes]]:
    """The headers of an answer."""
    return [(b"content-type", reply.content_type.encode()), *[(name.encode(), value.encode()) for name, value in extra]]
