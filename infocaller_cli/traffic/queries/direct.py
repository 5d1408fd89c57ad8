"""The door for programs that have a server of their own: a body in, a reply out, in one call."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import UsageError
from ...streams import visible
from . import environment
from .answering import DEFAULT_TIMEOUT, Answering, Reply
from .calling import answer_here, answer_in_loop
from .exchange import Exchange, exchange_lines
from .handlers import by_event, by_name
from .passwords import known_by
from .time_limit import Limit, raisable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .answering import Accepted
    from .event import Event
    from .handlers import Around, Handler
    from .passwords import GivenPassword
    from .query import Query

_LOG = logging.getLogger("infocaller")


def answer(
    body: bytes,
    handlers: Handler | Mapping[str, Handler] | None = None,
    *,
    password: GivenPassword,
    content_type: str | None = "",
    url: str = "",
    on: Handler | Mapping[str, Handler] | None = None,
    around: Around | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> Reply:
    """What goes back to Infocaller for the body of a request: bytes in, bytes out. Whatever came, a `Reply` is returned.

    `body` as it was sent: the form with the variable apiInfocaller, or the bare document; Flask's `request.get_data()`, Django's
    `request.body`, taken before anything touches the form, which would leave nothing or text that is decoded wrongly.
    `handlers`: a function for all queries, or functions by query name; a handler gets a `Query` and returns a dict of variables, an
    `Answer` or None, or raises `QueryError`. `password`: the telephone password, or a function that gives that of a line (None: not
    known, refused with 403); None checks nothing. `on`: the same for events, by INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO, FIN, or
    "event" for all others; which event it is stands in the `url`, where it is no FIN. `around` makes a context manager that
    every call of a handler happens in.

    The handler is called here, in this thread, and nothing stops it: an answer that comes later than `timeout` (seconds) is not given.
    Why a call gets nothing is in `problem` of the reply, and told to the logger "infocaller", with the handler's traceback.

    Raises UsageError and TypeError for arguments that cannot be used, whatever came: an async handler, an event that there is not,
    a body that is not bytes.
    """
    answering = _answering(handlers, on, password, around, timeout)
    if answering.waiting:
        raise UsageError("the handler is async", "answer() calls it where no event loop need run", "await answer_async(...)")
    exchange = Exchange()
    began = time.perf_counter()
    reply = answer_here(answering, as_bytes(body), content_type or "", exchange, *place_of(url))
    return _told(reply, exchange, began)


async def answer_async(
    body: bytes,
    handlers: Handler | Mapping[str, Handler] | None = None,
    *,
    password: GivenPassword,
    content_type: str | None = "",
    url: str = "",
    on: Handler | Mapping[str, Handler] | None = None,
    around: Around | None = None,
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109  it is told to who waits as an answer
) -> Reply:
    """`answer` where an event loop runs: handlers may be async, and are cancelled after `timeout` seconds.

    One that is not async runs in a thread of the loop's, and goes on there once its time is over. Otherwise as `answer`.
    """
    answering = _answering(handlers, on, password, around, timeout)
    exchange = Exchange()
    began = time.perf_counter()
    reply = await answer_in_loop(
        answering, as_bytes(body), content_type or "", exchange, lambda request: Limit(timeout).run(_awaited(request)), *place_of(url)
    )
    return _told(reply, exchange, began)


def place_of(url: str) -> tuple[str, bytes]:
    """Path and query string of a URL, or of its end."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address: whoever calls can send a Host
        return "", b""
    return parts.path, parts.query.encode("utf-8", "replace")


def as_bytes(body: object) -> bytes:
    """A body, if it is bytes. Raises TypeError."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    raise TypeError(f"a body is bytes, as they were sent, not {type(body).__name__}: Flask's request.get_data(), Django's request.body")


def _answering(
    handlers: Handler | Mapping[str, Handler] | None,
    on: Handler | Mapping[str, Handler] | None,
    password: GivenPassword,
    around: Around | None,
    timeout: float,
) -> Answering:
    if handlers is None and on is None:
        raise UsageError("there is no handler", "neither one of queries nor one of events is given", "answer(body, handler, password=...)")
    seconds = environment.timeout(timeout, DEFAULT_TIMEOUT)
    return Answering(by_name(handlers), known_by(password), on=by_event(on), around=around, timeout=seconds)


async def _awaited(request: Accepted) -> object:
    assert request.handler is not None
    if request.awaits:
        return await request.handler(request.given)
    returned, error = await asyncio.to_thread(_outcome, request.handler, request.given)
    if error is not None:
        raise raisable(error)
    return await returned if inspect.isawaitable(returned) else returned


def _outcome(handler: Handler, given: Query | Event) -> tuple[object, BaseException | None]:
    """What a handler returns or raises, in a thread."""
    try:
        return handler(given), None
    except BaseException as error:
        return None, error


def _told(reply: Reply, exchange: Exchange, began: float) -> Reply:
    """The reply, once the logger knows."""
    level = logging.ERROR if exchange.trace else logging.WARNING if exchange.problem or exchange.notes else logging.INFO
    if _LOG.isEnabledFor(level):
        exchange.ms = (time.perf_counter() - began) * 1000
        _LOG.log(level, "%s", "\n".join(visible(line) for line in exchange_lines(exchange)))
    return reply
