"""A document with some of its call's fields changed, and what follows from them; signed anew."""

from __future__ import annotations

from typing import Any

from .call import FIELDS
from .model import Document, Node
from .sample import CallFields, date, events, international
from .signature import sign
from .values import cost_text, moment, whole

_COSTS = ("cost_rx", "cost_tx")
# Fields that are written as they are given; the others are times, and say when the call was
_PLACES = {name: field.place for name, field in FIELDS.items() if field.place and (name in _COSTS or not field.fin_only)}


def rewritten(document: Document, changes: dict[str, Any], country: str) -> Document:
    """The document with these fields (named as in `CallFields`) changed.

    International forms that are there follow their number; the end of the call follows start and seconds; variables are
    replaced by name, or added. Raises UsageError for what no document can hold.
    """
    for name, (section, field) in _PLACES.items():
        if name in changes:
            value = cost_text(changes[name]) if name in _COSTS else changes[name]
            document = document.changed(section, **{field: value})
        if name in changes or "country" in changes:
            document = _numbered(document, section, field, country)
    if changes.keys() & {"seconds", "start", "actions"}:
        document = _timed(document, changes)
    return _with_variables(document, dict(changes.get("variables", ())))


def signed(document: Document, password: str) -> Document:
    """The document with its signature. Raises UsageError."""
    return document.changed("UserID", Signature=sign(document.line or "", document.call or "", password))


def _numbered(document: Document, section: str, field: str, country: str) -> Document:
    number = document.get(section, field)
    if number is None or document.get(section, f"{field}Int") is None:
        return document
    return document.changed(section, **{f"{field}Int": international(number, country)})


def _timed(document: Document, changes: dict[str, Any]) -> Document:
    begun = moment(document.get("Infocaller", "StartDate") or "")
    start = changes.get("start") or (begun.when if begun else None)
    seconds = changes.get("seconds", whole(document.get("Infocaller", "CallSeconds") or ""))
    fields: dict[str, str] = {}
    if "seconds" in changes:
        fields["CallSeconds"] = str(seconds)
    if start is not None:
        fields["StartDate"] = date(start, 0)
        if seconds is not None and changes.keys() & {"seconds", "start"}:
            fields["EndDate"] = date(start, seconds)
    document = document.changed("Infocaller", **fields)
    if "actions" in changes and start is not None:
        made = events(CallFields(seconds=seconds or 0, actions=changes["actions"]), start)
        status: Node = {**document.root.get("Status", {}), "Events": {"Event": made}}
        document = Document({**document.root, "Status": status}, document.omitted)
    return document


def _with_variables(document: Document, values: dict[str, str]) -> Document:
    if not values:
        return document
    kept: list[Node] = [dict(node) for node in document.root.get("CustVars", {}).get("CustVar", [])]
    for node in kept:
        if node.get("VarName") in values:
            node["VarValue"] = values.pop(node["VarName"])
    kept += [{"VarName": name, "VarValue": value} for name, value in values.items()]
    return Document({**document.root, "CustVars": {**document.root.get("CustVars", {}), "CustVar": kept}}, document.omitted)
