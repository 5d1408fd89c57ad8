"""`infocaller verify`: what a signature proves, and which mistake is behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ...codec.signature import GUESSABLE, is_guessable, unsigned
from ...codec.signature import verify as verified
from ...codec.spec import EXAMPLE_PASSWORD
from ...config.passwords import Known, Passwords
from ...errors import ExitCode, InfocallerError
from .. import options
from ..inputs.items import Item, decode_item
from ..inputs.naming import common, finding_notes
from ..inputs.spread import every
from ..report import place

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..report import Report


def verify(
    context: typer.Context,
    files: options.Files,
    explain: Annotated[bool, typer.Option("--explain", help="On a mismatch, look for the usual mistake that made the signature.")] = False,
    jobs: options.Jobs = None,
    password_file: options.AskedPasswordFile = None,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
    json: options.Json = False,
) -> int:
    """Check the signature of documents.

    It proves line and call id, nothing else: not the rest of the document, not its time.
    """
    settings = options.settings(context)
    settings.report.json = json
    limit = options.size(max_size)
    passwords = Passwords(settings, password_file, prompt=True)

    def explained(decoded: Decoded, password: str) -> str:
        from ...codec.explain import explain as mistake_in

        mistake = mistake_in(decoded, password, passwords.others(), settings.config.country)
        return mistake or "no usual mistake makes this signature"

    work = _Verify(lenient, limit, passwords, explained if explain else None)
    reporter = _Reporter(settings.report, explain)
    found = every(files, work, settings.report, limit, jobs, exact=exact)
    return max(map(reporter.take, found), default=ExitCode.OK)


class _Verified(NamedTuple):
    """What became of a document. `row` is what every row of machine output has; `guessable`: its password is a few digits, and not the
    page's example, which is nobody's; `mismatch`: a password was tried and did not fit.
    """

    file: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    notes: list[str]
    error: InfocallerError | None = None
    row: dict[str, object] | None = None
    valid: bool = False
    reason: str = ""
    guessable: bool = False
    mismatch: bool = False
    explanation: str | None = None


class _Verify:
    """Verifies documents, and asks for the passwords they need. `explain` None: a wrong signature is not explained."""

    def __init__(self, lenient: bool, limit: int, passwords: Passwords | Known, explain: Callable[[Decoded, str], str] | None) -> None:
        self.lenient = lenient
        self.limit = limit
        self.passwords = passwords
        self.explain = explain

    def __call__(self, item: Item) -> _Verified:
        """Raises KeyError where the passwords are those known elsewhere, and not enough."""
        notes: list[str] = []
        try:
            decoded = decode_item(item, lenient=self.lenient, max_size=self.limit)
            if decoded.findings:
                notes = finding_notes(decoded, "IC011")
            row = common(item, decoded)
            reason = unsigned(decoded.document)
            if reason:  # no password could make it right: none is asked for
                return _Verified(item.file, item.index, notes, None, row, reason=reason)
            password = self.passwords.need(decoded.document.line)
            guessable = password != EXAMPLE_PASSWORD and is_guessable(password)
            verdict = verified(decoded.document, password)
            why = self.explain(decoded, password) if self.explain and not verdict.valid else None
            return _Verified(item.file, item.index, notes, None, row, verdict.valid, verdict.reason, guessable, not verdict.valid, why)
        except InfocallerError as error:
            return _Verified(item.file, item.index, notes, error)

    def away(self) -> _Verify:
        return _Verify(self.lenient, self.limit, self.passwords.known(), self.explain and _needs_all_passwords)


def _needs_all_passwords(_: Decoded, _password: str) -> str:
    raise KeyError


class _Reporter:
    """Tells what became of each document, in order."""

    def __init__(self, report: Report, explain: bool) -> None:
        self._report = report
        self._explain = explain
        self._hinted = False
        self._warned = False

    def take(self, found: _Verified) -> int:
        """Report one; gives its exit code."""
        where = place(found.file, found.index)
        for note in found.notes:
            self._report.note(f"{where}{note}")
        if found.guessable and not self._warned:  # what a signature gives away, once
            self._warned = True
            self._report.note(f"the telephone password is not safe: {GUESSABLE}")
        if found.error is not None:
            return self._report.error(found.error, found.file, found.index)
        if found.mismatch and not (self._explain or self._hinted or self._report.json):
            self._hinted = True
            self._report.note("--explain looks for the usual mistake behind a signature that does not match")
        self._say(found, where, found.row or {})
        return ExitCode.OK if found.valid else ExitCode.NO

    def _say(self, found: _Verified, where: str, row: dict[str, object]) -> None:
        if self._report.json:
            more = {"explanation": found.explanation} if self._explain else {}
            self._report.row(row | {"valid": found.valid, "reason": found.reason} | more)
            return
        label, style = ("valid", "green") if found.valid else ("not valid", "red")
        which = f" (line {row['line']}, call {row['call']})" if row["line"] and row["call"] else ""
        self._report.verdict(where, label, style, f"{found.reason}{which}")
        if found.explanation:
            self._report.out(f"  explanation: {found.explanation}")
