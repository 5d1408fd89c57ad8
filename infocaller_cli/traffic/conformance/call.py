"""The call (CE2xx): calls as they come, where an application may expect others."""

from __future__ import annotations

from dataclasses import replace

from .case import Case, Shot, answered, same, shot
from .check import Check, Group, needs_echo

_ANSWERED = "a valid answer, whatever its Result: it may depend on the call"
_CALL = "the page, section 'Infocaller'"
_ZEROS = "000123"


def _hidden(case: Case) -> list[Shot]:
    document = case.fresh().changed("Infocaller", CallerNumber="X")
    if document.get("Infocaller", "CallerNumberInt") is not None:
        document = document.changed("Infocaller", CallerNumberInt="X")
    return [shot(case, "CallerNumber X", document, answered)]


def _issued(case: Case) -> list[Shot]:
    document = case.fresh()
    line = document.line or ""
    changes = {"CallType": "E", "CallerNumber": line, "InboundNumber": "", "OutboundNumber": "611222333", "idcall": "55667788"}
    return [shot(case, "CallType E, from the line to 611222333", document.changed("Infocaller", **changes), answered)]


def _additional(case: Case) -> list[Shot]:
    document = case.fresh().changed("Infocaller", InboundNumber="900805089")
    if document.get("Infocaller", "InboundNumberInt") is not None:
        document = document.changed("Infocaller", InboundNumberInt="34900805089")
    return [shot(case, "InboundNumber 900805089", document, answered)]


def _abroad(case: Case) -> list[Shot]:
    return [shot(case, "CallerNumber +881612345678901", case.fresh().changed("Infocaller", CallerNumber="+881612345678901"), answered)]


def _zeros(case: Case) -> list[Shot]:
    return [shot(case, f"a variable with the value {_ZEROS!r}", case.with_value(_ZEROS), same, echo=_ZEROS)]


def _long_id(case: Case) -> list[Shot]:
    longer = replace(case, ids=iter([10**17 + next(case.ids)]))
    return [shot(case, "a CallSequence of 18 digits", longer.fresh(), same)]


CHECKS = (
    Check("CE201", "must", Group.CALL, "a hidden caller", "CallerNumber is X", _ANSWERED,
          "Who hides their number calls too; a number is what X is not.", _CALL, "fields", _hidden),
    Check("CE202", "must", Group.CALL, "an issued call", "CallType E, with OutboundNumber and idcall", _ANSWERED,
          "Calls that are issued run scripts and Queries as those that are received.", _CALL, "fields", _issued),
    Check("CE203", "must", Group.CALL, "an additional number called", "InboundNumber is not LineNumber", _ANSWERED,
          "A service has additional numbers; the page's own example calls one.", "the page, section 2.3, example 1", "fields",
          _additional),
    Check("CE204", "should", Group.CALL, "a caller from abroad", "CallerNumber with a + and 15 digits", _ANSWERED,
          "Numbers have up to 15 digits (ITU-T E.164); a column of 9 is too narrow.", _CALL, "fields", _abroad),
    Check("CE205", "must", Group.CALL, "leading zeros kept", "a variable with the value 000123", "the value comes back with its zeros",
          "What a caller keys in is text: 007 is another code than 7.", "the page, section 'CustVars'", "fields", _zeros,
          when=needs_echo),
    Check("CE206", "must", Group.CALL, "a call id of 18 digits", "CallSequence has 18 digits", "a valid answer, equal to the plain one",
          "The page calls it a unique identifier and gives no length: 32 bits, or a double, hold fewer digits.",
          "the page, section 'Authentication'", "fields", _long_id),
)  # fmt: skip
