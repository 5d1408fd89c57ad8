"""The loop of a call: asks the engine what happens, and those who know for the reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ...calls import HANG_UP, Event, Input, Play, Send, WantKeys, WantOutcome
from .exchange import Posted


class Caller(Protocol):
    """Who answers for the caller and for those that the call is diverted to."""

    def keys(self, event: WantKeys) -> Input:
        """Pressed or HANG_UP."""

    def outcome(self, event: WantOutcome) -> Input:
        """An Outcome or HANG_UP."""


# Is told of each event with its reply; of a request once that has its answer
Show = Callable[[Any, Input, Posted | None], None]


def drive(play: Play, caller: Caller, deliver: Callable[[Send], Posted], show: Show) -> bool:
    """Play a call to its end. Whatever happens hangs up: an application must not see a call that has no FIN.

    KeyboardInterrupt is one such thing (returns whether it came; the second goes on up). The first error of those who are asked or told is
    raised once FIN was sent.
    """
    interrupted = False
    failed: Exception | None = None
    event: Event | None = play.next()
    while event is not None:
        reply: Input = None
        posted = None
        try:
            if isinstance(event, WantKeys):
                reply = caller.keys(event)
            elif isinstance(event, WantOutcome):
                reply = caller.outcome(event)
            elif isinstance(event, Send):
                posted = deliver(event)
                reply = posted.reply
            show(event, reply, posted)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            reply = HANG_UP
        except Exception as error:
            failed = failed or error
            reply = HANG_UP
        event = play.next(reply)
    if failed is not None:
        raise failed
    return interrupted
