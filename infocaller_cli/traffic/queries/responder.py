"""The responder: an ordinary ASGI application. A query in, a handler's answer out.

Runs under any ASGI server: INFOCALLER_HANDLER=app:fn uvicorn --factory infocaller_cli:create_app
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from ...codec import Decoded, EncodeError, decode, encode, spec
from ...codec.form import open_body
from ...codec.rules import judge_answer
from ...codec.signature import verify
from ...config.keys import BY_KEY
from ...errors import DecodeError
from ..http.asgi import CONTENT_TYPES, GoneError, Receive, Scope, Send, TooLargeError, lifespan, read_body, respond
from ..http.message import header
from .exchange import Exchange, Password
from .handlers import Handler, Handlers
from .query import Answer, Query, QueryError, answer_of, query_of, response_of
from .threads import HandlerTimeoutError, Limit, Threads, UnraisableError, is_async

MAX_BODY = spec.MAX_DOCUMENT
DEFAULT_TIMEOUT = float(BY_KEY["timeout"].default)
# What the caller's side is told of what is nobody's business
_NEUTRAL = "the query could not be answered"


class Reply(NamedTuple):
    """An answer on its way out. `signed`: the query had a good signature, or none was to be checked."""

    status: int
    format: str
    body: bytes
    signed: bool = True
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _RefusedError(Exception):
    """The request gets no answer of a handler."""

    def __init__(self, status: int, text: str, why: str = "", format: str = spec.XML) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.why = why
        self.format = format


class _FailedError(Exception):
    """The handler did not do what a handler must. `problem` is for the developer."""

    def __init__(self, problem: str, trace: BaseException | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.trace = trace


class Responder:
    """The ASGI application.

    `password(line)` tells what is known of a line's password; `log` takes every exchange; `answered` is called once a query
    with a good signature has got its answer; `warn` takes what concerns no single query. `timeout` is in seconds. `run` calls
    the handlers that are not async; without it they run in threads.
    """

    def __init__(
        self,
        handlers: Handlers,
        password: Callable[[str], Password],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        log: Callable[[Exchange], None],
        warn: Callable[[str], None],
        answered: Callable[[], None] | None = None,
        run: Callable[[Handler, Query], Awaitable[object]] | None = None,
    ) -> None:
        self._handlers: dict[str | None, tuple[Handler, bool]] = {name: (one, is_async(one)) for name, one in handlers.items()}
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
            body = await _body(scope, receive)
        except TooLargeError:
            reply = self._refuse(exchange, _RefusedError(413, "the body is too large", f"the limit is {MAX_BODY:,} bytes"))
        except GoneError:
            return None
        except _RefusedError as refused:
            reply = self._refuse(exchange, refused)._replace(headers=((b"allow", b"POST"),))
        else:
            reply = await self.answer(body, header(scope["headers"], b"content-type").decode("latin-1"), exchange)
        headers = [(b"content-type", CONTENT_TYPES[reply.format]), *reply.headers]
        await respond(send, reply.status, headers, reply.body)
        exchange.ms = (time.perf_counter() - began) * 1000
        self._log(exchange)
        if self._answered is not None and reply.signed:
            self._answered()
        return None

    def refused(self, client: str, status: str, why: str) -> None:
        """What a client sent was no request, or came too slowly."""
        self._log(Exchange(status=int(status[:3]), problem=f"what {client} sent was refused: {status}: {why}"))

    async def answer(self, body: bytes, content_type: str, exchange: Exchange) -> Reply:
        """The answer to a request's body; `exchange` is filled in. Nothing escapes."""
        try:
            decoded = self._open(body, content_type)
            query = query_of(decoded.document)
            exchange.name, exchange.call, exchange.given = query.name, query.call, query.variables.copy()
            self._check(decoded)
        except _RefusedError as refused:
            return self._refuse(exchange, refused)
        return await self._reply(query, decoded.format, exchange)

    def _refuse(self, exchange: Exchange, refused: _RefusedError) -> Reply:
        exchange.status = refused.status
        exchange.answer = response_of(Answer({}, "1", refused.text))
        exchange.problem = refused.why or refused.text
        return Reply(refused.status, refused.format, encode(exchange.answer, refused.format), signed=False)

    def _open(self, body: bytes, content_type: str) -> Decoded:
        format = spec.XML
        try:
            document = open_body(body, content_type).document
            if document.lstrip()[:1] in (b"{", b"["):
                format = spec.JSON
            decoded = decode(document, hint=False)
        except DecodeError as error:
            raise _RefusedError(400, "the document is not readable", str(error), format) from None
        if decoded.document.kind is not spec.Kind.QUERY:
            raise _RefusedError(400, "the document is no query", f"it is of the kind {decoded.document.kind}", decoded.format)
        if decoded.document.ambiguous:
            raise _RefusedError(400, "the document is ambiguous", f"{decoded.document.ambiguous} stands twice", decoded.format)
        return decoded

    def _check(self, decoded: Decoded) -> None:
        """The signature, where the password of the line is known. Raises _RefusedError."""
        document = decoded.document
        password = self._password(document.line or "")
        if password.text is None:
            if password.needed:
                raise _RefusedError(403, "the signature is not valid", f"no password is known for line {document.line}", decoded.format)
            return
        verdict = verify(document, password.text)
        if not verdict.valid:
            raise _RefusedError(403, "the signature is not valid", verdict.reason, decoded.format)

    async def _reply(self, query: Query, format: str, exchange: Exchange) -> Reply:
        """The answer of the query's handler."""
        handler, is_coroutine = self._handlers.get(query.name) or self._handlers.get(None) or (None, False)
        if handler is None:
            exchange.problem = f"no handler is named for the query {query.name!r}"
            return self._write(Answer({}, "1", "this query is not known here"), 200, format, exchange)
        try:
            return self._write(await self._ask(handler, is_coroutine, query), 200, format, exchange)
        except _FailedError as failed:
            exchange.problem, exchange.trace = failed.problem, failed.trace
            return self._write(Answer({}, "1", _NEUTRAL), 500, format, exchange)

    async def _ask(self, handler: Handler, is_coroutine: bool, query: Query) -> Answer:
        """What the handler meant. Raises _FailedError."""
        try:
            if is_coroutine:
                returned = await self._crew()[0].run(handler(query))
            else:
                returned = await (self._run or self._crew()[1].run)(handler, query)
            return answer_of(returned)
        except QueryError as error:
            if str(error.result).strip() in ("", spec.DONE):
                raise _FailedError("the result of a QueryError cannot be 0 or empty", error) from None
            return Answer({}, error.result, error.text)
        except HandlerTimeoutError:
            raise _FailedError(f"the handler took longer than {self._timeout:g} s") from None
        except TypeError as error:
            if _raised_here(error):
                raise _FailedError(str(error)) from None
            raise _FailedError(f"the handler raised {_in_short(error)}", error) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the server stops
                raise
            raise _FailedError("the handler was cancelled") from None
        except UnraisableError as error:
            raise _FailedError(f"the handler raised {_in_short(error.meant)}", error.meant) from None
        except BaseException as error:  # whatever it is, it is the handler's, and the server goes on
            if isinstance(error, GeneratorExit):
                raise
            raise _FailedError(f"the handler raised {_in_short(error)}", error) from None

    def _write(self, answer: Answer, status: int, format: str, exchange: Exchange) -> Reply:
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
        return Reply(status, format, body)


async def _body(scope: Scope, receive: Receive) -> bytes:
    if scope["method"] != "POST":
        raise _RefusedError(405, "a query is sent with POST", f"it came with {scope['method']}")
    return await read_body(scope, receive, MAX_BODY)


def _raised_here(error: BaseException) -> bool:
    """Whether it was `answer_of` that complained, and not the handler."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is answer_of.__code__


def _in_short(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # the handler's own, too
        text = "(without a text)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def create_app(
    handler: Handler | str | Sequence[str] | Mapping[str, Handler] | None = None,
    *,
    timeout: float | None = None,
    config: str | None = None,
    password: str | None = None,
) -> Responder:
    """The application for any ASGI server, from arguments or else from the environment.

    `handler`: a function, "mod:fn", several "NAME=mod:fn", or functions by query name; else INFOCALLER_HANDLER (several: one a
    line). `timeout` of a handler in seconds, else INFOCALLER_TIMEOUT, else 5; `config` a file, else INFOCALLER_CONFIG and
    the usual places; `password` the telephone password, else INFOCALLER_PASSWORD, else the configuration's. Raises UsageError.
    """
    from ...config.settings import Surroundings
    from . import environment

    log = environment.Log()
    return Responder(
        environment.handlers(handler),
        environment.password_of(Surroundings(log, config), password),
        timeout=environment.timeout(timeout, DEFAULT_TIMEOUT),
        log=log.exchange,
        warn=log.warn,
    )
