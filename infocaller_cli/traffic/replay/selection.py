"""Which recorded requests are meant: by kind, line, call and time. And which call a request belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ...codec import decode
from ...codec.form import open_body
from ...errors import DecodeError, UsageError

if TYPE_CHECKING:
    from ..captures.record import Record


class Identity(NamedTuple):
    """What a request is about; None where it cannot be told."""

    kind: str | None
    line: str | None
    call: str | None


def identity(record: Record, *, kind_needed: bool) -> Identity:
    """From the record's own keys, else from its document, which costs four times as much as all the rest."""
    data = record.data
    kind, line, call = data.get("kind"), data.get("line"), data.get("call")
    if isinstance(line, str) and isinstance(call, str) and (isinstance(kind, str) or not kind_needed):
        return Identity(kind, line, call)
    try:
        document = decode(open_body(record.body, record.content_type).document).document
    except DecodeError:
        return Identity(None, None, None)
    return Identity(document.kind.value, document.line, document.call)


def timestamp(text: object) -> float | None:
    """Seconds since 1970 of an ISO 8601 date or time (UTC unless it has an offset); None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def time_option(option: str, text: str | None) -> float | None:
    """The time an option names. Raises UsageError."""
    if text is None:
        return None
    found = timestamp(text)
    if found is None:
        wanted = "it is a date, or a date and time (UTC unless it has an offset)"
        raise UsageError(f"{option} cannot be {text!r}", wanted, f"{option} 2026-11-23T10:00:00Z")
    return found


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters; an empty one lets everything through. `since` is inclusive, `until` exclusive (seconds since 1970)."""

    kinds: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    since: float | None = None
    until: float | None = None

    def takes(self, found: Identity, when: float | None) -> bool:
        """Whether a request passes. One without a time passes no filter on time."""
        if self.kinds and found.kind not in self.kinds:
            return False
        if self.lines and found.line not in self.lines:
            return False
        if self.calls and found.call not in self.calls:
            return False
        if self.since is not None and (when is None or when < self.since):
            return False
        return self.until is None or (when is not None and when < self.until)
