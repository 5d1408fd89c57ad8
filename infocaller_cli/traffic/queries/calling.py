"""How handlers are called: here, in the thread of whoever asks; or in an event loop."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..http.asgi import unhurried
from .incoming import RefusedError
from .time_limit import HandlerTimeoutError

if TYPE_CHECKING:
    from .answering import Accepted, Answering, Reply
    from .exchange import Exchange


def answer_here(answering: Answering, body: bytes, content_type: str, exchange: Exchange, path: str = "", query: bytes = b"") -> Reply:
    """What a request's body comes to, with its handler called in this thread. `exchange` is filled in."""
    try:
        request = answering.open(body, content_type, exchange, path, query)
    except RefusedError as refused:
        return answering.refuse(refused, exchange)
    if request.handler is None:
        return answering.close(request)
    returned: object = None
    error: BaseException | None = None
    began = time.monotonic()
    try:
        returned = request.handler(request.given)
    except KeyboardInterrupt:  # of whoever waits for the answer
        raise
    except BaseException as raised:  # a handler's sys.exit is a failure like another
        error = raised
    else:
        if inspect.isawaitable(returned):
            if inspect.iscoroutine(returned):
                returned.close()
            error = TypeError("it is async, and no event loop runs here")
        elif time.monotonic() - began > answering.timeout:
            error = HandlerTimeoutError()
    return answering.close(request, returned, error)


async def answer_in_loop(
    answering: Answering,
    body: bytes,
    content_type: str,
    exchange: Exchange,
    call: Callable[[Accepted], Awaitable[object]],
    path: str = "",
    query: bytes = b"",
) -> Reply:
    """What a request's body comes to, with `call` calling its handler. `exchange` is filled in."""
    try:
        request = await unhurried(len(body), answering.open, body, content_type, exchange, path, query)
    except RefusedError as refused:
        return answering.refuse(refused, exchange)
    return answering.close(request) if request.handler is None else await finish_in_loop(answering, request, call)


async def finish_in_loop(answering: Answering, request: Accepted, call: Callable[[Accepted], Awaitable[object]]) -> Reply:
    """What a query or event comes to, with `call` calling its handler."""
    try:
        returned = await call(request)
    except GeneratorExit:  # the server closes this very coroutine
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # the server stops
            raise
        return answering.close(request, None, error)
    except BaseException as error:  # whatever it is, it is the handler's, and the server goes on
        return answering.close(request, None, error)
    return answering.close(request, returned)
