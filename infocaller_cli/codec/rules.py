"""What `validate` says about a document: what reading noticed, and what the checks find, each with its place.

Nothing here raises or prints.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import spec
from .catalogue import RULES
from .checks import ANSWER_CHECKS, CHECKS
from .model import Document, Finding, Path, show_path
from .reading import Limit, Notes
from .spec import Kind
from .subject import Subject
from .variable_checks import is_plain_answer

if TYPE_CHECKING:
    from . import Decoded
    from .spans import Places


def validate(decoded: Decoded, kind: Kind | None = None, password: str | None = None) -> list[Finding]:
    """Everything the rules say about a document, in the order of the source. `kind` None: as recognised.

    With a password, the signature is checked too (IC105).
    """
    return judge(Subject(decoded.document, kind or decoded.document.kind, password, decoded), decoded)


def judge(subject: Subject, decoded: Decoded) -> list[Finding]:
    """`validate`, for who asks the subject for more, such as its signature."""
    places = _Places(decoded)
    findings = [finding if finding.row is not None else places.with_row(finding) for finding in decoded.findings]
    if strays := frozenset(subject.strays):  # one error says it of all of them
        findings = [finding for finding in findings if finding.code != "IC004" or finding.path not in strays]
    limit: Limit | None = None
    for hit in (hit for check in CHECKS for hit in check(subject)):
        level = hit.level or RULES[hit.code].level
        limit = limit or Limit(findings)
        if limit.keeps(hit.code, level):
            findings.append(Finding(hit.code, level, places.show(hit.path), hit.message, places.row(hit.path)))
    if limit:
        limit.end()
    return sorted(findings, key=lambda finding: finding.row or 0)


def judge_answer(document: Document, format: str) -> list[Finding]:
    """Everything the rules say about a response that is yet to be written in a format."""
    if is_plain_answer(document):
        return []
    subject = Subject(document, Kind.RESPONSE, None, None)
    hits = [hit for check in ANSWER_CHECKS for hit in check(subject)]
    return [Finding(hit.code, hit.level or RULES[hit.code].level, show_path(hit.path, format), hit.message) for hit in hits]


def settle(findings: list[Finding], *, strict: bool, ignore: frozenset[str]) -> list[Finding]:
    """Leave out ignored codes; with `strict`, warnings are errors."""
    kept = [finding for finding in findings if finding.code not in ignore]
    return [finding._replace(level="error") for finding in kept] if strict else kept


def is_valid(findings: list[Finding]) -> bool:
    """Whether no finding is an error."""
    return all(finding.level != "error" for finding in findings)


def error_of(document: Document, format: str, kind: Kind) -> Finding | None:
    """The first error of a document once it is written in a format; None where it is valid. Raises EncodeError."""
    from . import decode, encode

    return next((finding for finding in validate(decode(encode(document, format)), kind) if finding.level == "error"), None)


class _Places:
    """Paths as a user sees them, and their rows. Reads the source once more, only as far as something was found."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded

    @cached_property
    def _notes(self) -> Notes:
        notes = Notes(self._decoded.format)
        notes.single = self._decoded.single
        return notes

    @cached_property
    def _in_source(self) -> Places:
        from .spans import Places

        return Places(self._decoded.text.chars, self._decoded.format)

    def show(self, path: Path) -> str:
        return self._notes.show(path)

    def with_row(self, finding: Finding) -> Finding:
        """A finding of the reader with its row, if it is one about the document."""
        path = self._decoded.places.get(finding.path)
        return finding if path is None else finding._replace(row=self._in_source.row(self._notes.in_source(path)))

    def row(self, path: Path) -> int | None:
        """The row of a place; of the nearest thing around it where it is missing."""
        path = self._notes.in_source(self._held(path))
        while path and self._in_source.row(path) is None:
            path = path[:-1]
        return self._in_source.row(path)

    def _held(self, path: Path) -> Path:
        """As much of a path as the document has: what is missing need not be looked for in the source."""
        node: Any = self._decoded.document.root
        for depth, part in enumerate(path):
            try:
                node = node[part]
            except (LookupError, TypeError):
                return path[:depth]
        return path


def judge_transport(decoded: Decoded, request_format: str, content_type: str | None) -> list[Finding]:
    """IC504: what HTTP adds about a query's answer: its format, and whether its Content-Type fits."""
    findings = []
    root = "" if decoded.format == spec.JSON else spec.ROOT
    if decoded.format != request_format:
        problem = f"the request is {request_format.upper()}, the answer {decoded.format.upper()}: it is no appropriate response"
        findings.append(Finding("IC504", "error", root, problem, 1))
    essence = (content_type or "").partition(";")[0].strip().lower()
    if essence.rpartition("/")[2].rpartition("+")[2] != decoded.format:
        found = f"Content-Type {essence}" if essence else "no Content-Type"
        findings.append(Finding("IC504", "warning", root, f"the answer is {decoded.format.upper()} with {found}", 1))
    return findings
