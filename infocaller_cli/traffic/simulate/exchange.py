"""What a call sends, and what comes back: the document of a step, its URL, the answer judged as `send-query` judges it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ...calls import NOT_SENT, Answer, Input, Send
from ...codec.form import FORM_TYPE
from ...codec.model import Document
from ...errors import UnreachableError, UsageError
from ..send.judgement import Judgement, Sent, judge
from ..send.sender import Response
from ..send.urls import expand, used
from .bodies import Style
from .bodies import body as written

# Sends a body to a URL: (url, content type, body, seconds). Raises UnreachableError where there is no answer in time
Post = Callable[[str, str, bytes, float], Response]
_USUAL_ANSWER = 1 << 14  # bytes: the judgement of a longer one is not kept


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a call's requests go, and how they are written.

    `to` is the URL of all; else the script says, else `urls` (by event) and `queries` (by name). `timeout` in seconds, where the step
    has no wait of its own. `uuid`: what [_UUID] stands for, else derived from line and call.
    """

    post: Post
    password: str
    to: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    format: str = "xml"
    encoding: str = ""
    as_printed: bool = False
    timeout: float = 10.0
    uuid: str | None = None

    def url(self, send: Send) -> str:
        """The URL of a request, its variables unfilled; "" where nothing says it."""
        if self.to or send.url:
            return self.to or send.url
        if send.is_query:
            return next((url for name, url in self.queries.items() if name.strip() == send.name.strip()), "")
        return self.urls.get(send.name, "")


@dataclass(frozen=True, slots=True)
class Posted:
    """A request and what became of it. `answer` is what the call makes of it; `response` None: there was none, `answer.why` says why.

    `judgement` is a query's. `fault`: nothing was sent, and the application is taken to have answered so.
    """

    send: Send
    answer: Answer
    url: str = ""
    body: bytes = b""
    response: Response | None = None
    judgement: Judgement | None = None
    fault: str = ""

    @property
    def sent(self) -> bool:
        """Whether it went out, or a case says what became of it."""
        return bool(self.url or self.fault)

    @property
    def reply(self) -> Input:
        """What the engine is told."""
        return self.answer if self.sent else NOT_SENT

    @property
    def name(self) -> str:
        """The event, or the query's name."""
        return self.send.name

    @property
    def problem(self) -> str:
        """What is wrong with it: a query's answer that does not count, an event's status; "" where nothing is."""
        if not self.sent:
            return ""
        if self.response is not None and self.judgement is None and not 200 <= self.response.status < 300:
            return f"the status is {self.response.status}"
        return self.answer.why


def exchange(send: Send, endpoint: Endpoint) -> Posted:
    """Send what a step wants sent, and judge the answer. Raises UsageError for a query without a URL, and for a URL that is none."""
    url = endpoint.url(send)
    if not url:
        if send.is_query:
            what = f"where the query {send.name!r} goes is not known"
            raise UsageError(what, "neither the step, nor [queries], nor the configuration says it", "--to URL")
        return Posted(send, Answer(False))
    event = None if send.is_query else send.name
    if endpoint.uuid is not None or used(url):
        document = send.document(endpoint.format, endpoint.password)
        url = expand(url, document, event, diverted_to=send.diverted_to, uuid=endpoint.uuid).url
    body = written(send, Style(endpoint.format, endpoint.encoding, endpoint.as_printed), endpoint.password)
    wait = send.wait or endpoint.timeout
    began = time.perf_counter()
    try:
        response = endpoint.post(url, FORM_TYPE, body, wait)
    except UnreachableError as error:
        return Posted(send, Answer(False, time.perf_counter() - began, {}, str(error)), url, body)
    seconds = response.ms / 1000
    if event is not None:
        return Posted(send, Answer(True, seconds, {}, ""), url, body, response)
    judgement = _judged(response, endpoint.format, send.fields.variables or ())
    variables = {} if judgement.why else judgement.variables
    return Posted(send, Answer(not judgement.why, seconds, variables, _why(judgement)), url, body, response, judgement)


def _judged(response: Response, format: str, variables: tuple[tuple[str, str], ...]) -> Judgement:
    """The judgement of an answer to a query. The same answer to the same query is judged once."""
    judged = _judge if len(response.body) <= _USUAL_ANSWER else _judge.__wrapped__
    return judged(response.status, response.content_type, response.body, response.encoding, format, variables)


@lru_cache(maxsize=256)
def _judge(
    status: int, content_type: str | None, body: bytes, encoding: str, format: str, variables: tuple[tuple[str, str], ...]
) -> Judgement:
    query = Document({"CustVars": {"CustVar": [{"VarName": name, "VarValue": value} for name, value in variables]}})
    return judge(status, content_type, body, Sent(query, format), encoding)


def _why(judgement: Judgement) -> str:
    """Why an answer does not count, with the rules that it breaks and what the application says of it."""
    codes = ", ".join(dict.fromkeys(finding.code for finding in judgement.findings if finding.level == "error"))
    more = codes or judgement.text
    return f"{judgement.why} ({more})" if judgement.why and more else judgement.why
