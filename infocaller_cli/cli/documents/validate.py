"""`infocaller validate`: every document judged by every rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ...codec.model import Finding
from ...codec.rules import is_valid, judge, judge_transport, settle
from ...codec.spec import NAMED_KINDS, Kind
from ...codec.subject import Subject
from ...config.passwords import Passwords
from ...errors import DecodeError, ExitCode, InfocallerError, UsageError
from ...spelling import nearest
from .. import options
from ..inputs.items import Item, answer_of, decode_item, read_items
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
    judge = _Judge(passwords, NAMED_KINDS[options.kind_name(kind)] if kind else None, strict, _codes(ignore or []), lenient, limit)
    reporter = REPORTERS[output](settings.report)
    code = int(ExitCode.OK)
    for item in read_items(files, settings.report, limit, exact=exact):
        if item.error is not None and not isinstance(item.error, DecodeError):
            code = max(code, settings.report.error(item.error, item.file, item.index))
            continue
        try:
            for judged in judge.run(item):
                reporter.add(judged)
                code = max(code, ExitCode.OK if judged.valid else ExitCode.NO)
        except InfocallerError as error:  # a password that cannot be used
            code = max(code, settings.report.error(error, item.file, item.index))
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


class _Judge:
    """Judges items; holds what the options say."""

    def __init__(self, passwords: Passwords, kind: Kind | None, strict: bool, ignore: frozenset[str], lenient: bool, limit: int) -> None:
        self._passwords = passwords
        self._kind = kind
        self._strict = strict
        self._ignore = ignore
        self._lenient = lenient
        self._limit = limit

    def run(self, item: Item) -> Iterator[Judged]:
        """The judgement of an item, and of the recorded answer where the item is a query."""
        request = self._judge(item, self._kind)
        yield request
        if request.decoded is None or (self._kind or request.decoded.document.kind) is not Kind.QUERY:
            return
        answer = answer_of(item)
        if answer is not None:
            yield self._judge(answer, Kind.RESPONSE, request.decoded.format)

    def _judge(self, item: Item, kind: Kind | None, request_format: str | None = None) -> Judged:
        decoded: Decoded | None = None
        signature: Verdict | None = None
        try:
            decoded = decode_item(item, lenient=self._lenient, max_size=self._limit)
        except DecodeError as error:
            findings = [Finding(error.code, "error", "", _in_words(error), error.row)]
        else:
            password = self._passwords.of(decoded.document.line)
            subject = Subject(decoded.document, kind or decoded.document.kind, password, decoded)
            findings = judge(subject, decoded)
            signature = subject.signature
            if request_format is not None:
                findings += judge_transport(decoded, request_format, item.content_type)
        findings = settle(findings, strict=self._strict, ignore=self._ignore)
        return Judged(item, decoded, kind, findings, is_valid(findings), signature)


def _in_words(error: DecodeError) -> str:
    column = f"column {error.column}: " if error.column else ""
    return f"{column}{error.in_full}"
