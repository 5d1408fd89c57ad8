"""A whole call in plain lines: when, and what happened. The text in them is the documents': who prints it escapes it."""

from __future__ import annotations

from collections.abc import Iterable

from ...calls import HANG_UP, Chosen, Ended, Heard, Noted, Outcome, Send, WantKeys, WantOutcome
from .driver import Happened
from .exchange import Exchange

_INDENT = " " * 7


def clock(seconds: float) -> str:
    """`01:05`: minutes and seconds since the call began."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def lines(log: Iterable[Happened]) -> list[str]:
    """The lines of a call, as `simulate` shows it at a terminal."""
    return [line for one in log for line in _of(one)]


def _of(one: Happened) -> list[str]:
    event, when = one.event, f"{clock(one.event.t)}  "
    match event:
        case Heard():
            return [f'{when}"{event.text}"']
        case Noted():
            return [f"{when}{event.what}: {event.text}"]
        case Chosen():
            ours = f" ({'; '.join(event.ours)}: ours)" if event.ours else ""
            return [f"{when}{event.text or 'no condition holds'}{ours}"]
        case WantKeys():
            said = "(hangs up)" if one.reply is HANG_UP else one.reply.text or "(nothing)"
            return [f"{_INDENT}{event.variable or 'option'}> {said}"]
        case WantOutcome():
            return [f"{when}ringing {event.number}> {'(hangs up)' if one.reply is HANG_UP else _outcome(one.reply)}"]
        case Send() if one.exchange is not None:
            return [f"{when}{event.name} -> {said_of(one.exchange)}"]
        case Ended():
            return [f"{when}end of call: {event.end}, {event.seconds} s, {event.actions} actions"]
    return []


def _outcome(outcome: Outcome) -> str:
    return f"{outcome.what} {outcome.seconds}" if outcome.answered else outcome.what


def said_of(exchange: Exchange) -> str:
    """What came back: `Result 0 in 5 ms: PEDIDO = 2`, `200 in 2 ms`, or why nothing did."""
    answer = exchange.answer
    if not exchange.sent:
        return "not sent: there is no URL for it"
    if exchange.fault:
        return f"{exchange.fault} (the case says so)"
    if exchange.response is None:
        return answer.why
    took = f"in {exchange.response.ms:.0f} ms"
    if exchange.judgement is None:
        return f"{exchange.response.status} {took}"
    if not answer.done:
        return f"{answer.why} {took}"
    variables = ", ".join(f"{name} = {value}" for name, value in answer.variables.items())
    return f"Result {exchange.judgement.result} {took}{f': {variables}' if variables else ''}"
