"""One request and what became of it, for who develops the application; and what is known of a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..codec import Document


class Password(NamedTuple):
    """What is known of a line's password: `text` None with `needed` means that its queries are refused."""

    text: str | None
    needed: bool


@dataclass(slots=True)
class Exchange:
    """One request and what became of it, for who develops the application. `problem` never leaves this side; `trace` is a traceback."""

    name: str = ""
    call: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    answer: Document | None = None
    status: int = 200
    ms: float = 0.0
    problem: str = ""
    trace: BaseException | None = None
    notes: tuple[str, ...] = ()


def in_words(exchange: Exchange) -> str:
    """`ESTADO PEDIDO, call 98565656: NUMPEDIDO=1 -> PEDIDO=2, result 0, 1.2 ms`, and what went wrong."""
    head = f"{exchange.name}, call {exchange.call}: " if exchange.name or exchange.call else ""
    given = ", ".join([f"{name}={value}" for name, value in exchange.given.items()])
    result = ""
    if exchange.answer is not None:
        variables = ", ".join([f"{name}={value}" for name, value in exchange.answer.variables])
        text = "" if exchange.problem else exchange.answer.get("Status", "ResultText")
        result = f"{variables}{', ' if variables else ''}result {exchange.answer.get('Status', 'Result')}{f' ({text})' if text else ''}"
    status = f", status {exchange.status}" if exchange.status != 200 else ""
    problem = f": {exchange.problem}" if exchange.problem else ""
    return f"{head}{given}{' ' if given else ''}-> {result}{status}, {exchange.ms:.1f} ms{problem}"
