"""`show` in text: plain lines for a pipe, in which nothing is cut or aligned, and JSON for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...streams import visible
from ..inputs.naming import common
from ..report import dump, styled
from .show_summary import clock, duration
from .show_timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...codec import Decoded
    from ..inputs.items import Item
    from .show_calls import Call
    from .show_summary import Step, Summary

# Facts that stand in a row under keys of their own
_OWN_KEYS = ("Line", "Call", "Event", "Received", "URL", "Answer")


def lines(summary: Summary, where: str, *, bold: bool) -> str:
    """A document, or a call, in lines; escaped."""
    kind = f"{summary.kind}, {summary.format}:" if summary.format else summary.kind
    title = visible(f"{where}: {kind} {summary.title}")
    return "\n".join((styled(title, "bold") if bold else title, *map(visible, _lines(summary))))


def _lines(summary: Summary) -> Iterator[str]:
    for label, value in summary.facts:
        yield f"  {label.lower()}: {value}"
    if summary.why:
        yield f"  signature: {summary.why}"
    for name, value in summary.variables:
        yield f"  variable {name} = {value}"
    for name, value in summary.others:
        yield f"  other {name} = {value}"
    number = 0
    for step in summary.steps:
        number += not step.record
        yield f"  {_step(step, number)}"
    if summary.steps:
        total = "" if summary.seconds is None else f", {duration(summary.seconds)}"
        amounts = "" if summary.amounts is None else f", amounts {summary.amounts}"
        yield f"  total: {summary.counted}{total}{amounts}"


def _step(step: Step, number: int) -> str:
    at = f" (+{clock(step.offset)})" if step.offset is not None else ""
    lasts = f"lasts {duration(step.lasts)}" if step.lasts is not None else ""
    amount = f"amount {step.amount}" if step.amount else ""
    rest = ", ".join(filter(None, (step.name, step.data, lasts, amount)))
    if step.record:
        told = f"record{step.code and f' {step.code}'}: {step.date}{at}".rstrip()
        return f"{told} {step.action}{rest and f': {rest}'}"
    return f"action {number}: {step.date}{at} {step.action} ({step.code}): {rest}"


def row(item: Item, decoded: Decoded, summary: Summary) -> str:
    """A document as an object on a line."""
    row: dict[str, Any] = common(item, decoded)
    row |= {"part": item.part}
    row |= {"signature": summary.signature, "reason": summary.why} if summary.why else {}
    row["title"] = summary.title
    row |= {label.lower(): value for label, value in summary.facts if label not in _OWN_KEYS}
    row |= summary.recorded.row() if summary.recorded else {}
    row["variables"] = [{"name": name, "value": value} for name, value in summary.variables]
    row["seconds"] = summary.seconds
    row["actions"] = [step_row(step) for step in summary.steps]
    row["amounts"] = None if summary.amounts is None else str(summary.amounts)
    row["other"] = dict(summary.others)
    return dump(row)


def step_row(step: Step) -> dict[str, Any]:
    """An action as an object."""
    return {
        "code": step.code,
        "action": step.action,
        "name": step.name,
        "date": step.date,
        "offset": step.offset,
        "lasts": step.lasts,
        "derived": step.derived,
        "amount": step.amount,
        "details": dict(step.details),
    }


def call_row(call: Call) -> str:
    """A call for a program: one object, with its records, their answers, and the actions of its FIN."""
    time = timeline(call)
    records: list[dict[str, Any]] = []
    for one, offset in zip(call.entries, time.offsets, strict=True):
        recorded = one.summary.recorded
        found: dict[str, Any] = {
            "name": one.name,
            "what": one.summary.what,
            "ts": (recorded.received if recorded else "") or None,
            "offset": offset,
        }
        found |= {"url": (recorded.url if recorded else "") or None, "variables": dict(one.summary.variables)}
        found["answer"] = recorded.answer.row() if recorded and recorded.answer else None
        found["signature"] = str(one.summary.signature) if one.summary.why else None
        records.append(found)
    (line, number), last = call.key, call.entries[-1].summary
    told: dict[str, Any] = {"line": line or None, "call": number or None, "who": call.entries[0].summary.who, "ended": call.ended}
    told |= {"seconds": time.seconds, "note": time.note or None, "left_out": call.left_out, "cut": call.cut, "records": records}
    actions = last.steps if call.ended else ()
    told["actions"] = [
        step_row(step) | {"offset": None if step.offset is None else round(time.started + step.offset, 3)} for step in actions
    ]
    told["amounts"] = None if last.amounts is None else str(last.amounts)
    return dump(told)
