"""What only a capture knows of a document: which event its URL says, when it came, where to, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...codec.spec import Kind
from ...errors import InfocallerError
from ...traffic.http.url import masked

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...traffic.captures.record import Record


def recorded_facts(record: Record, decoded: Decoded) -> dict[str, str]:
    """Label and text of each, in the order in which they are shown; none for what was not recorded."""
    data = record.data
    given = data.get("url")
    url = given if isinstance(given, str) else ""
    where = f"{data.get('method') or ''} {masked(url)}".strip() if url else ""
    facts = {"Event": _event(url, decoded), "Received": str(data.get("ts") or ""), "URL": where, "Answer": _answer(record, decoded)}
    return {label: text for label, text in facts.items() if text}


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


def _answer(record: Record, decoded: Decoded) -> str:
    """`200, 1.9 ms`, and why the provider would not take it."""
    response = record.data.get("resp")
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(response, dict) or type(status) is not int:
        return ""
    ms = response.get("ms")
    took = f", {ms:.1f} ms" if isinstance(ms, int | float) and not isinstance(ms, bool) else ""
    why = _why(record, response, status, decoded)
    return f"{status}{took}{': ' if why else ''}{why}"


def _why(record: Record, response: dict[str, Any], status: int, decoded: Decoded) -> str:
    if decoded.document.kind is not Kind.QUERY:
        return "" if 200 <= status < 300 else "no success"
    from ...traffic.captures.record import header_of
    from ...traffic.send.judgement import judge

    try:
        body, content_type = record.answer or (b"", None)
    except InfocallerError as error:
        return str(error)
    judged = judge(status, content_type or header_of(response, "content-type"), body, decoded)
    codes = ", ".join(dict.fromkeys(finding.code for finding in judged.findings if finding.level == "error"))
    return f"{judged.why}{f' ({codes})' if codes else ''}: the error action runs" if judged.why else "done"
