"""Whole calls for tests: a script played against an application, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..calls import Case, Script
from ..codec import spec
from ..codec.sample import CallFields
from ..streams import visible
from ..traffic.simulate.driver import Call, play
from ..traffic.simulate.exchange import Endpoint, Posted
from ..traffic.simulate.lines import lines
from ..traffic.simulate.loading import load
from .message import call_values
from .outcome import Variables
from .posting import posting

# Fields that come of playing
_OWN = {"seconds", "actions"}


@dataclass(frozen=True, slots=True, repr=False)
class Simulated:
    """What came of a simulated call.

    `heard` are the messages in order, `requests` the names of what was sent, `variables` those of the call at its end. `end` is
    script, call, machine, caller or loop, `seconds` by the call's own clock. `problems` are the requests that went wrong, a line each:
    a query whose answer does not count, an event that was not taken. `exchanges` are the requests with their answers.
    """

    heard: tuple[str, ...]
    requests: tuple[str, ...]
    variables: Variables
    end: str
    seconds: int
    problems: tuple[str, ...] = ()
    exchanges: tuple[Posted, ...] = field(default=())
    lines: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return "\n".join(("<Simulated:", *(f"  {visible(line)}" for line in self.lines), ">"))


def simulate(
    script: str | Path,
    keys: Iterable[str],
    diverts: Iterable[str],
    faults: dict[str, str],
    app: Any,
    to: str | None,
    password: str,
    format: str,
    fields: dict[str, Any],
    timeout: float,
) -> Simulated:
    """Play a script once. Raises AssertionError where answers are left over or lacking, InfocallerError where nothing can be played."""
    __tracebackhide__ = True
    case = Case("", None, tuple(keys), tuple(diverts), faults)
    call = called(load(script).script, case, app, to, password, format, fields, timeout)
    if call.problems:
        told = [visible(line) for line in call.problems + lines(call)]
        raise AssertionError("\n".join(("the answers do not fit the call:", *(f"  {line}" for line in told))))
    problems = tuple(f"{one.name}: {one.problem}" for one in call.exchanges if one.problem)
    shown = tuple(lines(call))
    made = Simulated(
        tuple(call.heard),
        tuple(call.requests),
        Variables(call.variables),
        call.end,
        int(call.seconds),
        problems,
        tuple(call.exchanges),
        shown,
    )
    made.variables.answer = repr(made)
    return made


def called(
    script: Script,
    case: Case,
    app: Any,
    to: str | None,
    password: str,
    format: str = spec.XML,
    fields: dict[str, Any] | None = None,
    timeout: float = 10.0,
) -> Call:
    """Play a case against an application. Raises InfocallerError where it cannot be played, TypeError for a field there is not."""
    __tracebackhide__ = True
    given = call_values("FIN", fields or {})
    if own := sorted(given.keys() & _OWN):
        raise TypeError(f"{own[0]} cannot be given: the call itself tells it")
    given.setdefault("call", str(time.time_ns() // 1000))
    given.setdefault("start", datetime.now().replace(microsecond=0))  # noqa: DTZ005  the wire has local times
    # In this process nothing but the application answers: all goes to its root unless something says where
    anywhere = dict.fromkeys(spec.EVENTS, "/") if app is not None else {}
    queries = dict.fromkeys(script.query_names, "/") if app is not None else {}
    endpoint = Endpoint(posting(app), password, to or "", anywhere, queries, format, timeout=timeout)
    return play(script, case, CallFields(**given), endpoint)
