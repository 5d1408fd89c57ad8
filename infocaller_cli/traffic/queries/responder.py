"""The responder: an ordinary ASGI application. A query in, a handler's answer out; or an event in, and a handler told.

Runs under any ASGI server: INFOCALLER_HANDLER=app:fn uvicorn --factory infocaller_cli:create_app
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ...codec import Decoded, EncodeError, encode, spec
from ...codec.rules import judge_answer
from ...codec.signature import verify
from ...config.keys import BY_KEY
from ..http.asgi import CONTENT_TYPES, GoneError, Receive, Scope, Send, lifespan, respond, unhurried
from ..http.message import header
from .event import Event, event_of
from .exchange import Exchange, Password
from .handlers import Around, Given, Handler, Handlers, surrounded
from .incoming import RefusedError, blame_sender, body_of, read_document
from .query import Answer, Query, QueryError, answer_of, query_of, response_of
from .threads import Threads, is_async
from .time_limit import HandlerTimeoutError, Limit, UnraisableError

DEFAULT_TIMEOUT = float(BY_KEY["timeout"].default)
# What the caller's side is told of what is nobody's business
_NEUTRAL = "the query could not be answered"


class Response(NamedTuple):
    """What goes out. `answers`: it answers a query that had a good signature, or none that was to be checked."""

    status: int
    format: str
    body: bytes
    answers: bool = False
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _FailedError(Exception):
    """The handler did not do what a handler must. `problem` is for the developer."""

    def __init__(self, problem: str, trace: BaseException | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.trace = trace


class Responder:
    """The ASGI application.

    `handlers` answer queries by name, `on` takes events; under None the one of all others. `password(line)` tells what is known of a
    line's password; `log` takes every exchange; `answered` is called once a query with a good signature has got its answer; `warn`
    takes what concerns no single request. `timeout` is in seconds. `run` calls the handlers that are not async; without it they run
    in threads.
    """

    def __init__(
        self,
        handlers: Handlers,
        password: Callable[[str], Password],
        *,
        on: Handlers | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        log: Callable[[Exchange], None],
        warn: Callable[[str], None],
        answered: Callable[[], None] | None = None,
        run: Callable[[Handler, Query | Event], Awaitable[object]] | None = None,
    ) -> None:
        self._handlers = _by_name(handlers)
        self._on = _by_name(on or {})
        self._password = password
        self._log = log
        self._warn = warn
        self._answered = answered
        self._run = run
        self._timeout = timeout
        self._crews: dict[asyncio.AbstractEventLoop, tuple[Limit, Threads]] = {}

    def _crew(self) -> tuple[Limit, Threads]:
        """What runs the handlers in this loop: tests, and some servers, have one loop after the other."""
        loop = asyncio.get_running_loop()
        crew = self._crews.get(loop)
        if crew is None:
            for closed in [one for one in self._crews if one.is_closed()]:
                self._crews.pop(closed)[1].end()
            limit = Limit(self._timeout)
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
        try:
            body = await body_of(scope, receive)
        except GoneError:
            return None
        except RefusedError as refused:
            response = self._refuse(exchange, refused)
        else:
            response = await self.answer(body, header(scope["headers"], b"content-type").decode("latin-1"), exchange, scope)
        headers = [(b"content-type", CONTENT_TYPES[response.format])] if response.body else []
        await respond(send, response.status, [*headers, *response.headers], response.body)
        exchange.ms = (time.perf_counter() - began) * 1000
        self._log(exchange)
        if self._answered is not None and response.answers:
            self._answered()
        return None

    def refused(self, client: str, status: str, why: str) -> None:
        """What a client sent was no request, or came too slowly."""
        self._log(Exchange(status=int(status[:3]), problem=f"what {client} sent was refused: {status}: {why}"))

    async def answer(self, body: bytes, content_type: str, exchange: Exchange, scope: Scope | None = None) -> Response:
        """What a request's body comes to; `exchange` is filled in. The URL of `scope` tells which event it is. Nothing escapes."""
        try:
            # A test's handler runs where its test does, maybe without an event loop
            decoded = await unhurried(0 if self._run else len(body), read_document, body, content_type)
            document = decoded.document
            given: Query | Event
            if document.kind is spec.Kind.QUERY:
                given = query_of(document)
                exchange.name = given.name
            else:
                given = event_of(document, scope["path"], scope["query_string"]) if scope else event_of(document)
                exchange.name = given.kind or "event"
            exchange.call, exchange.given = given.call, given.variables.copy()
            self._check(decoded)
        except RefusedError as refused:
            return self._refuse(exchange, refused)
        if isinstance(given, Event):
            response = await self._take(given, exchange)
        else:
            response = await self._reply(given, decoded.format, exchange)
        blame_sender(decoded, exchange)
        return response

    def _refuse(self, exchange: Exchange, refused: RefusedError) -> Response:
        exchange.status = refused.status
        exchange.answer = response_of(Answer({}, "1", refused.text))
        exchange.problem = refused.why or refused.text
        return Response(refused.status, refused.format, encode(exchange.answer, refused.format), headers=refused.headers)

    def _check(self, decoded: Decoded) -> None:
        """The signature, where the password of the line is known. Raises RefusedError."""
        document = decoded.document
        password = self._password(document.line or "")
        if password.text is None:
            if password.needed:
                raise RefusedError(403, "the signature is not valid", f"no password is known for line {document.line}", decoded.format)
            return
        verdict = verify(document, password.text)
        if not verdict.valid:
            raise RefusedError(403, "the signature is not valid", verdict.reason, decoded.format)

    async def _take(self, event: Event, exchange: Exchange) -> Response:
        """Hand an event to its handler. Status and log are all there is to say."""
        handler = self._on.get(event.kind) or self._on.get(None)
        if handler is None:
            exchange.outcome = f"accepted, and no handler is named for it (--on {event.kind or 'event'}=MODULE:FUNCTION)"
            return Response(200, spec.XML, b"")
        try:
            await self._call(handler, event)
        except (QueryError, _FailedError) as error:
            failed = error if isinstance(error, _FailedError) else _raised(error)
            exchange.status, exchange.problem, exchange.trace = 500, failed.problem, failed.trace
        else:
            exchange.outcome = "handled"
        return Response(exchange.status, spec.XML, b"")

    async def _reply(self, query: Query, format: str, exchange: Exchange) -> Response:
        """The answer of the query's handler."""
        handler = self._handlers.get(query.name) or self._handlers.get(None)
        if handler is None:
            exchange.problem = f"no handler is named for the query {query.name!r}"
            return self._write(Answer({}, "1", "this query is not known here"), 200, format, exchange)
        try:
            return self._write(await self._ask(handler, query), 200, format, exchange)
        except _FailedError as failed:
            exchange.problem, exchange.trace = failed.problem, failed.trace
            return self._write(Answer({}, "1", _NEUTRAL), 500, format, exchange)

    async def _ask(self, handler: tuple[Handler, bool], query: Query) -> Answer:
        """What the handler meant by what it returned or by its QueryError. Raises _FailedError."""
        try:
            returned = await self._call(handler, query)
        except QueryError as error:
            if str(error.result).strip() in ("", spec.DONE):
                raise _FailedError("the result of a QueryError cannot be 0 or empty", error) from None
            return Answer({}, error.result, error.text)
        try:
            return answer_of(returned)
        except TypeError as error:
            raise _FailedError(str(error)) from None

    async def _call(self, handler: tuple[Handler, bool], given: Query | Event) -> object:
        """What a handler returns. A QueryError goes through; raises _FailedError for all else that it raises, and for a time-out."""
        function, is_coroutine = handler
        try:
            if is_coroutine:
                return await self._crew()[0].run(function(given))
            return await (self._run or self._crew()[1].run)(function, given)
        except (QueryError, GeneratorExit):  # GeneratorExit: the server closes this very coroutine
            raise
        except HandlerTimeoutError:
            raise _FailedError(f"the handler took longer than {self._timeout:g} s") from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the server stops
                raise
            raise _FailedError("the handler was cancelled") from None
        except UnraisableError as error:
            raise _raised(error.meant) from None
        except BaseException as error:  # whatever it is, it is the handler's, and the server goes on
            raise _raised(error) from None

    def _write(self, answer: Answer, status: int, format: str, exchange: Exchange) -> Response:
        """The response that an answer makes, if the rules allow it. Raises _FailedError."""
        try:
            document = response_of(answer)
            findings = judge_answer(document, format)
            wrong = next((finding for finding in findings if finding.level == "error"), None)
            body = b"" if wrong else encode(document, format)
        except (TypeError, EncodeError) as error:
            raise _FailedError(f"the answer cannot be sent: {error}") from None
        except Exception as error:  # a dict or an int of the handler's that is not what it seems
            raise _FailedError(f"the answer cannot be sent: {_in_short(error)}", error) from None
        if wrong:
            raise _FailedError(f"the answer breaks {wrong.code}: {wrong.path}: {wrong.message}")
        exchange.answer, exchange.status = document, status
        exchange.notes = tuple(f"{finding.code}: {finding.path}: {finding.message}" for finding in findings)
        return Response(status, format, body, answers=True)


def _by_name(handlers: Handlers) -> dict[str | None, tuple[Handler, bool]]:
    """Each handler with whether it is async."""
    return {name: (handler, is_async(handler)) for name, handler in handlers.items()}


def _raised(error: BaseException) -> _FailedError:
    return _FailedError(f"the handler raised {_in_short(error)}", error)


def _in_short(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # the handler's own, too
        text = "(without a text)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def create_app(
    handler: Given = None,
    *,
    on: Given = None,
    around: Around | None = None,
    timeout: float | None = None,
    config: str | None = None,
    password: str | None = None,
) -> Responder:
    """The application for any ASGI server, from arguments or else from the environment.

    `handler`: a function, "mod:fn", several "NAME=mod:fn", or functions by query name; else INFOCALLER_HANDLER (several: one a
    line). `on`: the same for events, by INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO, FIN, or "event" for all others; a handler gets an
    `Event`. `around` makes a context manager that every call of a handler happens in, in its thread. `timeout` of a handler in
    seconds, else INFOCALLER_TIMEOUT, else 5; `config` a file, else INFOCALLER_CONFIG and the usual places; `password` the telephone
    password, else INFOCALLER_PASSWORD, else the configuration's. Raises UsageError.
    """
    from ...config.settings import Settings
    from . import environment

    log = environment.Log()
    handlers = environment.handlers(handler, on)
    queries, events = (surrounded(one, around) for one in handlers) if around else handlers
    return Responder(
        queries,
        environment.known_passwords(Settings(log, config), password),
        on=events,
        timeout=environment.timeout(timeout, DEFAULT_TIMEOUT),
        log=log.exchange,
        warn=log.warn,
    )
