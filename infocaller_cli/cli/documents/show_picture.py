"""`show` drawn with rich: on a terminal, as HTML, as SVG. Text of documents goes in as Text, never as markup."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...streams import visible
from .show_summary import CALL, LASTS, clock

if TYPE_CHECKING:
    from .show_summary import Step, Summary

_STATE = {"valid": "green", "invalid": "bold red", "unchecked": "yellow", "none": "dim"}
# Wide enough for a time axis, narrow enough for a page
EXPORT_WIDTH = 120
# Below _SMALLEST columns would be letters one below the other
_NARROW, _TINY, _SMALLEST = 100, 60, 50
# A text of Rich's SVG that begins with spaces; how wide Rich draws a character
_INDENTED = re.compile(r'x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>((?:&#160;)+)')
_CHARACTER = 12.2


def terminal_console(color: bool) -> Console:
    """A console on stdout. Without colour not even bold is written."""
    return Console(
        color_system="auto" if color else None, no_color=not color, force_terminal=True, highlight=False, emoji=False, markup=False
    )


def export_console() -> Console:
    """A console that remembers what is drawn."""
    return Console(
        record=True,
        file=io.StringIO(),
        width=EXPORT_WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
        _environ={},
    )


def svg(console: Console, title: str) -> str:
    """The drawing as SVG. Rich would have the viewer fetch a font from elsewhere; a picture of a call should tell nobody."""
    text = console.export_svg(title=visible(title), unique_id="infocaller")
    return _INDENTED.sub(_indented, re.sub(r"@font-face \{.*?\}\s*", "", text, flags=re.DOTALL))


def _indented(found: re.Match[str]) -> str:
    """The text without its first spaces, further right: librsvg drops these, and would start each bar at 0:00."""
    x, y, length, rest, spaces = found.groups()
    by = len(spaces) // len("&#160;") * _CHARACTER
    return f'x="{float(x) + by:g}" y="{y}" textLength="{float(length) - by:g}"{rest}>'


def draw(summary: Summary, where: str, console: Console) -> None:
    """Draw one document."""
    head = Text.assemble(
        (f" {visible(summary.what if summary.kind == 'event' else summary.kind).upper()} ", "bold reverse" if console.color_system else ""),
        " ",
        (visible(summary.title), "bold"),
    )
    console.print(head, soft_wrap=False)
    console.print(Text(visible(where), "dim"))
    console.print(Padding(_facts(summary), (1, 0, 0, 1)))
    if summary.steps:
        steps = _list(summary) if console.width < _SMALLEST else _timeline(summary, console)
        console.print(Padding(steps, (1, 0, 0, 1)))
    console.print()


def _facts(summary: Summary) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, style, value in summary.rows:
        table.add_row(label, Text(visible(value), _STATE.get(style, "")))
    return table


def _timeline(summary: Summary, console: Console) -> Group:
    """The actions as a table. A narrow terminal has no offsets, a tiny one no time axis: the words come first."""
    offsets, axis = console.width >= _NARROW, console.width >= _TINY
    words = 90 if summary.kind == CALL else 80  # columns: a record has more to say than an action
    bar_width = 12 if console.width < _NARROW else max(12, min(60, console.width - words))
    total = summary.seconds or 0
    table = Table(
        box=box.SIMPLE_HEAD if _unicode(console) else box.ASCII2, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, show_footer=True
    )
    table.expand = True
    amounts = "" if summary.amounts is None else str(summary.amounts)
    table.add_column("Time", overflow="fold", max_width=10, footer="Total")
    if offsets:
        table.add_column("At", justify="right", no_wrap=True)
    table.add_column("Action", footer=summary.counted, overflow="fold", min_width=14 if axis else 8, max_width=None if offsets else 16)
    table.add_column("Name and data", overflow="fold", ratio=1)
    table.add_column("Lasts", justify="right", no_wrap=True, footer=clock(summary.seconds))
    table.add_column("Amount", justify="right", overflow="fold", max_width=12, footer=amounts)
    if axis:
        table.add_column(Text(f"0:00{clock(total):>{bar_width - 4}}"), no_wrap=True, width=bar_width)
    for step in summary.steps:
        cells = [Text(visible(step.time)), *([Text(clock(step.offset))] if offsets else []), _action(step), _details(step)]
        cells += [Text(clock(step.lasts), "dim" if step.derived else ""), Text(visible(step.amount))]
        table.add_row(*cells, *([_bar(step, total, bar_width, console)] if axis else []))
    derived = any(step.derived for step in summary.steps)
    return Group(table, Text(LASTS if derived else "", "dim"))


def _list(summary: Summary) -> Table:
    """The actions in words, for a terminal that has no room for a table."""
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold", max_width=10)
    table.add_column(overflow="fold")
    for step in summary.steps:
        amount = f"amount {visible(step.amount)}" if step.amount else ""
        words = ", ".join(filter(None, (_details(step).plain, clock(step.lasts), amount)))
        table.add_row(Text(visible(step.time)), Text.assemble(_action(step), ": ", words))
    total = (clock(summary.seconds), "" if summary.amounts is None else f"amount {summary.amounts}")
    table.add_row("Total", Text(", ".join(filter(None, total))))
    return table


def _action(step: Step) -> Text:
    return Text.assemble((visible(step.action), _color(step, "bold") if step.record else "bold"), (f" {visible(step.code)}", "dim"))


def _color(step: Step, more: str = "") -> str:
    """What a step is drawn in: an action, a record, a record of which something is wrong."""
    return f"{more} {'red' if step.wrong else 'magenta' if step.record else 'cyan'}".strip()


def _details(step: Step) -> Text:
    return Text(visible(step.name_and_data), "red" if step.wrong else "")


def _unicode(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _bar(step: Step, total: float, width: int, console: Console) -> Text:
    """The step's place on the call's time axis; a moment without duration is a thin mark."""
    if step.offset is None or total <= 0:
        return Text("")
    marks = ("━", "◆") if step.record else ("█", "▏")
    full, thin = marks if _unicode(console) else ("=", "*") if step.record else ("#", "|")
    start = min(width - 1, max(0, int(step.offset / total * width)))
    length = min(width - start, round((step.lasts or 0) / total * width))
    bar = thin + full * (length - 1) if step.record else full * length if length else thin
    return Text(" " * start + bar, _color(step))
