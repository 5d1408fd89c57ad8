"""`infocaller show`: a document as a person wants to see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ...codec.spec import Kind
from ...config.passwords import Known, Passwords
from ...errors import ExitCode, InfocallerError, UsageError
from ...streams import visible
from .. import options
from ..inputs.items import Item, answer_of, decode_item
from ..inputs.naming import common, finding_notes, name_of
from ..inputs.spread import every
from ..report import dump, place, styled

if TYPE_CHECKING:
    from rich.console import Console

    from ...codec import Decoded
    from ..report import Report
    from .show_summary import Step, Summary


def show(
    context: typer.Context,
    files: options.Files,
    html: Annotated[str | None, typer.Option("--html", metavar="OUT", help="Write a page of HTML.")] = None,
    svg: Annotated[str | None, typer.Option("--svg", metavar="OUT", help="Write an SVG picture.")] = None,
    calls: Annotated[bool, typer.Option("--calls", help="The records of each call as one, on one time axis.")] = False,
    no_signature: options.NoSignature = False,
    jobs: options.Jobs = None,
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
    if calls and (html is not None or svg is not None):
        raise UsageError("--calls goes with lines and --json", "a page of --html is ordered by call already", "leave --calls out")
    passwords = None if no_signature else Passwords(settings, password_file, optional=True)
    limit = options.size(max_size)

    def shown(render: _Render, draw: Callable[[Any], None]) -> int:
        found = every(files, _Show(render, lenient, limit, passwords), report, limit, jobs, exact=exact)
        return max((_tell(one, draw, report) for one in found), default=int(ExitCode.OK))

    title = f"infocaller show {' '.join(files)}"
    out = html if html is not None else svg
    if calls:
        return _by_call(shown, json=json, bold=report.colored(sys.stdout))
    if out is None:
        if json:
            return shown(_row, print)
        if not sys.stdout.isatty():
            return shown(_Lines(report.colored(sys.stdout)), print)
        from . import show_picture as picture

        return shown(_named, _drawing(picture.terminal_console(report.colored(sys.stdout))))
    from ..output import refuse_input, write

    refuse_input(files, out)
    if html is not None:
        return _page(title, html, shown)
    from . import show_picture as picture

    console = picture.export_console()
    code = shown(_named, _drawing(console))
    if console.export_text(clear=False):  # something could be read
        write(picture.svg(console, title).encode("utf-8", "backslashreplace"), out)
    return code


def _by_call(shown: Callable[[_Render, Callable[[Any], None]], int], *, json: bool, bold: bool) -> int:
    from .show_calls import Calls, lines, row, step

    calls = Calls((lambda steps: print(row(steps))) if json else (lambda steps: print("\n".join(lines(steps, bold=bold)))))
    code = shown(step, calls.add)
    calls.finish()
    return code


def _page(title: str, out: str, shown: Callable[[_Render, Callable[[_Named], None]], int]) -> int:
    """The page of HTML, written as it goes; none where nothing could be read."""
    from ..output import open_out
    from .show_page import Page

    page = Page(title)
    with open_out(out) as stream:

        def draw(one: _Named) -> None:
            stream.write(page.document(one.summary, one.name, one.line, one.call).encode("utf-8", "backslashreplace"))

        code = shown(_named, draw)
        stream.write(page.foot().encode("utf-8", "backslashreplace"))
    return code


def _drawing(console: Console) -> Callable[[_Named], None]:
    from . import show_picture as picture

    return lambda one: picture.draw(one.summary, one.name, console)


# What is made of a document, perhaps in another process, for who draws it in this one
_Render = Callable[[Item, "Decoded", "Summary"], Any]


class _Named(NamedTuple):
    """A summary, whose it is and what it is called."""

    name: str
    line: str | None
    call: str | None
    summary: Summary


def _named(item: Item, decoded: Decoded, summary: Summary) -> _Named:
    return _Named(name_of(item), decoded.document.line, decoded.document.call, summary)


class _Shown(NamedTuple):
    """What became of an item: its notes and what is drawn; behind a query the same of its recorded answer (that to an event is not for
    anybody); then the error, if one ended it.
    """

    file: str
    index: int | None  # type: ignore[assignment]  # tuple.index is missed by nobody
    parts: list[tuple[list[str], Any]]
    error: InfocallerError | None


@dataclass(frozen=True, slots=True)
class _Show:
    """Renders items. `passwords` None: nothing is said of signatures."""

    render: _Render
    lenient: bool
    limit: int
    passwords: Passwords | Known | None

    def __call__(self, item: Item) -> _Shown:
        """Raises KeyError where the passwords are those known elsewhere, and not enough."""
        parts: list[tuple[list[str], Any]] = []
        try:
            if self._part(item, parts).document.kind is Kind.QUERY and (answer := answer_of(item)) is not None:
                self._part(answer, parts)
        except InfocallerError as error:
            return _Shown(item.file, item.index, parts, error)
        return _Shown(item.file, item.index, parts, None)

    def _part(self, item: Item, parts: list[tuple[list[str], Any]]) -> Decoded:
        from .show_summary import summarize

        decoded = decode_item(item, lenient=self.lenient, max_size=self.limit)
        summary = summarize(decoded, self.passwords.of(decoded.document.line) if self.passwords else None)
        if item.record is not None:
            from .show_record import recorded_facts

            recorded = recorded_facts(item.record, decoded)
            facts = dict(summary.facts) | recorded
            summary = replace(summary, facts=tuple(facts.items()), recorded=tuple(recorded.items()))
        drawn = self.render(item, decoded, summary if self.passwords else replace(summary, why=""))
        parts.append((finding_notes(decoded) if decoded.findings else [], drawn))
        return decoded

    def away(self) -> Callable[[Item], _Shown | Item]:
        known = self.passwords.known() if isinstance(self.passwords, Passwords) else None
        return _Away(replace(self, passwords=known))


@dataclass(frozen=True, slots=True)
class _Away:
    """Renders with the passwords that are known; what needs more goes back."""

    show: _Show

    def __call__(self, item: Item) -> _Shown | Item:
        try:
            return self.show(item)
        except KeyError:
            return item


def _tell(shown: _Shown, draw: Callable[[Any], None], report: Report) -> int:
    """Draw an item, in its turn; gives its exit code."""
    for notes, drawn in shown.parts:
        for note in notes:
            report.note(f"{place(shown.file, shown.index)}{note}")
        draw(drawn)
    return ExitCode.OK if shown.error is None else report.error(shown.error, shown.file, shown.index)


def _row(item: Item, decoded: Decoded, summary: Summary) -> str:
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
    return dump(row)


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


@dataclass(frozen=True, slots=True)
class _Lines:
    """Plain lines for a pipe: nothing is cut, nothing is aligned."""

    bold: bool

    def __call__(self, item: Item, decoded: Decoded, summary: Summary) -> str:
        title = visible(f"{name_of(item)}: {summary.kind}, {decoded.format}: {summary.title}")
        return "\n".join((styled(title, "bold") if self.bold else title, *map(visible, _lines(summary))))


def _lines(summary: Summary) -> Iterator[str]:
    from .show_summary import clock, duration

    for label, value in summary.facts:
        yield f"  {label.lower()}: {value}"
    if summary.why:
        yield f"  signature: {summary.why}"
    for name, value in summary.variables:
        yield f"  variable {name} = {value}"
    for name, value in summary.others:
        yield f"  other {name} = {value}"
    for number, step in enumerate(summary.steps, 1):
        at = f" (+{clock(step.offset)})" if step.offset is not None else ""
        lasts = f"lasts {duration(step.lasts)}" if step.lasts is not None else ""
        data = ", ".join(f"{label} {value}" for label, value in step.details)
        amount = f"amount {step.amount}" if step.amount else ""
        rest = ", ".join(filter(None, (step.name, data, lasts, amount)))
        yield f"  action {number}: {step.date}{at} {step.action} ({step.code}): {rest}"
    if summary.steps:
        total = "" if summary.seconds is None else f", {duration(summary.seconds)}"
        amounts = "" if summary.amounts is None else f", amounts {summary.amounts}"
        yield f"  total: {len(summary.steps)} actions{total}{amounts}"
