"""Infocaller's side of the API, for tests."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..codec import decode, spec
from ..codec.signature import check_password
from ..spelling import named
from ..streams import visible
from ..traffic.queries.answering import Accepted, Answering, Reply
from ..traffic.queries.calling import answer_here, answer_in_loop
from ..traffic.queries.event import Event
from ..traffic.queries.exchange import Exchange, below_ours
from ..traffic.queries.passwords import known_by
from ..traffic.queries.query import Answer, Query
from ..traffic.queries.threads import awaited, is_async
from ..traffic.queries.time_limit import HandlerTimeoutError, Limit
from ..traffic.send.judgement import judge
from .client import parts_of
from .message import Message, message
from .outcome import Outcome, complaint, outcome_of

if TYPE_CHECKING:
    from pathlib import Path

    from .calls import Simulated

# The status of an answer that no handler meant, and of what went well
_FAILED, _OK = 500, 200
Given = Mapping[str, str | int]
EventHandler = Callable[[Event], Any]
Handler = Callable[[Query], Given | Answer | Awaitable[Given | Answer | None] | None]


class Infocaller:
    """Makes what Infocaller sends, asks handlers in this process, and judges what an application answers.

    `password` signs and checks; without one it is the example of the provider's page. `format` is "xml" or "json".
    Fields of a call are given by the names of `infocaller sample`: line, call, call_type, caller ("X" is hidden), called,
    outbound, idcall, country, and for FIN seconds, start, cost_rx, cost_tx, actions. What is not given is realistic.
    """

    def __init__(self, password: str = spec.EXAMPLE_PASSWORD, *, format: str = spec.XML) -> None:
        self._password = check_password(password)
        self._format = format

    def event(
        self,
        name: str,
        variables: Given | None = None,
        /,
        *,
        format: str | None = None,
        encoding: str = "",
        as_printed: bool = False,
        password: str | None = None,
        **fields: Any,
    ) -> Message:
        """An event: INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO or FIN, with the call's variables so far.

        `encoding` is "ascii", "iso-8859-1" or "utf-8"; `as_printed` writes XML as the provider's page shows it, the hardest to
        read. Raises UsageError for what a valid document cannot hold, TypeError for a field that there is not.
        """
        __tracebackhide__ = True
        return message(
            named("event", name, spec.EVENTS), self._password if password is None else password, variables, fields,
            format=format or self._format, encoding=encoding, as_printed=as_printed,
        )  # fmt: skip

    def query(
        self,
        name: str,
        variables: Given | None = None,
        /,
        *,
        format: str | None = None,
        encoding: str = "",
        as_printed: bool = False,
        password: str | None = None,
        **fields: Any,
    ) -> Message:
        """A query of this name, with the call's variables so far (none, unless given). Otherwise as `event`."""
        __tracebackhide__ = True
        return message(
            "QUERY", self._password if password is None else password, variables or {}, fields,
            format=format or self._format, encoding=encoding, as_printed=as_printed, query_name=name,
        )  # fmt: skip

    def ask(
        self, handler: Handler, query: str | Message, variables: Given | None = None, /, *, timeout: float = 5.0, **fields: Any
    ) -> Outcome:
        """Ask a handler, as `serve-query` does: the query is read and its signature checked, the answer judged by the rules.

        `query` is a name or what `query` made. A handler that is not async runs in this thread, so that database transactions and
        context of the test are its own too; `timeout` (seconds) is looked at once it returns.

        Raises what the handler raises (a QueryError is an answer), AssertionError for an answer the rules forbid and for a time-out,
        RuntimeError where an event loop runs: there `ask_async` is awaited.
        """
        __tracebackhide__ = True
        if _loop_runs():
            raise RuntimeError("ask() cannot run in an async test: await infocaller.ask_async(...)")
        message = self._query(query, variables, fields)
        return _outcome(message, *self._asked(handler, message, timeout))

    async def ask_async(
        self,
        handler: Handler,
        query: str | Message,
        variables: Given | None = None,
        /,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109  the responder watches it, and says what it means
        **fields: Any,
    ) -> Outcome:
        """`ask` for async tests: the handler runs in their event loop."""
        __tracebackhide__ = True
        message = self._query(query, variables, fields)
        return _outcome(message, *await self._asked_in_loop(handler, message, timeout))

    def notify(
        self,
        handler: Callable[[Event], Any],
        event: str | Message,
        variables: Given | None = None,
        /,
        *,
        timeout: float = 5.0,
        **fields: Any,
    ) -> None:
        """Hand an event to a handler, as `serve-query --on` does. `event` is a name or what `event` made; otherwise as `ask`.

        Raises what the handler raises, AssertionError for a time-out and for what a server refuses (a wrong signature).
        """
        __tracebackhide__ = True
        if _loop_runs():
            raise RuntimeError("notify() cannot run in an async test: await the handler there")
        message = self.event(event, variables, **fields) if isinstance(event, str) else _made(event, variables, fields)
        reply, exchange = self._asked(handler, message, timeout)
        if exchange.trace is not None:
            raise exchange.trace.with_traceback(below_ours(exchange.trace.__traceback__))
        if reply.status != _OK:
            raise AssertionError(f"{message!r} was not taken:\n  {visible(exchange.problem)}")

    def check_answer(
        self, query: Message, answer: object, content_type: str | None = None, /, *, status: int | None = None, strict: bool = False
    ) -> Outcome:
        """Judge what an application answered to a query, as the script of a call and `send-query` do.

        `answer` is the body (bytes or str), or what a test client returns (Django, Flask, FastAPI, httpx, requests, WebTest): then
        its status and Content-Type are looked at too. A Result that is not 0 is a valid answer, which the outcome tells.

        Raises AssertionError, with a line for each finding, unless the status is 2xx and no rule is broken; `strict`: nor one that warns.
        """
        __tracebackhide__ = True
        number, type, body = parts_of(answer)
        number = number if status is None else status
        judgement = judge(number, content_type or type, body, decode(query.raw))
        wrong = complaint(judgement, number, body, strict=strict)
        if wrong:
            raise AssertionError(f"no good answer to {query!r}:\n{wrong}")
        return outcome_of(judgement, number, body)

    def simulate(
        self,
        script: str | Path,
        keys: Iterable[str] = (),
        diverts: Iterable[str] = (),
        *,
        app: Any = None,
        to: str | None = None,
        faults: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        **fields: Any,
    ) -> Simulated:
        """Play the script of a call (a file, as for `infocaller simulate`) and tell what came of it.

        `keys` are the caller's answers in order ("" presses nothing, "hangup" hangs up), `diverts` what becomes of diverted calls
        ("answered 60", "busy", "no answer"). `app` is an ASGI or WSGI application, a test client or an httpx transport, or None for
        the network; `to` the URL or path of all requests, else the script says, else an `app` gets them at "/". `faults` is by query:
        "no answer", "slow" or a status. `timeout` (seconds) is that of each request.

        Raises AssertionError where answers are left over or lacking, UsageError for a script that is wrong, InputError for a file
        that cannot be read, RuntimeError where an event loop runs.
        """
        __tracebackhide__ = True
        from .calls import simulate

        if _loop_runs():
            raise RuntimeError("simulate() cannot run in an async test: await asyncio.to_thread(infocaller.simulate, ...)")
        return simulate(script, keys, diverts, dict(faults or {}), app, to, self._password, self._format, fields, timeout)

    def _query(self, query: str | Message, variables: Given | None, fields: dict[str, Any]) -> Message:
        __tracebackhide__ = True
        if isinstance(query, str):
            return self.query(query, variables, **fields)
        if query.event:
            raise TypeError(f"{query!r} is no query: notify() hands events to handlers")
        return _made(query, variables, fields)

    def _asked(self, handler: Callable[[Any], Any], message: Message, timeout: float) -> tuple[Reply, Exchange]:
        """A handler that is not async runs without an event loop: Django forbids its database where one runs."""
        if is_async(handler):
            return asyncio.run(self._asked_in_loop(handler, message, timeout))
        exchange = Exchange()
        answering = self._answering(_awaiting(handler), timeout)
        return answer_here(answering, message.body, message.content_type, exchange, f"/{message.event}"), exchange

    async def _asked_in_loop(self, handler: Callable[[Any], Any], message: Message, timeout: float) -> tuple[Reply, Exchange]:  # noqa: ASYNC109
        exchange = Exchange()
        answering = self._answering(handler, timeout)
        call = _calling(timeout)
        return await answer_in_loop(answering, message.body, message.content_type, exchange, call, f"/{message.event}"), exchange

    def _answering(self, handler: Callable[[Any], Any], timeout: float) -> Answering:
        return Answering({None: handler}, known_by(self._password), on={None: handler}, timeout=timeout)

    def __repr__(self) -> str:
        return f"<Infocaller: {self._format}>"


def _made(message: Message, variables: Given | None, fields: dict[str, Any]) -> Message:
    """A message that is made, to which nothing can be given."""
    __tracebackhide__ = True
    if variables is not None or fields:
        raise TypeError("the query is made already: its variables and fields were given then")
    return message


def _outcome(message: Message, reply: Reply, exchange: Exchange) -> Outcome:
    """What came of asking a handler. Raises what it raised, AssertionError where it did what a handler must not do."""
    __tracebackhide__ = True
    if exchange.trace is not None:
        raise exchange.trace.with_traceback(below_ours(exchange.trace.__traceback__))
    if reply.status == _FAILED:
        raise AssertionError(f"no good answer to {message!r}:\n  {visible(exchange.problem)}")
    judgement = judge(reply.status, reply.content_type, reply.body, decode(message.raw))
    return outcome_of(judgement, reply.status, reply.body, "" if exchange.answered else exchange.problem)


def _awaiting(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The handler; where it returns something to be awaited, nothing says before that it is async."""

    def called(given: Any) -> Any:
        returned = handler(given)
        return asyncio.run(awaited(returned)) if inspect.isawaitable(returned) else returned

    return called


def _calling(timeout: float) -> Callable[[Accepted], Awaitable[object]]:
    """Calls a handler in the test's loop. One that is not async cannot be stopped, so the time limit is looked at once it returns."""

    async def call(request: Accepted) -> object:
        assert request.handler is not None
        if request.awaits:
            return await Limit(timeout).run(request.handler(request.given))
        began = time.monotonic()
        returned: object = request.handler(request.given)
        if inspect.isawaitable(returned):
            returned = await returned
        if time.monotonic() - began > timeout:
            raise HandlerTimeoutError
        return returned

    return call


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
