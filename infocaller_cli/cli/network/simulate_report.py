"""What `simulate` shows: a line for each thing that happens in a call, or a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...calls import Chosen, Ended, Event, Heard, Input, Noted, Play, Send, WantKeys, WantOutcome
from ...traffic.http.url import masked
from ...traffic.simulate.lines import told, typed

if TYPE_CHECKING:
    from ...traffic.simulate.exchange import Posted
    from ..report import Report


class Transcript:
    """Shows a call while it is played. `typed`: a person types the answers, which are on the screen already."""

    def __init__(self, report: Report, play: Play, *, typed: bool = False, more: dict[str, Any] | None = None) -> None:
        self._report = report
        self._play = play
        self._typed = typed
        self._more = more or {}  # what each JSON object begins with
        self._told: set[str] = set()

    def __call__(self, event: Event, reply: Input, sent: Posted | None) -> None:
        """Show an event, and what was the reply to it."""
        if self._report.json:
            self._report.row(self._more | {"t": round(event.t, 3)} | _row(event, reply, sent, self._play))
            return
        if self._typed and isinstance(event, WantKeys | WantOutcome):
            return
        lines = told(event, reply, sent, self._play.end)
        if sent is not None and not sent.sent:  # which is said once
            if sent.name in self._told:
                lines = lines[:-1]
            self._told.add(sent.name)
        for line in lines:
            self._report.out(*line)


def _row(event: Event, reply: Input, sent: Posted | None, play: Play) -> dict[str, Any]:
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


def _sent_row(event: Send, sent: Posted) -> dict[str, Any]:
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
