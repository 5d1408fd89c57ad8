"""What `simulate` shows: a line for each thing that happens in a call, or a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...calls import HANG_UP, Chosen, Ended, Event, Heard, Noted, Outcome, Play, Pressed, Reply, Send, WantKeys, WantOutcome
from ...calls.actions import HANGUP
from ...traffic.http.url import masked

if TYPE_CHECKING:
    from ...traffic.simulate.exchange import Exchange
    from ..report import Report

# Ways a call ends that are worth a word
_ENDS = {"caller": "the caller hung up", "loop": "the script loops: it was ended", "machine": "a machine took it"}


class Transcript:
    """Shows a call while it is played. `typed`: a person types the answers, which are on the screen already."""

    def __init__(self, report: Report, play: Play, *, typed: bool = False, more: dict[str, Any] | None = None) -> None:
        self._report = report
        self._play = play
        self._typed = typed
        self._more = more or {}  # what each JSON object begins with
        self._told: set[str] = set()

    def __call__(self, event: Event, reply: Reply, sent: Exchange | None) -> None:
        """Show an event, and what was the reply to it."""
        if self._report.json:
            self._report.row(self._more | {"t": round(event.t, 3)} | _row(event, reply, sent, self._play))
        elif isinstance(event, Send) and sent is not None:
            self._sent(event, sent)
        elif not isinstance(event, Ended):
            self._line(event, reply)

    def _line(self, event: Event, reply: Reply) -> None:
        out = self._report.out
        time = clock(event.t)
        if isinstance(event, Heard):
            out(f'{time}  "', "", f'{event.text}"')
        elif isinstance(event, Noted):
            what = "go to" if event.what == "goto" else event.what
            no_number = ": that is no number, so nobody is called" if event.what == "call" else ""
            out(f"{time}  {what} {event.text}{no_number}", "dim")
        elif isinstance(event, Chosen):
            out(f"{time}  {event.text or 'no condition holds'}", "bold", "".join(f" (ours: {said})" for said in event.ours))
        elif isinstance(event, WantKeys) and not self._typed:
            out(f"       {prompt(event)}{typed(reply)}")
        elif isinstance(event, WantOutcome) and not self._typed:
            out(f"       {ringing(event)}{typed(reply)}")

    def _sent(self, event: Send, sent: Exchange) -> None:
        time = clock(event.t)
        if event.kind == "FIN":
            said = _ENDS.get(self._play.end, "")
            self._report.out(f"{time}  end of call{f': {said}' if said else ''}")
        if not sent.sent:
            self._not_sent(event, time)
            return
        style = "red" if sent.problem else "green"
        rest = ""
        if event.kind == "FIN":
            count = len(event.fields.actions or ())
            rest = f": {event.fields.seconds} s, {count} actions"
        self._report.out(f"{time}  {event.name} -> ", style, f"{_outcome(sent)}{rest}")
        for finding in sent.judgement.findings if sent.judgement else ():
            place = f"{finding.path}: " if finding.path else ""
            color = "red" if finding.level == "error" else "yellow"
            self._report.out(f"       {finding.level} {finding.code}: ", color, f"{place}{finding.message}")

    def _not_sent(self, event: Send, time: str) -> None:
        if event.name not in self._told:
            self._told.add(event.name)
            self._report.out(f"{time}  {event.name} is not sent: no URL is known for it", "dim")


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


def typed(reply: Reply) -> str:
    """What somebody would have typed."""
    if reply is HANG_UP:
        return HANGUP
    if isinstance(reply, Outcome):
        return f"{reply.what} {reply.seconds}" if reply.answered else reply.what
    return reply.text if isinstance(reply, Pressed) else ""


def _outcome(sent: Exchange) -> str:
    """`Result 0 in 5 ms: PEDIDO = 2`, `200 in 2 ms`, and why it does not count."""
    if sent.response is None:
        return f"no answer: {sent.answer.why}"
    took = f" in {sent.response.ms:.0f} ms"
    judgement = sent.judgement
    if judgement is None:
        location = f", redirected to {sent.response.location}: not followed" if sent.response.location else ""
        return f"{sent.response.status}{took}{location}"
    result = f"Result {judgement.result}" if judgement.result is not None else f"{sent.response.status}"
    if judgement.why:
        return f"{result}{took}: {sent.answer.why}: the error action runs, no variable changes"
    pairs = ", ".join(f"{name} = {value}" for name, value in judgement.variables.items())
    return f"{result}{took}{f': {pairs}' if pairs else ''}"


def _row(event: Event, reply: Reply, sent: Exchange | None, play: Play) -> dict[str, Any]:
    step = play.script.steps[event.step].number if event.step >= 0 else None
    row: dict[str, Any] = {"event": _NAMES[type(event)], "step": step}
    if isinstance(event, Heard):
        row |= {"text": event.text}
    elif isinstance(event, Noted):
        row |= {"action": event.what, "text": event.text}
    elif isinstance(event, Chosen):
        row |= {"condition": event.text or None, "ours": list(event.ours)}
    elif isinstance(event, WantKeys):
        row |= {"action": event.kind, "variable": event.variable or None, "keys": typed(reply)}
    elif isinstance(event, WantOutcome):
        row |= {"number": event.number, "outcome": typed(reply)}
    elif isinstance(event, Send) and sent is not None:
        row |= _sent_row(event, sent)
    elif isinstance(event, Ended):
        row |= {"end": event.end, "seconds": event.seconds, "actions": event.actions, "variables": dict(play.variables)}
    return row


def _sent_row(event: Send, sent: Exchange) -> dict[str, Any]:
    row: dict[str, Any] = {"name": event.name, "kind": event.kind.lower(), "sent": sent.sent, "ok": not sent.problem}
    if sent.sent:
        row |= {"url": masked(sent.url)}
    if sent.response is not None:
        row |= {"status": sent.response.status, "ms": round(sent.response.ms, 3)}
    if sent.judgement is not None:
        judgement = sent.judgement
        row |= {"valid": judgement.valid, "result": judgement.result, "text": judgement.text, "variables": judgement.variables}
        row |= {"findings": [finding._asdict() for finding in judgement.findings]}
    return row | {"why": sent.problem or None}


_NAMES = {Heard: "heard", Noted: "noted", Chosen: "conditions", WantKeys: "asked", WantOutcome: "diverted", Send: "request", Ended: "ended"}
