"""What a report calls a document, and what reading it noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..report import place

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..report import Report
    from .items import Item


class Named(Protocol):
    """What stands in a FILE: an item, or what became of it."""

    @property
    def file(self) -> str: ...
    @property
    def index(self) -> int | None: ...
    @property
    def part(self) -> str | None: ...


def name_of(item: Named) -> str:
    """A document for a person: its file, its record, whether it is an answer."""
    return place(item.file, item.index).removesuffix(": ") + (" (response)" if item.part == "response" else "")


def common(item: Item, decoded: Decoded) -> dict[str, object]:
    """The keys every row of machine output has."""
    document = decoded.document
    return {
        "file": item.file,
        "index": item.index,
        "kind": document.kind.value,
        "format": decoded.format,
        "line": document.line,
        "call": document.call,
    }


def unread(item: Named) -> dict[str, object]:
    """The same keys, of a document that could not be read."""
    return {"file": item.file, "index": item.index, "kind": None, "format": None, "line": None, "call": None}


def note_findings(decoded: Decoded, item: Item, report: Report, only: str = "") -> None:
    """Say what reading noticed: one notice for each kind of slip, with all its rows. `only`: a rule's code."""
    for text in finding_notes(decoded, only):
        report.note(f"{place(item.file, item.index)}{text}")


def finding_notes(decoded: Decoded, only: str = "") -> list[str]:
    """The notices of `note_findings`, without the place of the document."""
    rows: dict[tuple[str, str], list[str]] = {}
    for finding in decoded.findings:
        if not only or finding.code == only:
            rows.setdefault((finding.code, finding.message), []).append("" if finding.row is None else str(finding.row))
    notes = []
    for (code, message), numbers in rows.items():
        known = [number for number in numbers if number]
        where = f" (row{'s' * (len(known) > 1)} {', '.join(known)})" if known else ""
        notes.append(f"{message}{where} ({code})")
    return notes
