"""What only a capture knows of a document: which event its URL says, when it came, where to, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...codec.spec import Kind
from ...errors import InfocallerError
from ...traffic.http.url import masked

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...traffic.captures.record import Record
    from ...traffic.send.judgement import Judgement


@dataclass(frozen=True, slots=True)
class Answer:
    """The recorded answer to a request. `why` is empty where the provider takes it; `ms` is how long it took, None if unknown.

    `judged` is None where no query was asked, or nothing of its answer could be read.
    """

    status: int
    ms: float | None
    content_type: str | None
    why: str
    judged: Judgement | None = None

    def in_words(self) -> str:
        """`200, 1.9 ms: done`, or why the provider would not take it."""
        took = "" if self.ms is None else f", {self.ms:.1f} ms"
        codes = ", ".join(dict.fromkeys(one.code for one in self.judged.findings if one.level == "error")) if self.judged else ""
        meant = "" if self.judged is None else ": the error action runs" if self.why else "done"
        told = f"{self.why}{f' ({codes})' if codes else ''}{meant}"
        return f"{self.status}{took}{': ' if told else ''}{told}"

    def row(self) -> dict[str, Any]:
        """The same for a program; of a query's answer with the keys that `send-query --json` has."""
        row: dict[str, Any] = {"status": self.status, "ms": self.ms, "content_type": self.content_type}
        return row | {"taken": not self.why, "why": self.why or None} | (self.judged.row() if self.judged else {})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the record of a document says beside it; "" or None for what was not recorded. `event` only where the URL has to say it."""

    event: str
    received: str
    method: str
    url: str
    answer: Answer | None

    def facts(self) -> dict[str, str]:
        """Label and text of each, in the order in which they are shown."""
        where = f"{self.method} {self.url}".strip() if self.url else ""
        answer = self.answer.in_words() if self.answer else ""
        facts = {"Event": self.event, "Received": self.received, "URL": where, "Answer": answer}
        return {label: text for label, text in facts.items() if text}

    def row(self) -> dict[str, Any]:
        """The same for a program."""
        row: dict[str, Any] = {"event": self.event or None, "received": self.received or None, "method": self.method or None}
        return row | {"url": self.url or None, "answer": self.answer.row() if self.answer else None}


def recorded(record: Record, decoded: Decoded) -> Recorded:
    """What a record tells of the document in its request."""
    data = record.data
    given, method = data.get("url"), data.get("method")
    url = given if isinstance(given, str) else ""
    return Recorded(
        _event(url, decoded), str(data.get("ts") or ""), str(method or ""), masked(url) if url else "", _answer(record, decoded)
    )


def _event(url: str, decoded: Decoded) -> str:
    """The name that the URL gives the event; a FIN and a query say themselves what they are."""
    if decoded.document.kind is not Kind.EVENT:
        return ""
    from urllib.parse import urlsplit

    from ...traffic.queries.event import event_of

    try:
        parts = urlsplit(url)
    except ValueError:  # as a bracket without its other half
        return ""
    return event_of(decoded.document, parts.path, parts.query.encode("utf-8", "replace")).kind


def _answer(record: Record, decoded: Decoded) -> Answer | None:
    from ...traffic.captures.record import header_of
    from ...traffic.send.judgement import judge

    response = record.data.get("resp")
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(response, dict) or type(status) is not int:
        return None
    ms = _milliseconds(response.get("ms"))
    content_type = header_of(response, "content-type")
    if decoded.document.kind is not Kind.QUERY:
        return Answer(status, ms, content_type, "" if 200 <= status < 300 else "no success")
    try:
        body, _ = record.answer or (b"", None)
    except InfocallerError as error:
        return Answer(status, ms, content_type, str(error))
    judged = judge(status, content_type, body, decoded)
    return Answer(status, ms, content_type, judged.why, judged)


def _milliseconds(given: object) -> float | None:
    try:
        number = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None
    except OverflowError:
        return None
    return number if number is None or isfinite(number) else None
