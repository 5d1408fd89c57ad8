"""`infocaller verify`: what a signature proves, and which mistake is behind a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...codec.signature import GUESSABLE, is_guessable, unsigned
from ...codec.signature import verify as verified
from ...codec.spec import EXAMPLE_PASSWORD
from ...config.passwords import Passwords
from ...errors import ExitCode, InfocallerError
from .. import options
from ..inputs.items import Item, decode_item, read_items
from ..inputs.naming import common, note_findings
from ..report import place

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...codec.signature import Verdict
    from ..settings import Settings


def verify(
    context: typer.Context,
    files: options.Files,
    explain: Annotated[bool, typer.Option("--explain", help="On a mismatch, look for the usual mistake that made the signature.")] = False,
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
    verifier = _Verifier(settings, Passwords(settings, password_file, prompt=True), explain)
    limit = options.size(max_size)
    return max((verifier.run(item, lenient, limit) for item in read_items(files, settings.report, limit, exact=exact)), default=ExitCode.OK)


class _Verifier:
    """Verifies one item after the other and reports each."""

    def __init__(self, settings: Settings, passwords: Passwords, explain: bool) -> None:
        self._settings = settings
        self._report = settings.report
        self._passwords = passwords
        self._explain = explain
        self._hinted = False
        self._warned = False

    def run(self, item: Item, lenient: bool, limit: int) -> int:
        try:
            decoded = decode_item(item, lenient=lenient, max_size=limit)
            note_findings(decoded, item, self._report, only="IC011")
            reason = unsigned(decoded.document)
            if reason:  # no password could make it right: none is asked for
                return self._say(item, decoded, False, reason)
            password = self._passwords.need(decoded.document.line)
            self._warn_of_few_digits(password)
            return self._judged(item, decoded, verified(decoded.document, password), password)
        except InfocallerError as error:
            return self._report.error(error, item.file, item.index)

    def _warn_of_few_digits(self, password: str) -> None:
        """Say once what a signature gives away, but not of the page's example, which is nobody's."""
        if not self._warned and password != EXAMPLE_PASSWORD and is_guessable(password):
            self._warned = True
            self._report.note(f"the telephone password is not safe: {GUESSABLE}")

    def _judged(self, item: Item, decoded: Decoded, verdict: Verdict, password: str) -> int:
        if not verdict.valid and not self._explain and not self._hinted and not self._report.json:
            self._hinted = True
            self._report.note("--explain looks for the usual mistake behind a signature that does not match")
        if verdict.valid or not self._explain:
            return self._say(item, decoded, verdict.valid, verdict.reason)
        from ...codec.explain import explain

        country = self._settings.config.country
        mistake = explain(decoded, password, self._passwords.others(), country)
        return self._say(item, decoded, False, verdict.reason, mistake or "no usual mistake makes this signature")

    def _say(self, item: Item, decoded: Decoded, valid: bool, reason: str, explanation: str | None = None) -> int:
        document = decoded.document
        if self._report.json:
            row = common(item, decoded) | {"valid": valid, "reason": reason}
            self._report.row(row | ({"explanation": explanation} if self._explain else {}))
        else:
            label, style = ("valid", "green") if valid else ("not valid", "red")
            which = f" (line {document.line}, call {document.call})" if document.line and document.call else ""
            self._report.verdict(place(item.file, item.index), label, style, f"{reason}{which}")
            if explanation:
                self._report.out(f"  explanation: {explanation}")
        return ExitCode.OK if valid else ExitCode.NO
