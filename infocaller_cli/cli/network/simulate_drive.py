"""The loop of a call that somebody hears: at a terminal, or unattended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ...calls import HANG_UP, Event, Input, Play, Send, WantKeys, WantOutcome

if TYPE_CHECKING:
    from ...traffic.simulate.exchange import Posted


class Caller(Protocol):
    """Who answers for the caller and for those that the call is diverted to."""

    def keys(self, event: WantKeys) -> Input:
        """Pressed or HANG_UP."""

    def outcome(self, event: WantOutcome) -> Input:
        """An Outcome or HANG_UP."""


def drive(play: Play, caller: Caller, deliver: Callable[[Send], Posted], show: Callable[[Event, Input, Posted | None], None]) -> bool:
    """Play a call to its end. `show` gets each event with its reply; of a request it is told once that has its answer.

    KeyboardInterrupt hangs up, once: FIN is sent. Returns whether that happened.
    """
    interrupted = False
    event = play.next()
    while event is not None:
        reply: Input = None
        exchange = None
        try:
            if isinstance(event, WantKeys):
                reply = caller.keys(event)
            elif isinstance(event, WantOutcome):
                reply = caller.outcome(event)
            elif isinstance(event, Send):
                exchange = deliver(event)
                reply = exchange.reply
            show(event, reply, exchange)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            reply = HANG_UP
        event = play.next(reply)
    return interrupted
