"""A query's answer as the script of a call judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...codec import decode
from ...codec.model import Finding, show_path
from ...codec.rules import is_valid, judge_transport, validate
from ...codec.spec import DONE, Kind
from ...errors import DecodeError
from ..http.content import charset_of, text_of, unpacked
from .damage import Damage

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...codec.model import Document


# Enough of an answer to recognise an error page by
_BEGINNING = 500


class Asked(Protocol):
    """A query as it went out: what was read, or what was made up."""

    @property
    def document(self) -> Document: ...
    @property
    def format(self) -> str: ...


class Sent(NamedTuple):
    """A query that was made up, for who judges the answer to it."""

    document: Document
    format: str


class Judgement(NamedTuple):
    """What an answer means for the call. `answer` None: it could not be read; `why` is empty where the answer counts.

    `before` and `after` are the call's variables.
    """

    findings: list[Finding]
    answer: Document | None
    why: str
    before: dict[str, str]
    after: dict[str, str]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return is_valid(self.findings)

    @property
    def result(self) -> str | None:
        """Result; None where the answer has none."""
        return self.answer.get("Status", "Result") if self.answer else None

    @property
    def text(self) -> str | None:
        """ResultText; None where the answer has none."""
        return self.answer.get("Status", "ResultText") if self.answer else None

    @property
    def variables(self) -> dict[str, str]:
        """The answer's variables."""
        return dict(self.answer.variables) if self.answer else {}

    def row(self) -> dict[str, Any]:
        """The same for a program."""
        said = {"valid": self.valid, "result": self.result, "text": self.text, "variables": self.variables}
        return said | {"call_variables": self.after, "findings": [finding._asdict() for finding in self.findings]}


def judge(status: int, content_type: str | None, body: bytes, query: Asked, encoding: str = "") -> Judgement:
    """Judge an HTTP answer to a query: anything but a valid one with a status of 2xx and Result 0 changes no variable.

    `body` may be packed, as `encoding` (its Content-Encoding) says: that is warned about, for nobody asked for it.
    """
    answer: Document | None = None
    try:
        decoded = decode(unpacked(body, encoding), label=charset_of(content_type), answer=True)
    except DecodeError as error:
        findings = [Finding(error.code, "error", "", error.in_full, error.row)]
    else:
        answer = decoded.document
        findings = validate(decoded, Kind.RESPONSE) + judge_transport(decoded, query.format, content_type)
    if encoding.strip().lower() not in ("", "identity"):
        findings.append(
            Finding("IC504", "warning", "", f"the answer is packed (Content-Encoding {encoding}), and nobody asked for it", None)
        )
    if answer is not None:
        findings = _with_causes(findings, decoded, query.document)
    before = dict(query.document.variables)
    why = _why(status, findings, answer)
    after = before if why or answer is None else before | dict(answer.variables)
    return Judgement(findings, answer, why, before, after)


def _with_causes(findings: list[Finding], answer: Decoded, query: Document) -> list[Finding]:
    """What IC402 and IC405 guess of a value is said for certain where it is one that the query sent."""
    damage = Damage(variable.value for variable in query.variables)
    for index, variable in enumerate(answer.document.variables):
        found = damage.of(variable.value)
        if found is not None:
            code, cause = found
            path = show_path(("CustVars", "CustVar", index, "VarValue"), answer.format)
            guessed = next((finding for finding in findings if (finding.code, finding.path) == (code, path)), None)
            known = guessed or Finding(code, "warning", path, "")
            findings = [finding for finding in findings if finding is not guessed] + [known._replace(message=cause)]
    return findings


def beginning(body: bytes) -> str:
    """An answer's first characters; of what is no text, that it is none."""
    piece = body[: 4 * _BEGINNING]
    if b"\0" in piece:
        return "(binary)"
    cut = len(body) > len(piece)
    text = text_of(piece, cut=cut)
    rest = cut or len(text) > _BEGINNING
    return text[:_BEGINNING].strip() + (" ..." if rest else "")


def _why(status: int, findings: list[Finding], answer: Document | None) -> str:
    if not 200 <= status < 300:
        return f"the status is {status}"
    if answer is None or not is_valid(findings):
        return "the answer is not valid"
    result = answer.get("Status", "Result")
    return "" if result == DONE else f"Result is {result}"
