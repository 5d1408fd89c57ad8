"""From bytes to bytes: a query in, a handler's answer out; or an event in, and a handler told. No server, no thread, no loop.

Every door (`responder` for ASGI, `wsgi`, `direct` for a call) does the same three things: `open` what came, call the handler in its own
way, `close` with what came of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...codec import Decoded, EncodeError, encode, spec
from ...codec.plain_answer import plain_answer
from ...codec.rules import judge_answer
from ...config.keys import BY_KEY
from ...errors import DecodeError, SignatureError
from .event import Event, event_of
from .exchange import problem_line
from .handlers import surrounded
from .incoming import RefusedError, blame_sender, check_signature, read_document, refused_for
from .query import Answer, Query, QueryError, answer_of, query_of, response_of
from .threads import is_async
from .time_limit import HandlerTimeoutError, UnraisableError

if TYPE_CHECKING:
    from .exchange import Exchange
    from .handlers import Around, Handler, Handlers
    from .passwords import Password

DEFAULT_TIMEOUT = float(BY_KEY["timeout"].default)
# What the caller's side is told of what is nobody's business
_NEUTRAL = "the query could not be answered"


class Reply(NamedTuple):
    """What goes back to whoever sent a query or an event: HTTP status, Content-Type and body, and nothing secret in them.

    An event's has no body. `problem` is why the call gets nothing of a handler, in one printable line, "" where it does: for your log,
    never for the sender.
    """

    status: int
    content_type: str
    body: bytes
    problem: str = ""


class _FailedError(Exception):
    """The handler did not do what a handler must. `problem` is for the developer."""

    def __init__(self, problem: str, trace: BaseException | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.trace = trace


@dataclass(slots=True)
class Accepted:
    """A query or event with a good signature, and who handles it: None where nobody is named, async where `awaits`."""

    given: Query | Event
    decoded: Decoded
    handler: Handler | None
    awaits: bool
    exchange: Exchange


class Answering:
    """Answers queries and takes events.

    `handlers` answer queries by name, `on` takes events; under None the one of all others. `password(line)` tells what is known of a
    line's password. `around` makes a context manager that every call of a handler happens in. `timeout` is what a handler may take,
    in seconds: the doors keep it.
    """

    def __init__(
        self,
        handlers: Handlers,
        password: Callable[[str], Password],
        *,
        on: Handlers | None = None,
        around: Around | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self._handlers = _with_kind(handlers, around)
        self._on = _with_kind(on or {}, around)
        self._password = password
        self.timeout = timeout

    @property
    def waiting(self) -> list[Handler]:
        """The handlers that are async."""
        return [handler for known in (self._handlers, self._on) for handler, awaits in known.values() if awaits]

    def open(self, body: bytes, content_type: str, exchange: Exchange, path: str = "", query: bytes = b"") -> Accepted:
        """What a request's body comes to; path and query string of its URL tell which event it is. Raises RefusedError."""
        try:
            decoded = read_document(body, content_type)
        except DecodeError as error:
            raise refused_for(error, body, content_type) from None
        given = self._given(decoded, exchange, path, query)
        try:
            check_signature(decoded, self._password(given.line))
        except SignatureError as error:
            raise RefusedError(error.status, error.what, error.why, decoded.format) from None
        except Exception as error:  # the function's that was given for passwords, or a password that makes no signature
            why = f"the password of line {given.line} cannot be had: {in_short(error)}"
            raise RefusedError(500, _NEUTRAL, why, decoded.format, trace=error) from None
        known, name = (self._on, given.kind) if isinstance(given, Event) else (self._handlers, given.name)
        handler, awaits = known.get(name) or known.get(None) or (None, False)
        return Accepted(given, decoded, handler, awaits, exchange)

    def _given(self, decoded: Decoded, exchange: Exchange, path: str, query: bytes) -> Query | Event:
        given: Query | Event
        if decoded.document.kind is spec.Kind.QUERY:
            given = query_of(decoded.document)
            exchange.name = given.name
        else:
            given = event_of(decoded.document, path, query)
            exchange.name = given.kind or "event"
        exchange.call, exchange.given = given.call, given.variables.copy()
        return given

    def refuse(self, refused: RefusedError, exchange: Exchange) -> Reply:
        """What goes back where a request is refused."""
        exchange.status, exchange.trace = refused.status, refused.trace
        exchange.answer = response_of(Answer({}, "1", refused.text))
        exchange.problem = refused.why or refused.text
        return Reply(refused.status, spec.CONTENT_TYPES[refused.format], encode(exchange.answer, refused.format), problem_line(exchange))

    def close(self, request: Accepted, returned: object = None, error: BaseException | None = None) -> Reply:
        """What goes back, by what the handler returned or raised. Where there is none, neither."""
        exchange = request.exchange
        failed = None if error is None or isinstance(error, QueryError) else self._failed(error)
        if isinstance(request.given, Event):
            reply = self._taken(request, _raised(error) if isinstance(error, QueryError) else failed)
        else:
            try:
                if failed:
                    raise failed
                reply = self._answered(request, returned, error)
            except _FailedError as failure:
                exchange.problem, exchange.trace = failure.problem, failure.trace
                reply = self._write(Answer({}, "1", _NEUTRAL), 500, request)
            exchange.answered = True
        blame_sender(request.decoded, exchange)
        return reply._replace(problem=problem_line(exchange)) if exchange.problem else reply

    def _failed(self, error: BaseException) -> _FailedError:
        if isinstance(error, asyncio.CancelledError):
            return _FailedError("the handler was cancelled")
        if isinstance(error, HandlerTimeoutError):
            return _FailedError(f"the handler took longer than {self.timeout:g} s")
        return _raised(error.meant if isinstance(error, UnraisableError) else error)

    def _taken(self, request: Accepted, failed: _FailedError | None) -> Reply:
        """The reply to an event. Status and log are all there is to say."""
        exchange = request.exchange
        if failed:
            exchange.status, exchange.problem, exchange.trace = 500, failed.problem, failed.trace
        elif request.handler is None:
            kind = request.exchange.name
            exchange.outcome = f"accepted, and no handler is named for it (--on {kind}=MODULE:FUNCTION)"
        else:
            exchange.outcome = "handled"
        return Reply(exchange.status, "text/plain", b"")

    def _answered(self, request: Accepted, returned: object, error: BaseException | None) -> Reply:
        """The reply to a query. Raises _FailedError."""
        if request.handler is None:
            request.exchange.problem = f"no handler is named for the query {request.exchange.name!r}"
            return self._write(Answer({}, "1", "this query is not known here"), 200, request)
        if isinstance(error, QueryError):
            if str(error.result).strip() in ("", spec.DONE):
                raise _FailedError("the result of a QueryError cannot be 0 or empty", error) from None
            return self._write(Answer({}, error.result, error.text), 200, request)
        try:
            answer = answer_of(returned)
        except TypeError as wrong:
            raise _FailedError(str(wrong)) from None
        return self._write(answer, 200, request)

    def _write(self, answer: Answer, status: int, request: Accepted) -> Reply:
        """The reply that an answer makes, if the rules allow it. Raises _FailedError."""
        format, exchange = request.decoded.format, request.exchange
        try:
            document = response_of(answer)
            plain = plain_answer(document, format)
            findings = [] if plain else judge_answer(document, format)
            wrong = next((finding for finding in findings if finding.level == "error"), None)
            body = plain or (b"" if wrong else encode(document, format))
        except (TypeError, EncodeError) as error:
            raise _FailedError(f"the answer cannot be sent: {error}") from None
        except Exception as error:  # a dict or an int of the handler's that is not what it seems
            raise _FailedError(f"the answer cannot be sent: {in_short(error)}", error) from None
        if wrong:
            raise _FailedError(f"the answer breaks {wrong.code}: {wrong.path}: {wrong.message}")
        exchange.answer, exchange.status = document, status
        exchange.notes = tuple(f"{finding.code}: {finding.path}: {finding.message}" for finding in findings)
        return Reply(status, spec.CONTENT_TYPES[format], body)


def _with_kind(handlers: Handlers, around: Around | None) -> dict[str | None, tuple[Handler, bool]]:
    """Each handler, within `around`, with whether it is async."""
    return {name: (surrounded(handler, around) if around else handler, is_async(handler)) for name, handler in handlers.items()}


def _raised(error: BaseException) -> _FailedError:
    return _FailedError(f"the handler raised {in_short(error)}", error)


def in_short(error: BaseException) -> str:
    """The name of an error's class, and what it says."""
    try:
        text = str(error)
    except Exception:  # the handler's own, too
        text = "(without a text)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
