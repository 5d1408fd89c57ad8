"""A call in lines: when, and what happened. The text in them is the documents': who prints it escapes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...calls import HANG_UP, Chosen, Event, Heard, Input, Noted, Outcome, Pressed, Send, WantKeys, WantOutcome
from ...calls.actions import HANGUP

if TYPE_CHECKING:
    from .driver import Call
    from .exchange import Posted

# Ways a call ends that are worth a word
_ENDS = {"caller": "the caller hung up", "loop": "the script loops: it was ended", "machine": "a machine took it"}


class Line(NamedTuple):
    """One line: `text` may be shown in a style (as `Report.out` has them), `rest` follows it plainly."""

    text: str
    style: str = ""
    rest: str = ""


def lines(call: Call) -> list[str]:
    """All lines of a call that was played."""
    return [f"{one.text}{one.rest}" for event, reply, exchange in call.log for one in told(event, reply, exchange, call.end)]


def told(event: Event, reply: Input, exchange: Posted | None, end: str) -> list[Line]:
    """The lines for one thing that happened. `end`: how the call ended, once it has."""
    time = clock(event.t)
    match event:
        case Heard():
            return [Line(f'{time}  "', "", f'{event.text}"')]
        case Noted():
            what = "go to" if event.what == "goto" else event.what
            no_number = ": that is no number, so nobody is called" if event.what == "call" else ""
            return [Line(f"{time}  {what} {event.text}{no_number}", "dim")]
        case Chosen():
            return [Line(f"{time}  {event.text or 'no condition holds'}", "bold", "".join(f" (ours: {said})" for said in event.ours))]
        case WantKeys():
            return [Line(f"       {prompt(event)}{typed(reply)}")]
        case WantOutcome():
            return [Line(f"       {ringing(event)}{typed(reply)}")]
        case Send() if exchange is not None:
            return [*_end_of_call(event, time, end), *_sent(event, exchange, time)]
    return []


def _end_of_call(event: Send, time: str, end: str) -> list[Line]:
    if event.kind != "FIN":
        return []
    said = _ENDS.get(end, "")
    return [Line(f"{time}  end of call{f': {said}' if said else ''}")]


def _sent(event: Send, exchange: Posted, time: str) -> list[Line]:
    if not exchange.sent:
        return [Line(f"{time}  {event.name} is not sent: no URL is known for it", "dim")]
    rest = f": {event.fields.seconds} s, {len(event.fields.actions or ())} actions" if event.kind == "FIN" else ""
    found = [Line(f"{time}  {event.name} -> ", "red" if exchange.problem else "green", f"{_outcome(exchange)}{rest}")]
    for finding in exchange.judgement.findings if exchange.judgement else ():
        place = f"{finding.path}: " if finding.path else ""
        color = "red" if finding.level == "error" else "yellow"
        found.append(Line(f"       {finding.level} {finding.code}: ", color, f"{place}{finding.message}"))
    return found


def clock(t: float) -> str:
    """`00:13`, `1:00:13`: seconds of a call."""
    minutes, seconds = divmod(int(t), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def prompt(event: WantKeys) -> str:
    """What stands before the caller's keys."""
    return f"{event.variable or ', '.join(event.options)}> "


def ringing(event: WantOutcome) -> str:
    """What stands before the outcome of a diverted call."""
    return f"ringing {event.number} (answered SECONDS, busy, no answer)> "


def typed(reply: Input) -> str:
    """What somebody would have typed."""
    if reply is HANG_UP:
        return HANGUP
    if isinstance(reply, Outcome):
        return f"{reply.what} {reply.seconds}" if reply.answered else reply.what
    return reply.text if isinstance(reply, Pressed) else ""


def _outcome(exchange: Posted) -> str:
    """`Result 0 in 5 ms: PEDIDO = 2`, `200 in 2 ms`, and why it does not count."""
    if exchange.fault:
        return exchange.answer.why
    if exchange.response is None:
        return f"no answer: {exchange.answer.why}"
    took = f" in {exchange.response.ms:.0f} ms"
    judgement = exchange.judgement
    if judgement is None:
        location = f", redirected to {exchange.response.location}: not followed" if exchange.response.location else ""
        return f"{exchange.response.status}{took}{location}"
    result = f"Result {judgement.result}" if judgement.result is not None else f"{exchange.response.status}"
    if judgement.why:
        return f"{result}{took}: {exchange.answer.why}: the error action runs, no variable changes"
    pairs = ", ".join(f"{name} = {value}" for name, value in judgement.variables.items())
    return f"{result}{took}{f': {pairs}' if pairs else ''}"
