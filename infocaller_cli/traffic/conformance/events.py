"""Events (CE7xx): each of the four, finished calls of every shape, and in what order and how often they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...codec import spec
from ...codec.model import Document
from .case import Case, Shot, shot, taken
from .check import EVENT, Check, Group, How
from .trust import wrong_signature

if TYPE_CHECKING:
    from ...codec.model import Node

FIN, INICIO = "FIN", "INICIO"


def _each(case: Case) -> list[Shot]:
    return [shot(case, name, case.fresh(document), taken, event=name) for name, document in case.others.items()]


def _fin(case: Case) -> Document:
    return case.fresh(case.others[FIN])


def _with_actions(case: Case, actions: list[Node]) -> Document:
    document = _fin(case)
    return Document({**document.root, "Status": {**document.root.get("Status", {}), "Events": {"Event": actions}}})


def _many(case: Case) -> list[Shot]:
    known = _fin(case).actions
    many = [dict(known[number % len(known)], EventDate=known[0]["EventDate"]) for number in range(200)]
    return [shot(case, "FIN with 200 actions", _with_actions(case, many), taken, event=FIN)]


def _none(case: Case) -> list[Shot]:
    return [shot(case, "FIN without an action", _with_actions(case, []), taken, event=FIN)]


def _every(case: Case) -> list[Shot]:
    like = _fin(case).actions[0]
    actions = [dict(like, EventType=str(code), EventName=action.name) for code, action in spec.ACTIONS.items()]
    return [shot(case, "FIN with every action code", _with_actions(case, actions), taken, event=FIN)]


def _costs(case: Case) -> list[Shot]:
    made = (("empty", ""), ("zero", "0.000000"))
    documents = [(what, _fin(case).changed("Infocaller", CostRX=cost, CostTX=cost)) for what, cost in made]
    return [shot(case, f"FIN with {what} costs", document, taken, event=FIN) for what, document in documents]


def _unordered(case: Case) -> list[Shot]:
    ended = _fin(case)
    began = case.others[INICIO].changed("UserID", **ended.root["UserID"])
    again = case.fresh(case.others[INICIO])
    return [
        shot(case, "FIN before INICIO", ended, taken, event=FIN),
        shot(case, "INICIO behind FIN", began, taken, event=INICIO),
        *(shot(case, f"INICIO, the {which} time", again, taken, event=INICIO) for which in ("first", "second")),
    ]


def _repeated(case: Case) -> list[Shot]:
    document = _fin(case)
    return [shot(case, f"the same FIN, the {which} time", document, taken, event=FIN) for which in ("first", "second")]


def _five(case: Case) -> list[Shot]:
    document = _fin(case)
    return [shot(case, "the same FIN, five at once", document, taken, event=FIN) for _ in range(5)]


def has_fin(case: Case) -> str:
    """Why a check cannot be run that sends FIN."""
    return "" if FIN in case.others else "FIN is not asked for: --event FIN, or --event all"


def has_both(case: Case) -> str:
    """Why a check cannot be run that sends INICIO and FIN."""
    return "" if {FIN, INICIO} <= case.others.keys() else "it needs FIN and INICIO: --event all"


_TAKEN = "a status of 2xx"
_STATUS = "the page, section 'Status'"
_WHOLE = "What is not taken is lost: the page speaks of no second delivery."
_NO_ORDER = "The page documents neither retries nor order; on the network both happen."
_EVENTS = (EVENT,)

CHECKS = (
    Check("CE701", "must", Group.EVENTS, "each event is taken", "each event that was asked for", _TAKEN, _WHOLE, "the page, section 1",
          "events", _each, kinds=_EVENTS),
    Check("CE702", "must", Group.EVENTS, "FIN with 200 actions", "200 actions", _TAKEN, "A script that loops makes long calls.", _STATUS,
          "form", _many, kinds=_EVENTS, when=has_fin),
    Check("CE703", "must", Group.EVENTS, "FIN without an action", "an empty list of actions", _TAKEN, "A caller may hang up at once.",
          _STATUS, "parsing", _none, kinds=_EVENTS, when=has_fin),
    Check("CE704", "must", Group.EVENTS, "FIN with every action code", "an action of each code", _TAKEN,
          "Which come depends on the script.", _STATUS, "events", _every, kinds=_EVENTS, when=has_fin),
    Check("CE705", "must", Group.EVENTS, "FIN with empty and zero costs", "CostRX and CostTX empty, then 0.000000", _TAKEN,
          "Calls that cost nothing are the rule on some lines.", "the page, section 'Infocaller'", "fields", _costs, kinds=_EVENTS,
          when=has_fin),
    Check("CE706", "must", Group.EVENTS, "FIN before INICIO, INICIO twice", "the events of a call in another order, one of them twice",
          _TAKEN, _NO_ORDER, "the page, section 1", "events", _unordered, kinds=_EVENTS, when=has_both),
    Check("CE707", "must", Group.EVENTS, "the same FIN twice", "one FIN, byte for byte, twice", _TAKEN, _NO_ORDER, "the page, section 1",
          "events", _repeated, kinds=_EVENTS, when=has_fin),
    Check("CE708", "must", Group.EVENTS, "the same FIN five at once", "one FIN five times at once, and no INICIO before", _TAKEN,
          _NO_ORDER, "the page, section 1", "events", _five, kinds=_EVENTS, when=has_fin, how=How.TOGETHER),
    Check("CE709", "should", Group.EVENTS, "a wrong signature gets no 2xx", "the last digit of the signature changed", "no 2xx",
          "Calls that never were would be counted, and billed.", "the page, section 'Authentication'", "signature", wrong_signature,
          kinds=_EVENTS),
)  # fmt: skip
