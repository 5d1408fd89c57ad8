"""One request that came: what it holds, what it was answered, and its record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from ...codec import Decoded, Document, decode, encode, spec, too_large
from ...codec.form import open_body
from ...codec.outline import outline
from ...codec.signature import State, verify
from ...errors import DecodeError
from ..http.asgi import LARGE
from ..http.message import ABSOLUTE, Headers, header
from ..queries.query import Answer, response_of
from .record import grouped, request_row, response_row

if TYPE_CHECKING:
    from ...codec.model import Outline
    from ..send.judgement import Judgement


@dataclass(slots=True)
class Caught:
    """A request and its answer. `when` it came, in seconds of `time.time`, and `began`, the same of `time.perf_counter`.

    Before it is answered, `document` may be but an outline; `decoded`, and `state`, which is the signature's, are known once it is
    `read`. `judgement` is of an application's answer to a query. Thousands may wait to be read, so its headers are not kept.
    """

    method: str
    target: str
    content_type: str
    when: float
    began: float
    body: bytes = b""
    document: Document | Outline | None = None
    format: str = ""
    decoded: Decoded | None = None
    unreadable: str = ""
    state: State = State.NONE
    status: int = 200
    headers: Headers = field(default_factory=list)
    answer: bytes = b""
    ms: float = 0.0
    problem: str = ""
    judgement: Judgement | None = None

    @property
    def refused(self) -> bool:
        """Whether the application answered a document, and Infocaller would not take the answer."""
        if self.document is None or self.problem:
            return False
        return bool(self.judgement.why) if self.judgement else not 200 <= self.status < 300

    def look(self, *, whole: bool) -> None:
        """See what its record and an answer of our own have to know, without `whole` no more, where that is quicker."""
        if not self.body:
            self.unreadable = "no body"
            return
        try:
            inside = self._inside()
            brief = None if whole or len(self.body) >= LARGE else outline(inside)
            if brief is None:
                self._decode(inside)
            else:
                self.document, self.format = brief, brief.format
        except DecodeError as error:
            self.unreadable = str(error)

    def read(self, password: str | None) -> None:
        """Read all of the document, and check its signature with the line's password, as far as that is known."""
        if self.document is not None:
            decoded = self.decoded or self._decode(self._inside())
            self.state = verify(decoded.document, password).state

    def _inside(self) -> bytes:
        """The document's bytes. Raises DecodeError, for one that is too large before it is unpacked."""
        envelope = open_body(self.body, self.content_type)
        if envelope.end - envelope.start > 3 * spec.MAX_DOCUMENT:  # three characters for each byte, at most
            raise too_large(spec.MAX_DOCUMENT)
        return envelope.document

    def _decode(self, inside: bytes) -> Decoded:
        self.decoded = decode(inside, hint=False)
        self.document, self.format = self.decoded.document, self.decoded.format
        return self.decoded

    def answered(self, status: int, text: str) -> None:
        """Give it an answer of our own: a query's Result is 1, so that its error action runs."""
        self.status, self.headers, self.answer = status, [], b""
        if self.document is not None and self.document.kind is spec.Kind.QUERY:
            self.answer = _error(text, self.format)
            self.headers = [(b"Content-Type", spec.CONTENT_TYPES[self.format].encode())]

    def timed(self) -> None:
        """Note that it was answered now."""
        self.ms = (time.perf_counter() - self.began) * 1000

    def record(self, headers: Headers, base: str) -> bytes:
        """Its record, as a line of a capture. `base` is the URL of the server, whose host gives way to the one that was asked for."""
        url = _url(self.target, headers, base)
        row = request_row(self.when, self.method, url, grouped(headers), self.body, self.document)
        row["resp"] = response_row(self.status, grouped(self.headers), self.answer, self.ms)
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _url(target: str, headers: Headers, base: str) -> str:
    if target[:1] != "/" and ABSOLUTE.match(target.encode("latin-1")):
        return target
    host = header(headers, b"host").decode("latin-1")
    return (f"{base.partition('://')[0]}://{host}" if host else base) + target


@lru_cache(maxsize=8)
def _error(text: str, format: str) -> bytes:
    return encode(response_of(Answer({}, "1", text)), format)
