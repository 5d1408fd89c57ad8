"""The applications for servers of other people, from arguments or else from the environment: one for ASGI, one for WSGI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.settings import Settings
from ...errors import UsageError
from . import environment
from .answering import DEFAULT_TIMEOUT, Answering

if TYPE_CHECKING:
    from .environment import Log
    from .handlers import Around, GivenHandlers
    from .passwords import GivenPassword
    from .responder import Responder
    from .wsgi import WsgiResponder


def create_app(
    handler: GivenHandlers = None,
    *,
    on: GivenHandlers = None,
    around: Around | None = None,
    timeout: float | None = None,
    config: str | None = None,
    password: GivenPassword = None,
) -> Responder:
    """The application for any ASGI server, from arguments or else from the environment.

    `handler`: a function, "mod:fn", several "NAME=mod:fn", or functions by query name; else INFOCALLER_HANDLER (several: one a
    line). `on`: the same for events, by INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO, FIN, or "event" for all others; a handler gets an
    `Event`. `around` makes a context manager that every call of a handler happens in, in its thread. `timeout` of a handler in
    seconds, else INFOCALLER_TIMEOUT, else 5; `config` a file, else INFOCALLER_CONFIG and the usual places; `password` the telephone
    password, or a function that gives that of a line (None: not known, refused with 403); else INFOCALLER_PASSWORD, else the
    configuration's. Raises UsageError.
    """
    from .responder import Responder

    log = environment.Log()
    return Responder(_answering(log, handler, on, around, timeout, config, password), log=log.exchange, warn=log.warn)


def create_wsgi_app(
    handler: GivenHandlers = None,
    *,
    on: GivenHandlers = None,
    around: Around | None = None,
    timeout: float | None = None,
    config: str | None = None,
    password: GivenPassword = None,
) -> WsgiResponder:
    """The application for any WSGI server (gunicorn, mod_wsgi, waitress), or to be mounted; otherwise as `create_app`.

    Handlers run in the thread that the server calls in, and nothing stops one there: an answer that comes later than `timeout` is not
    given, and the server's own time-out is what frees the thread. Raises UsageError, also for a handler that is async.
    """
    from .wsgi import WsgiResponder

    log = environment.Log()
    answering = _answering(log, handler, on, around, timeout, config, password)
    refuse_async(answering, "create_app, for an ASGI server, takes it")
    return WsgiResponder(answering, log=log.exchange)


def _answering(
    log: Log,
    handler: GivenHandlers,
    on: GivenHandlers,
    around: Around | None,
    timeout: float | None,
    config: str | None,
    password: GivenPassword,
) -> Answering:
    queries, events = environment.handlers(handler, on)
    return Answering(
        queries,
        environment.known_passwords(Settings(log, config), password),
        on=events,
        around=around,
        timeout=environment.timeout(timeout, DEFAULT_TIMEOUT),
    )


def refuse_async(answering: Answering, hint: str) -> None:
    """Raise UsageError where a handler is async, for who has no loop."""
    for handler in answering.waiting:
        name = getattr(handler, "__qualname__", type(handler).__name__)
        raise UsageError(f"the handler {name} is async", "it is called where no event loop runs", hint)
