"""`show --html`: a page of its own, in one file without script, font or network, for a screen of any width, light or dark, and paper.

It is written as it goes: a document is forgotten once it stands there. The table of contents comes last in the file and, by its
style, first on the screen.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ...codec.spec import Kind
from ...streams import visible
from .show_summary import CALL, LASTS, clock, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .show_items import Named
    from .show_summary import Step, Summary

# A name in the table of contents; anybody can send one of a megabyte
_LONGEST = 100

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2126; --dim: #5b6570; --line: #d5dae0; --paper: #fff; --bar: #1f7a8c; --mark: #8250df;
  --good: #1a7f37; --bad: #b42318; --open: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa5b1; --line: #39424c; --paper: #14181c;
  --bar: #5cc3d6; --mark: #d2a8ff;
  --good: #56d364; --bad: #ff7b72; --open: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; display: flex; flex-direction: column; background: var(--paper);
  color: var(--ink); font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
header { order: -2; } nav { order: -1; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin: 0; } header p, .where, .note, th, dt, .code, .who, .rest { color: var(--dim); }
.where, .note { margin: 0.2rem 0; font-size: 0.9rem; }
nav ul { padding-left: 1.2rem; } nav ul ul { margin: 0; } a { color: inherit; }
article { border-top: 1px solid var(--line); padding: 1.2rem 0; min-width: 0; }
.kind { font-size: 0.8rem; border: 1px solid; border-radius: 0.3rem; padding: 0.05rem 0.4rem; margin-right: 0.4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; } dd { margin: 0; min-width: 0; white-space: pre-wrap; }
.valid { color: var(--good); } .invalid { color: var(--bad); font-weight: 600; } .unchecked { color: var(--open); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.5rem 0.25rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 400; font-size: 0.85rem; } tfoot td { border: 0; color: var(--dim); }
.number { text-align: right; }
@media (min-width: 48.01rem), print { td:first-child { min-width: 5.4rem; } .number { min-width: 3.4rem; }
  .number:nth-child(6) { min-width: 5.4rem; } .name { min-width: 6rem; } .record .name { min-width: 10.2rem; } }
.record .name { color: var(--mark); font-weight: 600; font-size: 0.9rem; } .record .code { font-weight: 400; }
.rest { margin-left: 0.5rem; }
.record svg { fill: var(--mark); }
.wrong .name, .wrong .data { color: var(--bad); } .wrong svg { fill: var(--bad); }
.data { white-space: pre-wrap; } .derived { color: var(--dim); }
.axis { width: 24%; padding-right: 0; } .axis span { float: right; }
svg { display: block; width: 100%; height: 0.9rem; margin-top: 0.25rem; fill: var(--bar);
  background: color-mix(in srgb, var(--bar) 12%, transparent); }
@media screen and (max-width: 48rem) {
  dl { column-gap: 0.7rem; } thead { display: none; }
  tr { display: grid; grid-template-columns: 1fr auto auto auto; gap: 0 0.6rem; border-bottom: 1px solid var(--line); padding: 0.4rem 0; }
  td { border: 0; padding: 0; min-width: 0; } .name, .data, .axis { grid-column: 1 / -1; width: auto; order: 1; }
  td:empty { display: none; } .at::before { content: "at "; } .lasts::before { content: "lasts "; } .at, .derived { color: var(--dim); }
  .number { font-size: 0.85rem; }
}
@media print { :root { font-size: 12px; } body { max-width: none; padding: 0; } nav a { text-decoration: none; }
  h2, .where, dl, thead { break-after: avoid; } dl, tr { break-inside: avoid; } tfoot { display: table-row-group; break-before: avoid; }
  svg { print-color-adjust: exact; } }
"""


_NUMBER = ' class="number"'
_COLUMNS = (("Time", ""), ("At", _NUMBER), ("Action", ""), ("Name and data", ""), ("Lasts", _NUMBER), ("Amount", _NUMBER))


class Page:
    """The page, piece by piece: a `document` each, the first with the page's head, and the `foot`. `title` is the page's."""

    def __init__(self, title: str) -> None:
        self._title = title
        # By call (the hash of line and call id: they may be long), in the order of their first document: all that grows with the page
        self._contents: dict[int, bytearray] = {}
        self._call = 0
        self._count = 0

    def _head(self) -> str:
        # Were anything of a document taken for markup, it still could load or run nothing
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
            f"<title>{_text(self._title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header><h1>{_text(self._title)}</h1></header>\n"
        )

    def document(self, one: Named) -> str:
        """One document, or one call."""
        summary = one.summary
        self._count += 1
        head = self._head() if self._count == 1 else ""
        anchor = f"d{self._count}"
        self._enter(one, anchor)
        badge = summary.what if summary.kind == Kind.EVENT else summary.kind.upper()
        heading = f'<span class="kind">{_text(badge)}</span>{_text(summary.title)}'
        parts = [f'<article id="{anchor}">\n<h2>{heading}</h2>\n<p class="where">{_text(one.name)}</p>\n', _facts(summary)]
        if summary.steps:
            parts += _timeline(summary)
        return "".join((head, *parts, "</article>\n"))

    def foot(self) -> Iterator[str]:
        """What comes behind the last document, in pieces: the table of contents, and the end. Nothing where there was none."""
        if self._count > 1:
            yield "<nav><h2>Calls</h2><ul>"
            yield from (f"<li>{entries.decode()}</li>" for entries in self._contents.values())
            yield "</ul></nav>\n"
        if self._count:
            yield "</body>\n</html>\n"

    def _enter(self, one: Named, anchor: str) -> None:
        """A line in the table of contents; a recorded answer belongs to the call of its query."""
        line, call = one.line or "", one.call or ""
        if not one.answer:
            self._call = hash((line, call))
        what = "answer" if one.answer else one.summary.what
        name = f"call {call[:_LONGEST]} of line {line[:_LONGEST]}" if call else "without a call"
        who = f' <span class="who">{_text(one.summary.who[:_LONGEST])}</span>' if call else ""
        whole = one.summary.kind == CALL  # it is the one line of its call
        rest = f' <span class="rest">{_text(_of_contents(one.summary)[:_LONGEST])}</span>'
        link = f'<a href="#{anchor}">{_text(name if whole else what[:_LONGEST])}</a>{who if whole else ""}{rest}'
        entries = self._contents.setdefault(self._call, bytearray())
        if not whole and not entries:
            entries += f"{_text(name)}{who}".encode("utf-8", "backslashreplace")
        entries += (f"{'<br>' if entries else ''}{link}" if whole else f"<ul><li>{link}</li></ul>").encode("utf-8", "backslashreplace")


def _of_contents(summary: Summary) -> str:
    """What the table of contents says of a document: when it came and what was answered, else what it is about."""
    if summary.kind == CALL:
        return ", ".join(filter(None, (summary.counted, "" if summary.seconds is None else duration(summary.seconds))))
    told = summary.recorded
    if not told:
        return summary.title
    return ", ".join(filter(None, (told.received.partition(".")[0].replace("T", " "), told.answer.in_words() if told.answer else "")))


def _text(text: str) -> str:
    return escape(visible(text))


def _facts(summary: Summary) -> str:
    rows = (f'<dt>{label}</dt><dd class="{style}">{_text(value)}</dd>\n' for label, style, value in summary.rows)
    return f"<dl>\n{''.join(rows)}</dl>\n"


def _timeline(summary: Summary) -> Iterator[str]:
    """The actions, each with its place on the call's time axis."""
    total = summary.seconds or 0
    heads = "".join(f"<th{style}>{head}</th>" for head, style in _COLUMNS)
    yield f'<table>\n<thead><tr>{heads}<th class="axis">0:00<span>{clock(total)}</span></th></tr></thead>\n<tbody>\n'
    for step in summary.steps:
        yield _row(step, total)
    lasts = clock(summary.seconds)
    amounts = "" if summary.amounts is None else str(summary.amounts)
    cells = f'<td>Total</td><td></td><td class="name">{summary.counted}</td><td class="data"></td><td class="number lasts">{lasts}</td>'
    yield f'</tbody>\n<tfoot><tr>{cells}<td class="number">{_text(amounts)}</td><td class="axis"></td></tr></tfoot>\n</table>\n'
    if any(step.derived and step.lasts is not None for step in summary.steps):
        yield f'<p class="note">{LASTS}</p>\n'


def _row(step: Step, total: float) -> str:
    kind = f' class="record{" wrong" if step.wrong else ""}"' if step.record else ""
    return (
        f'<tr{kind}><td>{_text(step.time)}</td><td class="number at">{clock(step.offset)}</td>'
        f'<td class="name">{_text(step.action)} <span class="code">{_text(step.code)}</span></td>'
        f'<td class="data">{_text(step.name_and_data)}</td>'
        f'<td class="number lasts{" derived" if step.derived else ""}">{clock(step.lasts)}</td><td class="number">{_text(step.amount)}</td>'
        f'<td class="axis">{_bar(step, total)}</td></tr>\n'
    )


def _bar(step: Step, total: float) -> str:
    """The step's place on the axis; a moment without duration is a thin mark. A thousand parts are finer than any screen."""
    if step.offset is None or total <= 0:
        return ""
    start = min(995.0, max(0.0, step.offset / total * 1000))
    length = min(1000 - start, max(5.0, (step.lasts or 0) / total * 1000))
    place = f'<rect x="{start:.0f}" width="{length:.0f}" height="10"/>'
    return f'<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">{place}</svg>'
