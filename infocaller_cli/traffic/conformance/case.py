"""What a check works with: the plain request of a run, the requests made of it, and what a good answer to one is."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ...codec import encode
from ...codec.form import FORM_TYPE, wrap
from ...codec.model import Document
from ...codec.rewrite import rewritten, signed
from ...codec.spec import COUNTRY
from ..http.content import text_of
from ..http.message import Headers, header, request_bytes
from ..http.url import parse_url
from ..send.judgement import Judgement, Sent, beginning, judge
from ..send.request import request

if TYPE_CHECKING:
    from ..http.message import Failure, RawResponse

_SHOWN = 60
# The variable that carries an odd value where --echo names none: Appendix 2 of the page allows it
OWN_VARIABLE = "CECHECK"
_BEGINNING = 160
VERIFIED = "verified"
_EXPECTS = ("Expect", "100-continue")


class Echo(NamedTuple):
    """A variable that the application gives back: its name in the request, its name in the answer."""

    sent: str
    came: str


class Plain(NamedTuple):
    """What the plain query was answered with."""

    result: str | None
    variables: dict[str, str]


@dataclass(slots=True)
class Case:
    """One format of one run. `event` is a key of `spec.NAMED_KINDS`, None for a query; `others` a document of each event
    that was asked for; `expected` variables that the call must have after the plain query.

    `waiting` is the Query's waiting time in seconds; `ids` call ids, one for each request; `plain` is known once it was sent.
    """

    document: Document
    format: str
    password: str
    event: str | None = None
    others: dict[str, Document] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    echo: Echo | None = None
    waiting: float = 10.0
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(10**12))
    tls: str = ""  # "" without, VERIFIED, else why the certificate is not trusted
    state: Callable[[], Awaitable[str]] | None = None  # what the application's state is
    plain: Plain = field(default_factory=lambda: Plain(None, {}))

    def fresh(self, document: Document | None = None) -> Document:
        """The document, or another, with a call id of its own, signed."""
        return signed((document or self.document).changed("UserID", CallSequence=str(next(self.ids))), self.password)

    def with_value(self, value: str) -> Document:
        """A fresh document with an odd value: in the variable that comes back, or in one that nobody asks for."""
        return self.with_variables({self.echo.sent if self.echo else OWN_VARIABLE: value})

    def with_variables(self, variables: dict[str, str]) -> Document:
        """A fresh document with these variables more."""
        return rewritten(self.fresh(), {"variables": tuple(variables.items())}, COUNTRY)


@dataclass(frozen=True, slots=True)
class Shot:
    """One request of a check: what it is in words, its document, the bytes that go out, and how its answer is judged.

    `echo` is the value that must come back where --echo says in what; `event` where it is another than the case's.
    """

    what: str
    document: Document
    body: bytes
    judge: Judge
    echo: str | None = None
    content_type: str = FORM_TYPE
    method: str = "POST"
    version: bytes = b"1.1"
    headers: tuple[tuple[str, str], ...] = ()
    event: str | None = None


# "" where the answer is as it should be, else what is wrong with it
Judge = Callable[[Case, Shot, "RawResponse"], str]


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that was sent, for which check, and what came of it: an answer, or why there is none. `ts` is seconds since 1970."""

    code: str
    shot: Shot
    url: str
    ts: float
    reply: RawResponse | None
    failure: Failure | None = None


def shot(case: Case, what: str, document: Document, judge: Judge, *, data: bytes | None = None, charset: str = "", **more: Any) -> Shot:
    """A request that posts a document in the case's format; `data` where it is written in another way."""
    if data is None:
        data = encode(document, case.format, charset=charset)
    more.setdefault("body", wrap(data))
    return Shot(what, document, judge=judge, **more)


def headers_of(url: str, one: Shot, *, kept: bool = False) -> Headers:
    """The headers that a request goes out with; Content-Length and Host are written beside them."""
    made = request(url, one.content_type, one.body).headers
    ours = [(name, value) for name, value in made if name != "Host" and not (kept and name == "Connection")]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*ours, *one.headers)]


def wire(url: str, one: Shot, *, kept: bool) -> tuple[bytes, bytes]:
    """What goes out at once, and what does when the other side has said that it wants it."""
    where = parse_url(url)
    whole = request_bytes(one.method, where.target.encode(), where.authority, headers_of(url, one, kept=kept), one.body)
    whole = whole.replace(b" HTTP/1.1\r\n", b" HTTP/" + one.version + b"\r\n", 1)
    held = len(one.body) if _EXPECTS in one.headers else 0
    return whole[: len(whole) - held], whole[len(whole) - held :]


def judged(case: Case, sent: Shot, reply: RawResponse) -> Judgement:
    """The one judgement of send-query."""
    content_type, encoding = (header(reply.headers, name).decode("latin-1") for name in (b"content-type", b"content-encoding"))
    return judge(reply.status, content_type or None, reply.body, Sent(sent.document, case.format), encoding)


# ---------------------------------------------------------------------------------------------------------------- judging


def same(case: Case, sent: Shot, reply: RawResponse) -> str:
    """The answer is valid, and the plain one: the same Result, the same variables. An event got 2xx."""
    if case.event is not None:
        return taken(case, sent, reply)
    found = judged(case, sent, reply)
    if found.why:
        return in_words(found, reply)
    came = dict(found.variables)
    for name, value in sent.document.variables:  # what we added may come back, whole
        if name in came and name not in case.plain.variables and came.pop(name) != value:
            return f"{name} came back as {shown(found.variables[name])}, and {shown(value)} was sent"
    wanted = dict(case.plain.variables)
    if case.echo is not None:
        wanted.pop(case.echo.came, None)
        echoed = found.variables.get(case.echo.came)
        came.pop(case.echo.came, None)
        if sent.echo is not None and echoed != sent.echo:
            return f"{case.echo.came} is {shown(echoed)}, and {case.echo.sent} was {shown(sent.echo)}"
    if (found.result, came) == (case.plain.result, wanted):
        return ""
    names = [name for name in wanted | came if wanted.get(name) != came.get(name)]
    first = f"{names[0]} is {came.get(names[0])!r}, not {wanted.get(names[0])!r}" if names else f"Result is {found.result}"
    return f"another answer than to the plain request: {first}"


def shown(value: str | None) -> str:
    """A value in quotes; of a long one its beginning and its length."""
    if value is None or len(value) <= _SHOWN:
        return "absent" if value is None else repr(value)
    return f"{value[:_SHOWN]!r}... ({len(value):,} characters)"


def answered(case: Case, sent: Shot, reply: RawResponse) -> str:
    """The answer is valid; what it says may depend on what was asked. An event got 2xx."""
    if case.event is not None:
        return taken(case, sent, reply)
    found = judged(case, sent, reply)
    return "" if found.valid and found.answer is not None and reply.status < 300 else in_words(found, reply)


def taken(_: Case, __: Shot, reply: RawResponse) -> str:
    """The status is 2xx: all that an event asks for."""
    return "" if 200 <= reply.status < 300 else f"status {reply.status}{_quoted(reply)}"


def refused(case: Case, sent: Shot, reply: RawResponse) -> str:
    """No one could take the answer for a yes: a 4xx or 5xx status, or a Result that is not 0. An event got no 2xx."""
    if reply.status >= 400 or (case.event is not None and reply.status >= 300):
        return ""
    if case.event is None and judged(case, sent, reply).result not in (None, "", "0"):
        return ""
    return f"it was not refused: status {reply.status}{_quoted(reply)}"


def refused_or_same(case: Case, sent: Shot, reply: RawResponse) -> str:
    """Refused, or answered as the plain request is: nothing in between."""
    return refused(case, sent, reply) and same(case, sent, reply)


def any_answer(_: Case, __: Shot, ___: RawResponse) -> str:
    """An answer came, whichever: another check looks at it."""
    return ""


COMPARING = (same, refused_or_same)
REFUSING = (refused, refused_or_same)


def in_words(found: Judgement, reply: RawResponse) -> str:
    """Why an answer does not count."""
    errors = [f"{one.code} {one.message}" for one in found.findings if one.level == "error"]
    why = found.why or "the answer is not valid"
    return f"{why}{': ' + '; '.join(errors[:3]) if errors else ''}{_quoted(reply) if found.answer is None else ''}"


def _quoted(reply: RawResponse) -> str:
    """How the answer begins, on one line."""
    text = " ".join(beginning(reply.body).split())
    return f", {text[:_BEGINNING]!r}" if text else ""


def text_in(reply: RawResponse) -> str:
    """The answer as text: its headers and its body."""
    return "\n".join(text_of(value) for _, value in reply.headers) + "\n" + text_of(reply.body)
