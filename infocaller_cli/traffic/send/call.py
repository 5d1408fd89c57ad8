"""A played call on the wire: its requests written as `send-event` and `send-query` write theirs, its answers judged as theirs are.

`drive` is the loop that all who play calls share: a person at a terminal, cases, tests, load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ...calls import HANG_UP, NOT_SENT, Answer, Event, Play, Reply, Send, WantKeys, WantOutcome
from ...codec import decode, encode
from ...codec.form import FORM_TYPE, wrap
from ...codec.spec import EXAMPLE_PASSWORD, XML
from ...errors import InfocallerError, UnreachableError
from .judgement import Judgement, judge
from .request import request
from .urls import expand, used

if TYPE_CHECKING:
    import ssl

    from ...codec import Decoded
    from .request import Request
    from .sender import Response

_REDIRECT = 300


class Writing(NamedTuple):
    """How a call's documents are written and signed: as `codec.encode` takes it. `uuid` None: derived from the call."""

    format: str = XML
    charset: str = ""
    as_printed: bool = False
    password: str = EXAMPLE_PASSWORD
    uuid: str | None = None


class Written(NamedTuple):
    """A request of a call, ready to be sent, and the document in it."""

    event: Send
    request: Request
    decoded: Decoded


class Sent(NamedTuple):
    """What came of a request. `reply` is for the engine; `written` None: not sent, as nobody wants the event or a case says so.

    `judgement` only of a query's answer; `error` where none came.
    """

    event: Send
    reply: Reply
    written: Written | None = None
    response: Response | None = None
    judgement: Judgement | None = None
    error: InfocallerError | None = None

    @property
    def good(self) -> bool:
        """Whether the application did what is wanted of it (an event: a status of 2xx; a query: an appropriate response)."""
        return self.written is None or (isinstance(self.reply, Answer) and self.reply.done)


def written(event: Send, url: str, how: Writing) -> Written:
    """The request for what a call sends. Raises UsageError for a URL or a field that cannot be used."""
    data = encode(event.document(how.format, how.password), how.format, charset=how.charset, as_printed=how.as_printed)
    decoded = decode(data)
    name = None if event.is_query else event.kind
    to = event.diverted_to if "_NumDesvio" in used(url) else None
    expanded = expand(url, decoded.document, name, diverted_to=to, uuid=how.uuid)
    return Written(event, request(expanded.url, FORM_TYPE, wrap(data)), decoded)


def judged(one: Written, response: Response) -> Sent:
    """What an answer means for the call."""
    if one.event.is_query:
        judgement = judge(response.status, response.content_type, response.body, one.decoded, response.encoding)
        reply = Answer(not judgement.why, response.ms / 1000, {} if judgement.why else judgement.variables, judgement.why)
        return Sent(one.event, reply, one, response, judgement)
    done = 200 <= response.status < _REDIRECT
    return Sent(one.event, Answer(done, response.ms / 1000, why="" if done else f"the status is {response.status}"), one, response)


def exchange(one: Written, timeout: float, tls: ssl.SSLContext | None = None) -> Sent:
    """Send a request and judge its answer; `timeout` in seconds, a query's own wait beats it. Raises UsageError as `send` does."""
    import time

    from .sender import send

    began = time.perf_counter()
    try:
        response = send(one.request, one.event.wait or timeout, tls=tls)
    except UnreachableError as error:
        return Sent(one.event, Answer(False, time.perf_counter() - began, why=error.what), one, error=error)
    return judged(one, response)


def not_sent(event: Send, why: str = "") -> Sent:
    """For an event without a URL; with `why` for a query too, whose error action runs then."""
    return Sent(event, Answer(False, why=why) if event.is_query else NOT_SENT)


class Caller(Protocol):
    """Who answers for the caller and for those that the call is diverted to."""

    def keys(self, event: WantKeys) -> Reply:
        """Pressed or HANG_UP."""

    def outcome(self, event: WantOutcome) -> Reply:
        """An Outcome or HANG_UP."""


Show = Callable[[Event, Reply, Sent | None], None]


def drive(play: Play, caller: Caller, deliver: Callable[[Send], Sent], show: Show = lambda *_: None) -> bool:
    """Play a call to its end. `show` gets each event with its reply, and what was sent; it is told of a request after its answer.

    KeyboardInterrupt hangs up, once: FIN is sent. Returns whether that happened.
    """
    interrupted = False
    event = play.next()
    while event is not None:
        reply: Reply = None
        sent = None
        try:
            if isinstance(event, WantKeys):
                reply = caller.keys(event)
            elif isinstance(event, WantOutcome):
                reply = caller.outcome(event)
            elif isinstance(event, Send):
                sent = deliver(event)
                reply = sent.reply
            show(event, reply, sent)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            reply = HANG_UP
        event = play.next(reply)
    return interrupted
