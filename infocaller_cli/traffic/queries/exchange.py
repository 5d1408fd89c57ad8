"""One request and what became of it, for who develops the application."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from ...codec import Document
from ...streams import visible

# Characters of a part of a line: anybody can send a name or variables of a megabyte
LONGEST = 1000
_OURS = str(Path(__file__).parents[2]) + os.sep


@dataclass(slots=True)
class Exchange:
    """One request and what became of it, for who develops the application. `problem` never leaves this side; `trace` is a traceback."""

    name: str = ""
    call: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    answer: Document | None = None
    answered: bool = False  # it is a query with a good signature, or none to check
    outcome: str = ""  # what became of an event, which has no answer
    status: int = 200
    ms: float = 0.0
    problem: str = ""
    trace: BaseException | None = None
    notes: tuple[str, ...] = ()


def exchange_lines(exchange: Exchange) -> list[str]:
    """What became of a request: a line, one for each note, and the traceback of what a handler raised."""
    notes = [f"warning: {exchange.name}: {note}" for note in exchange.notes]
    return [exchange_line(exchange), *notes, *_traceback(exchange.trace)]


def problem_line(exchange: Exchange) -> str:
    """What went wrong, in one line that a terminal can show."""
    return visible(_short(exchange.problem))


def _traceback(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    import traceback

    return "".join(traceback.format_exception(type(error), error, below_ours(error.__traceback__))).splitlines()


def exchange_line(exchange: Exchange) -> str:
    """`ESTADO PEDIDO, call 98565656: NUMPEDIDO=1 -> PEDIDO=2, result 0, 1.2 ms`, and what went wrong. Nothing in it is endless."""
    head = f"{_short(exchange.name)}, call {_short(exchange.call)}: " if exchange.name or exchange.call else ""
    given = _listed(exchange.given.items())
    result = f"{exchange.outcome}, " if exchange.outcome else ""
    if exchange.answer is not None:
        variables = _listed(exchange.answer.variables)
        text = "" if exchange.problem else exchange.answer.get("Status", "ResultText")
        number = exchange.answer.get("Status", "Result") or ""
        result = f"{variables}{', ' if variables else ''}result {_short(number)}{f' ({_short(text)})' if text else ''}"
        result += ", "
    status = f"status {exchange.status}, " if exchange.status != 200 else ""
    problem = f": {_short(exchange.problem)}" if exchange.problem else ""
    return f"{head}{given}{' ' if given else ''}-> {result}{status}{exchange.ms:.1f} ms{problem}"


def below_ours(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the handler's own frames on; all of it where there is none."""
    below = trace
    while below is not None and below.tb_frame.f_code.co_filename.startswith(_OURS):
        below = below.tb_next
    return below or trace


def _listed(variables: Iterable[tuple[str, str]]) -> str:
    return _short(", ".join([f"{name}={value}" for name, value in variables]))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
