"""How `validate` reports: text, JSON lines, GitHub annotations, JUnit, SARIF. Judged first, rendered here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from ...streams import visible
from ...version import __version__
from ..ci_reports import Suite, annotate
from ..inputs.naming import name_of
from ..report import dump

if TYPE_CHECKING:
    from ...codec.model import Finding
    from ..report import Report


class Output(StrEnum):
    """The forms of a report."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


class Judged(NamedTuple):
    """One document's judgement. `row` is what every row of machine output has, with the kind it was judged as; its format is None where it
    could not be read. `signature` is the state of the signature, None likewise; `why` says more.
    """

    file: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    part: str | None
    row: dict[str, object]
    findings: list[Finding]
    valid: bool
    signature: str | None
    why: str

    @property
    def name(self) -> str:
        """The document for a person."""
        return name_of(self)

    @property
    def what(self) -> str:
        """Kind and format, as far as they are known."""
        return f"{self.row['kind']}, {self.row['format']}" if self.row["format"] else "unreadable"

    def row_in_file(self, finding: Finding) -> int | None:
        """The line of the file: of a capture, the record's own line."""
        return finding.row if self.index is None else self.index

    def count(self, level: str) -> int:
        """How many findings have a level."""
        return sum(finding.level == level for finding in self.findings)


class Reporter(ABC):
    """Takes judgements one by one; `finish` writes what had to wait for the last."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @abstractmethod
    def add(self, judged: Judged) -> None: ...

    def finish(self) -> None:  # noqa: B027  most have nothing left to say
        pass


class Text(Reporter):
    """Lines for people: findings, then a line for each document, then the sum of several."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._counts = {True: 0, False: 0}

    def add(self, judged: Judged) -> None:
        self._counts[judged.valid] += 1
        for finding in judged.findings:
            where = judged.name + (f":{finding.row}" if finding.row is not None else "")
            style = "red" if finding.level == "error" else "yellow"
            path = f"{finding.path}: " if finding.path else ""
            self._report.verdict(f"{where}: ", f"{finding.level} {finding.code}", style, f"{path}{finding.message}")
        label, style = ("valid", "green") if judged.valid else ("not valid", "red")
        counts = [(level, judged.count(level)) for level in ("error", "warning")] if judged.findings else []
        sums = ", ".join(_plural(count, level) for level, count in counts if count)
        self._report.verdict(f"{judged.name}: ", label, style, "; ".join(filter(None, (judged.what, sums, _of_signature(judged)))))

    def finish(self) -> None:
        total = sum(self._counts.values())
        if total > 1:
            self._report.out(f"{_plural(total, 'document')}: {self._counts[True]} valid, {self._counts[False]} not valid")


def _of_signature(judged: Judged) -> str:
    """Whether the signature was checked, in words; "" where there is none to check."""
    if judged.signature in (None, "none"):
        return ""
    return f"signature not checked: {judged.why}" if judged.signature == "unchecked" else f"signature {judged.signature}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Json(Reporter):
    """One object a document."""

    def add(self, judged: Judged) -> None:
        findings = [
            {"code": finding.code, "level": finding.level, "path": finding.path, "row": finding.row, "message": finding.message}
            for finding in judged.findings
        ]
        self._report.row(judged.row | {"part": judged.part, "valid": judged.valid, "signature": judged.signature, "findings": findings})


class GitHub(Reporter):
    """Workflow commands, which GitHub Actions turns into annotations."""

    def add(self, judged: Judged) -> None:
        for finding in judged.findings:
            message = f"{finding.path}: {finding.message}" if finding.path else finding.message
            annotate(finding.level, judged.file, judged.row_in_file(finding), finding.code, message)


class JUnit(Reporter):
    """A test suite with one test case a document; errors are failures, warnings are its output."""

    def __init__(self, report: Report) -> None:
        self._suite = Suite("infocaller validate")

    def add(self, judged: Judged) -> None:
        lines = {level: [_line(finding) for finding in judged.findings if finding.level == level] for level in ("error", "warning")}
        codes = ",".join(dict.fromkeys(finding.code for finding in judged.findings if finding.level == "error"))
        self._suite.add(judged.name, judged.what.partition(",")[0], lines["error"], codes, lines["warning"])

    def finish(self) -> None:
        self._suite.print()


def _line(finding: Finding) -> str:
    row = f"row {finding.row}: " if finding.row is not None else ""
    return f"{finding.code} {row}{finding.path + ': ' if finding.path else ''}{finding.message}"


class Sarif(Reporter):
    """SARIF 2.1.0, for code scanning."""

    def __init__(self, report: Report) -> None:
        self._results: list[dict[str, Any]] = []
        from ...codec.catalogue import RULES

        self._rules = RULES
        self._index = {code: index for index, code in enumerate(RULES)}

    def add(self, judged: Judged) -> None:
        artifact = {"uri": file_uri(PurePath(judged.file))}
        for finding in judged.findings:
            # Code scanning shows nothing without a line: what could not be read at all is at the first
            region = {"startLine": judged.row_in_file(finding) or 1}
            location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
            if finding.path:
                location["logicalLocations"] = [{"fullyQualifiedName": visible(finding.path)}]
            self._results.append(
                {
                    "ruleId": finding.code,
                    "ruleIndex": self._index[finding.code],
                    "level": finding.level,
                    "message": {"text": _unlinked(visible(finding.message))},
                    "locations": [location],
                }
            )

    def finish(self) -> None:
        rules = [
            {
                "id": rule.code,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.why},
                "help": {"text": f"{rule.why}\n\nWrong: {rule.wrong}\nRight: {rule.right}"},
                "defaultConfiguration": {"level": rule.level},
            }
            for rule in self._rules.values()
        ]
        driver = {"name": "infocaller", "version": __version__, "rules": rules}
        run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": self._results}
        schema = "https://json.schemastore.org/sarif-2.1.0.json"
        print(dump({"$schema": schema, "version": "2.1.0", "runs": [run]}))


def file_uri(path: PurePath) -> str:
    """A file's name as a URI reference, relative or, for an absolute one, of the scheme file."""
    name = path.as_posix()
    if not path.is_absolute():
        return quote(name.encode("utf-8", "surrogateescape"))
    drive = len(path.drive)  # the colon of C: stays
    rest = quote(name[drive:].encode("utf-8", "surrogateescape"))
    return f"file://{'' if name.startswith('/') else '/'}{quote(name[:drive], safe='/:')}{rest}"


def _unlinked(text: str) -> str:
    """A message in which no value makes a link."""
    return text.replace("[", "\\[") if "](" in text else text


REPORTERS: dict[Output, type[Reporter]] = {
    Output.TEXT: Text,
    Output.JSON: Json,
    Output.GITHUB: GitHub,
    Output.JUNIT: JUnit,
    Output.SARIF: Sarif,
}
