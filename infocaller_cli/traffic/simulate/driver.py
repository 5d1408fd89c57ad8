"""Plays a call without anybody at a terminal: a case's keys and outcomes go in, what was heard and sent comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...calls import Answer, Case, Heard, Play, Script, Send
from ...calls.actions import NO_ANSWER, SLOW
from ...codec.sample import CallFields
from .drive import drive
from .exchange import Endpoint, Posted, exchange
from .listed import Listed


class Happened(NamedTuple):
    """One thing that happened: the engine's event, what it was answered, and the exchange where something was sent."""

    event: Any
    reply: Any
    exchange: Posted | None


Watch = Callable[[Happened], None]


@dataclass(slots=True)
class Call:
    """A call that was played.

    `heard` are the messages, `exchanges` what was sent and came back, `variables` those of the call at its end; `end` is script, call,
    machine, caller or loop; `seconds` by the call's own clock. `reached` are pairs of step and branch. `log`: all that happened.
    `problems` are answers that were missing, impossible or left over.
    """

    fields: CallFields
    heard: list[str] = field(default_factory=list)
    exchanges: list[Posted] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    end: str = ""
    seconds: float = 0.0
    reached: frozenset[tuple[int, int]] = frozenset()
    log: list[Happened] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def requests(self) -> list[str]:
        """The names of the events and queries, in the order they went out; what has no URL was not sent."""
        return [one.name for one in self.exchanges]

    @property
    def waited(self) -> float:
        """Seconds of all requests together."""
        return sum(one.answer.seconds for one in self.exchanges)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest query; 0 without any."""
        return max((one.answer.seconds for one in self.exchanges if one.send.is_query), default=0.0)


def play(script: Script, case: Case, fields: CallFields, endpoint: Endpoint, watch: Watch | None = None) -> Call:
    """Play a case. `fields` say what call it is, its start among them. Raises UsageError where something cannot be sent at all; FIN is
    sent all the same.
    """
    call = Call(fields)
    playing = Play(script, fields)
    caller = Listed(case.keys, case.diverts)

    def happened(event: Any, reply: Any, posted: Posted | None) -> None:
        if isinstance(event, Heard):
            call.heard.append(event.text)
        if posted is not None and posted.sent:
            call.exchanges.append(posted)
        call.log.append(Happened(event, reply, posted))
        if watch is not None:
            watch(call.log[-1])

    if drive(playing, caller, lambda send: _sent(send, case, endpoint), happened):
        raise KeyboardInterrupt  # which is for who plays calls: this one has its end
    call.variables, call.end, call.seconds = dict(playing.variables), playing.end, playing.t
    call.reached = frozenset(playing.reached)
    call.problems = caller.problems()
    return call


def _sent(send: Send, case: Case, endpoint: Endpoint) -> Posted:
    fault = next((fault for name, fault in case.faults.items() if name.strip() == send.name.strip()), "")
    if not fault:
        return exchange(send, endpoint)
    wait = send.wait or endpoint.timeout
    what = {NO_ANSWER: "no answer", SLOW: f"no answer within {wait:g} s"}.get(fault, f"the status is {fault}")
    answer = Answer(False, wait if fault == SLOW else 0.0, why=f"{what}, as the case wants")
    return Posted(send, answer, fault=fault)
