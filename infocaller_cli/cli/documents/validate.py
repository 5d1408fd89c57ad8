"""`infocaller validate`: every document judged by every rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ...codec.model import Finding
from ...codec.rules import is_valid, judge, judge_transport, settle
from ...codec.spec import NAMED_KINDS, Kind
from ...codec.subject import Subject
from ...config.passwords import Known, Passwords
from ...errors import DecodeError, ExitCode, InfocallerError, UsageError
from ...spelling import nearest
from .. import options
from ..inputs.items import Item, answer_of, decode_item
from ..inputs.naming import common, unread
from ..inputs.spread import every
from .validate_report import REPORTERS, Judged, Output

if TYPE_CHECKING:
    from ...codec import Decoded
    from ...codec.signature import Verdict


def validate(
    context: typer.Context,
    files: options.Files,
    kind: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="KIND",
            help="inicio, desvio_correcto, desvio_fallido, fin, query or response. Else recognised.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Leave out a rule; repeatable, or codes with commas.")] = None,
    output: Annotated[Output, typer.Option(help="How to report.", case_sensitive=False)] = Output.TEXT,
    json: Annotated[bool, typer.Option("--json", help="The same as --output json.")] = False,
    jobs: options.Jobs = None,
    _no_pager: options.NoPager = False,
    password_file: options.PasswordFile = None,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
) -> int:
    """Judge documents by the rules (`infocaller rules` lists them).

    Of a capture each request is judged and, for queries, its recorded answer. The signature is checked where the password is
    known; nothing is asked, and the verdict says whether it was.
    """
    settings = options.settings(context)
    if json:
        output = Output.JSON
    settings.report.json = output is Output.JSON
    passwords = Passwords(settings, password_file, optional=True)
    limit = options.size(max_size)
    work = _Judge(NAMED_KINDS[options.kind_name(kind)] if kind else None, strict, _codes(ignore or []), lenient, limit, passwords)
    reporter = REPORTERS[output](settings.report)
    code = int(ExitCode.OK)
    for outcome in every(files, work, settings.report, limit, jobs, exact=exact):
        for judged in outcome.judged:
            reporter.add(judged)
            code = max(code, ExitCode.OK if judged.valid else ExitCode.NO)
        if outcome.error is not None:
            code = max(code, settings.report.error(outcome.error, outcome.file, outcome.index))
    reporter.finish()
    return code


def _codes(given: list[str]) -> frozenset[str]:
    """The codes of --ignore. Raises UsageError for one that is none, or without which a judgement means nothing."""
    from ...codec.catalogue import NEVER_IGNORED, RULES

    codes = [code.strip().upper() for text in given for code in text.split(",") if code.strip()]
    for code in codes:
        if code not in RULES:
            raise UsageError(f"there is no rule {code!r}", "infocaller rules lists them", nearest(code, list(RULES)))
        if code in NEVER_IGNORED:
            raise UsageError(f"{code} cannot be ignored", "a document that was not read cannot be judged")
    return frozenset(codes)


class _Outcome(NamedTuple):
    """What became of an item: its judgement, and that of the recorded answer to a query; or why it could not be judged."""

    file: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    judged: list[Judged]
    error: InfocallerError | None


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges items as the options say, with the passwords that can be found."""

    kind: Kind | None
    strict: bool
    ignore: frozenset[str]
    lenient: bool
    limit: int
    passwords: Passwords | Known

    def __call__(self, item: Item) -> _Outcome:
        """The judgement of an item, and of the recorded answer where the item is a query. Raises KeyError as `Known`."""
        if item.error is not None and not isinstance(item.error, DecodeError):
            return _Outcome(item.file, item.index, [], item.error)
        done: list[Judged] = []
        try:
            decoded = self._judge(item, self.kind, done)
            if decoded is not None and (self.kind or decoded.document.kind) is Kind.QUERY and (answer := answer_of(item)) is not None:
                self._judge(answer, Kind.RESPONSE, done, decoded.format)
        except InfocallerError as error:  # a password that cannot be used
            return _Outcome(item.file, item.index, done, error)
        return _Outcome(item.file, item.index, done, None)

    def away(self) -> _Judge:
        return replace(self, passwords=self.passwords.known())

    def _judge(self, item: Item, kind: Kind | None, done: list[Judged], request_format: str | None = None) -> Decoded | None:
        """Judge one document into `done`; gives what was read of it."""
        decoded: Decoded | None = None
        signature: Verdict | None = None
        try:
            decoded = decode_item(item, lenient=self.lenient, max_size=self.limit)
        except DecodeError as error:
            findings = [Finding(error.code, "error", "", _in_words(error), error.row)]
        else:
            password = self.passwords.of(decoded.document.line)
            subject = Subject(decoded.document, kind or decoded.document.kind, password, decoded)
            findings = judge(subject, decoded)
            signature = subject.signature
            if request_format is not None:
                findings += judge_transport(decoded, request_format, item.content_type)
        findings = settle(findings, strict=self.strict, ignore=self.ignore)
        row = (common(item, decoded) if decoded else unread(item)) | ({"kind": kind.value} if kind else {})
        state, why = (signature.state.value, signature.reason) if signature else (None, "")
        done.append(Judged(item.file, item.index, item.part, row, findings, is_valid(findings), state, why))
        return decoded


def _in_words(error: DecodeError) -> str:
    column = f"column {error.column}: " if error.column else ""
    return f"{column}{error.in_full}"
