"""`infocaller show`: a document as a person wants to see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...codec.spec import Kind
from ...config.passwords import Passwords
from ...errors import ExitCode, InfocallerError, UsageError
from .. import options
from ..inputs.items import Item, answer_of, decode_item, read_items
from ..inputs.naming import common, name_of, note_findings

if TYPE_CHECKING:
    from rich.console import Console

    from ...codec import Decoded
    from ..report import Report
    from .show_summary import Step, Summary

Draw = Callable[[Item, "Decoded", "Summary"], None]


def show(
    context: typer.Context,
    files: options.Files,
    html: Annotated[str | None, typer.Option("--html", metavar="OUT", help="Write a page of HTML.")] = None,
    svg: Annotated[str | None, typer.Option("--svg", metavar="OUT", help="Write an SVG picture.")] = None,
    no_signature: options.NoSignature = False,
    password_file: options.PasswordFile = None,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
    json: options.Json = False,
) -> int:
    """Show who called whom, when, at what cost, the variables, and a fin's actions as a timeline.

    The signature is checked where the password is known; nothing is asked.
    """
    settings = options.settings(context)
    report = settings.report
    report.json = json
    if (html is not None) + (svg is not None) + json > 1:
        raise UsageError("--html, --svg and --json exclude each other", "each says how to show")
    passwords = None if no_signature else Passwords(settings, password_file, optional=True)
    limit = options.size(max_size)
    items = read_items(files, report, limit, exact=exact)
    title = f"infocaller show {' '.join(files)}"
    out = html if html is not None else svg
    if out is None:
        draw = _rows(report) if json else _terminal(report) if sys.stdout.isatty() else _lines(report)
        return _show(items, report, passwords, lenient, limit, draw)
    from ..output import refuse_input, write

    refuse_input(files, out)
    if html is not None:
        return _page(items, title, report, passwords, lenient, limit, html)
    from . import show_picture as picture

    console = picture.export_console()
    code = _show(items, report, passwords, lenient, limit, _picture(console))
    if console.export_text(clear=False):  # something could be read
        write(picture.svg(console, title).encode("utf-8", "backslashreplace"), out)
    return code


def _page(items: Iterator[Item], title: str, report: Report, passwords: Passwords | None, lenient: bool, limit: int, out: str) -> int:
    """The page of HTML, written as it goes; none where nothing could be read."""
    from ..output import open_out
    from .show_page import Page

    page = Page(title)
    with open_out(out) as stream:

        def draw(item: Item, decoded: Decoded, summary: Summary) -> None:
            document = decoded.document
            stream.write(page.document(summary, name_of(item), document.line, document.call).encode("utf-8", "backslashreplace"))

        code = _show(items, report, passwords, lenient, limit, draw)
        stream.write(page.foot().encode("utf-8", "backslashreplace"))
    return code


def _show(items: Iterator[Item], report: Report, passwords: Passwords | None, lenient: bool, limit: int, draw: Draw) -> int:
    """Draw every document, and behind a query its recorded answer (that to an event is not for anybody)."""
    from .show_summary import summarize

    def show_one(item: Item) -> Decoded:
        decoded = decode_item(item, lenient=lenient, max_size=limit)
        note_findings(decoded, item, report)
        summary = summarize(decoded, passwords.of(decoded.document.line) if passwords else None)
        draw(item, decoded, summary if passwords else replace(summary, why=""))
        return decoded

    code = int(ExitCode.OK)
    for item in items:
        try:
            if show_one(item).document.kind is Kind.QUERY and (answer := answer_of(item)) is not None:
                show_one(answer)
        except InfocallerError as error:
            code = max(code, report.error(error, item.file, item.index))
    return code


def _terminal(report: Report) -> Draw:
    from . import show_picture as picture

    return _picture(picture.terminal_console(report.colored(sys.stdout)))


def _picture(console: Console) -> Draw:
    from . import show_picture as picture

    def draw(item: Item, _: Decoded, summary: Summary) -> None:
        picture.draw(summary, name_of(item), console)

    return draw


def _rows(report: Report) -> Draw:
    def draw(item: Item, decoded: Decoded, summary: Summary) -> None:
        row: dict[str, Any] = common(item, decoded)
        row |= {"part": item.part}
        row |= {"signature": summary.signature, "reason": summary.why} if summary.why else {}
        row["title"] = summary.title
        row |= {label.lower(): value for label, value in summary.facts if label not in ("Line", "Call", "Signature")}
        row["variables"] = [{"name": name, "value": value} for name, value in summary.variables]
        row["seconds"] = summary.seconds
        row["actions"] = [_step_row(step) for step in summary.steps]
        row["amounts"] = None if summary.amounts is None else str(summary.amounts)
        row["other"] = dict(summary.others)
        report.row(row)

    return draw


def _step_row(step: Step) -> dict[str, Any]:
    return {
        "code": step.code,
        "action": step.action,
        "name": step.name,
        "date": step.date,
        "offset": step.offset,
        "lasts": step.lasts,
        "derived": step.derived,
        "amount": step.amount,
        "details": dict(step.details),
    }


def _lines(report: Report) -> Draw:
    """Plain lines for a pipe: nothing is cut, nothing is aligned."""
    from .show_summary import clock, duration

    def draw(item: Item, decoded: Decoded, summary: Summary) -> None:
        report.out(f"{name_of(item)}: {summary.kind}, {decoded.format}: {summary.title}", "bold")
        for label, value in summary.facts:
            report.out(f"  {label.lower()}: {value}")
        if summary.why:
            report.out(f"  signature: {summary.why}")
        for name, value in summary.variables:
            report.out(f"  variable {name} = {value}")
        for name, value in summary.others:
            report.out(f"  other {name} = {value}")
        for number, step in enumerate(summary.steps, 1):
            at = f" (+{clock(step.offset)})" if step.offset is not None else ""
            lasts = f"lasts {duration(step.lasts)}" if step.lasts is not None else ""
            data = ", ".join(f"{label} {value}" for label, value in step.details)
            amount = f"amount {step.amount}" if step.amount else ""
            rest = ", ".join(filter(None, (step.name, data, lasts, amount)))
            report.out(f"  action {number}: {step.date}{at} {step.action} ({step.code}): {rest}")
        if summary.steps:
            total = "" if summary.seconds is None else f", {duration(summary.seconds)}"
            amounts = "" if summary.amounts is None else f", amounts {summary.amounts}"
            report.out(f"  total: {len(summary.steps)} actions{total}{amounts}")

    return draw
