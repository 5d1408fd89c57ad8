"""The live lines of `capture`: what came when, of which call, what is new in it, and what became of it."""

from __future__ import annotations

import sys
import textwrap
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from ...codec import spec
from ...codec.signature import State
from ...streams import visible
from ...traffic.queries.event import event_in
from ..report import folded
from ..terminal import columns

if TYPE_CHECKING:
    from ...traffic.captures.caught import Caught
    from ..report import Report

# Calls of which is remembered what variables they had, and so many variables of each. Beyond, a variable is shown as new once more
CALLS, VARIABLES = 1_000, 100
# Characters of one cell, and of what follows the cells: anybody can send a name of a megabyte
_CELL, _REST = 40, 1_000
# Where the cells begin; one that is too long is made up for by those behind it
_STOPS = (0, 10, 27, 40, 52, 63)
_TITLES = ("time", "event", "caller", "call", "signature", "answer")
_INDENT = " " * _STOPS[1]
_NARROWEST = 40
_STATES = {State.VALID: "green", State.INVALID: "red", State.UNCHECKED: "yellow", State.NONE: ""}


class Part(NamedTuple):
    """Text as it came, and its style."""

    text: str
    style: str = ""


class Variables:
    """What variables the calls had when they were last heard of, as far as a bounded memory goes."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, frozenset[int]] = OrderedDict()

    def new(self, call: tuple[str, str], variables: list[tuple[str, str]], after: dict[str, str], *, last: bool) -> list[tuple[str, str]]:
        """Those that are new or changed. `after`: what the call has from now on; `last`: nothing more will be heard of it."""
        key = hash(call)
        seen = self._seen.pop(key, frozenset())
        if not last:
            self._seen[key] = frozenset(hash(one) for one, _ in zip(after.items(), range(VARIABLES), strict=False))
            if len(self._seen) > CALLS:
                self._seen.popitem(last=False)
        return [(name, value) for name, value in variables if hash((name, value)) not in seen]


class Lines:
    """Makes the lines of one run. On a terminal they are coloured, and what a narrow one has no room for stands below its line."""

    def __init__(self, report: Report, *, forwarding: bool) -> None:
        self._report = report
        self._forwarding = forwarding
        self._colored = report.colored(sys.stderr)
        self._folds = sys.stderr.isatty()
        self._variables = Variables()

    def title(self) -> str:
        """What the columns are."""
        return self._line([Part(title, "dim") for title in _TITLES], [])

    def line(self, caught: Caught) -> str:
        """`12:04:05  FIN  911234567  98565656  valid  200  1.9 ms  PEDIDO=2`, escaped: it can be printed as it is."""
        when = Part(time.strftime("%H:%M:%S", time.localtime(caught.when)), "dim")
        answer = _answer(caught, timed=self._forwarding)
        rest: list[Part] = [Part(caught.problem, "red")] if caught.problem else []
        decoded = caught.decoded
        if decoded is None:
            style = "" if caught.unreadable == "no body" else "yellow"
            return self._line([when], [Part(f"{caught.method} {caught.target}: {caught.unreadable}", style), answer, *rest])
        document = decoded.document
        judgement = caught.judgement
        variables = [(one.name, one.value) for one in document.variables]
        after = judgement.after if judgement else dict(variables)
        call = (document.line or "", document.call or "")
        new = self._variables.new(call, variables, after, last=document.kind is spec.Kind.FIN)
        event = _event(caught, document.kind, document.get("Infocaller", "QueryName") or "")
        caller = Part(document.get("Infocaller", "CallerNumber") or "-")
        cells = [when, event, caller, Part(document.call or "-"), Part(caught.state, _STATES[caught.state]), answer]
        if event.text == document.kind:  # only the URL could say more
            rest.append(Part(f"at {caught.target}", "dim"))
        return self._line(cells, [*rest, *_given(new), *_judged(caught)])

    def error(self, text: str) -> str:
        """What went wrong beside the requests, escaped."""
        return f"{self._styled('error', 'red')}: {folded(visible(text), len('error: '), everywhere=True)}"

    def _line(self, cells: list[Part], rest: list[Part]) -> str:
        line, at = "", 0
        for stop, cell in zip(_STOPS, cells, strict=False):
            gap = max(stop - at, 2 if at else 0)
            shown = _short(cell.text, _CELL)
            line += " " * gap + self._styled(shown, cell.style)
            at += gap + len(shown)
        width = max(columns(sys.stderr), _NARROWEST) if self._folds else 0
        for text, style in rest:
            shown = _short(text, _REST)
            if width and at + 2 + len(shown) > width:
                pieces = textwrap.wrap(shown, width - len(_INDENT), break_on_hyphens=False) or [""]
                below = "".join(f"\n{_INDENT}{self._styled(piece, style)}" for piece in pieces)
                line += below if at + 2 > len(_INDENT) else "  " + below.lstrip()
                at = len(_INDENT) + len(pieces[-1])
            else:
                line += "  " + self._styled(shown, style)
                at += 2 + len(shown)
        return line

    def _styled(self, text: str, style: str) -> str:
        return self._report.style(text, style, sys.stderr) if style and self._colored else text


def _event(caught: Caught, kind: spec.Kind, name: str) -> Part:
    if kind is spec.Kind.QUERY:
        return Part(f"query {name.strip()}", "bold")
    if kind is spec.Kind.FIN:
        return Part("FIN", "bold")
    path, _, query = caught.target.partition("?")
    return Part((event_in(path, query.encode("latin-1")) if kind is spec.Kind.EVENT else "") or kind.value, "bold")


def _answer(caught: Caught, *, timed: bool) -> Part:
    good = 200 <= caught.status < 300
    ms = f"{caught.ms:.1f}" if caught.ms < 10 else f"{caught.ms:,.0f}"
    return Part(f"{caught.status} {ms} ms" if timed else str(caught.status), "green" if good else "red")


def _given(new: list[tuple[str, str]]) -> list[Part]:
    return [Part(", ".join(f"{name}={value}" for name, value in new), "cyan")] if new else []


def _judged(caught: Caught) -> list[Part]:
    """What the application's answer means for the call; red where Infocaller would not take it."""
    judgement = caught.judgement
    if judgement is None:
        return [Part("refused: Infocaller wants a status of 2xx", "red")] if caught.refused else []
    wrong = [finding for finding in judgement.findings if finding.level == "error"]
    doubtful = [Part(f"{finding.code}: {finding.message}", "yellow") for finding in judgement.findings if finding.level != "error"][:1]
    if not judgement.why:
        return [Part("-> " + (", ".join(f"{name}={value}" for name, value in judgement.variables.items()) or "done"), "green"), *doubtful]
    text = f" ({judgement.text})" if judgement.text and not wrong else ""
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    named = f": {wrong[0].code}: {wrong[0].message}{more}" if wrong else ""
    return [Part(f"-> {judgement.why}{text}{named}; the error action runs", "red")]


def _short(text: str, most: int) -> str:
    return visible(text if len(text) <= most else text[: most - 4] + " ...")
