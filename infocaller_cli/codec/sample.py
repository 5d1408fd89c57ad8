"""Made-up documents: realistic, signed, valid. Pure: the caller says what time it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ..errors import UsageError
from . import spec
from .model import Document, Node
from .signature import sign
from .spec import Kind
from .values import cost_text, decimal, whole


class CallFields(NamedTuple):
    """What a made-up document says of its call. None: a realistic default.

    `caller` "X" is a hidden one; `country` a country code without plus; `seconds` whole; `start` local time of the line;
    `actions` are (EventType, EventName, EventAddInfo1, ...) as text, `moments` when each began, in seconds of the call (None: spread over
    it); `variables` (name, value).
    """

    line: str = spec.EXAMPLE_LINE
    call: str = spec.EXAMPLE_CALL
    call_type: str | None = None
    caller: str | None = None
    called: str | None = None
    outbound: str | None = None
    idcall: str | None = None
    country: str = spec.COUNTRY
    seconds: int = 95
    start: datetime | None = None
    cost_rx: str | None = None
    cost_tx: str | None = None
    actions: tuple[tuple[str, ...], ...] | None = None
    moments: tuple[int, ...] | None = None
    variables: tuple[tuple[str, str], ...] | None = None
    query_name: str = "ESTADO PEDIDO"
    result: str = spec.DONE
    result_text: str = "Petición correcta"


_CALLER = "911888920"
_OUTBOUND = "611222333"
_COST_TX = "0.34"
_VARIABLES = {
    "INICIO": (),
    "DESVIO_CORRECTO": (("EXTENSION", "204"),),
    "DESVIO_FALLIDO": (("EXTENSION", "204"),),
    "FIN": (("NUMPEDIDO", "123456789"), ("PEDIDO", "2")),
    "QUERY": (("NUMPEDIDO", "123456789"),),
    "RESPONSE": (("PEDIDO", "2"),),
}
CALL_BEGINS, CALL_ENDS = ("14", "Inicio de llamada"), ("7", "Fin de llamada")
_RECEIVED = (
    CALL_BEGINS,
    ("1", "Bienvenida"),
    ("6", "Menú principal", "1"),
    ("4", "Número de pedido", "123456789"),
    ("17", "ESTADO PEDIDO", "0"),
    ("2", _OUTBOUND),
    CALL_ENDS,
)


def sample(name: str, format: str, fields: CallFields, password: str, now: datetime) -> Document:
    """A document of the named kind (a key of `spec.NAMED_KINDS`), signed, with the fields the page shows for the format.

    Raises UsageError for a field no document can hold (an action that is none, a cost that is no number).
    """
    kind = spec.NAMED_KINDS[name]
    variables = _VARIABLES[name] if fields.variables is None else fields.variables
    custvars: Node = {"CustVar": [{"VarName": key, "VarValue": value} for key, value in variables]}
    if kind is Kind.RESPONSE:
        return Document({"Status": {"Result": fields.result, "ResultText": fields.result_text}, "CustVars": custvars})
    start = fields.start or _later(now, -fields.seconds)
    values = _values(fields, start)
    actions = events(fields, start) if kind is Kind.FIN else []
    values["Signature"] = sign(fields.line, fields.call, password)
    root: Node = {section: _filled(section, kind, format, values) for section in ("UserID", "Infocaller")}
    if kind is Kind.FIN:
        root["Status"] = {"Events": {"Event": actions}}
    root["CustVars"] = custvars
    return Document(root)


def _filled(section: str, kind: Kind, format: str, values: dict[str, str]) -> Node:
    fields = spec.fields_of(spec.section_at(section))
    return {field.name: values.get(field.name, "") for field in fields if kind in field.kinds and format in field.printed}


def international(number: str, country: str) -> str:
    """A number with its country code and without a plus; X and nothing stay as they are."""
    if not number or number == spec.HIDDEN:
        return number
    if number.startswith(("+", "00")):
        return number.lstrip("+") if number[0] == "+" else number[2:]
    return country + number.lstrip("0")


def _values(fields: CallFields, start: datetime) -> dict[str, str]:
    issued = _call_type(fields) == spec.ISSUED
    numbers = {
        "LineNumber": fields.line,
        "CallerNumber": _or(fields.caller, fields.line if issued else _CALLER),
        "InboundNumber": _or(fields.called, "" if issued else fields.line),
        "OutboundNumber": _or(fields.outbound, _OUTBOUND if issued else ""),
    }
    costs = {"CostRX": _or(fields.cost_rx, "0" if issued else "0.12"), "CostTX": _or(fields.cost_tx, _COST_TX)}
    for name, cost in costs.items():
        if cost and decimal(cost) is None:
            raise UsageError(f"{name} cannot be {cost!r}", "a cost is a decimal number with a point, such as 0.12")
    return {
        **numbers,
        **{f"{name}Int": international(number, fields.country) for name, number in numbers.items()},
        **{name: cost_text(cost) for name, cost in costs.items()},
        "CallSequence": fields.call,
        "CallType": _call_type(fields),
        "idcall": _or(fields.idcall, "55667788" if issued else ""),
        "QueryName": fields.query_name,
        "CallSeconds": str(fields.seconds),
        "StartDate": date(start, 0),
        "EndDate": date(start, fields.seconds),
    }


def date(start: datetime, seconds: int) -> str:
    """A moment of a call that begins at `start`, so many seconds later, as documents write it. Raises UsageError."""
    return _later(start, seconds).isoformat(timespec="seconds")


def _later(start: datetime, seconds: int) -> datetime:
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:
        what = "end after the year 9999" if seconds > 0 else "begin before the year 1"
        raise UsageError(f"the call would {what}", "no date can say when", "an earlier --start, or fewer --seconds") from None


def _or(given: str | None, default: str) -> str:
    """What was given, an empty text too."""
    return default if given is None else given


def _call_type(fields: CallFields) -> str:
    return fields.call_type or (spec.ISSUED if fields.outbound else spec.RECEIVED)


def events(fields: CallFields, start: datetime) -> list[Node]:
    """The actions of a call that begins at `start`, as Event sections. Raises UsageError for an action that is none."""
    actions = fields.actions
    if actions is None:
        issued = (_RECEIVED[0], ("2", fields.outbound or _OUTBOUND), _RECEIVED[-1])
        actions = issued if _call_type(fields) == spec.ISSUED else _RECEIVED
    names = [field.name for field in spec.fields_of(spec.section_at("Status", "Events", "Event"))]
    events = []
    for index, action in enumerate(actions):
        number = whole(action[0])
        known = spec.ACTIONS.get(number) if number is not None else None
        if known is None:
            raise _no_action(action[0])
        if len(action) > len(names) - 1:
            raise UsageError("an action has too many parts", "TYPE, NAME and INFO1 to INFO5 are all there are", "a colon separates them")
        share = fields.seconds if known.after_end else fields.seconds * index // len(actions)
        if fields.moments is not None:
            share = fields.moments[index]
        when = date(start, share)
        code, *rest = action
        if code == "2" and fields.actions is None:  # the made-up call lasts to the end and costs what the document says
            rest += ["", "", str(fields.seconds - share), cost_text(_or(fields.cost_tx, _COST_TX))]
        events.append(dict(zip(names, (code, when, *rest, *[""] * len(names)), strict=False)))
    return events


def _no_action(word: str) -> UsageError:
    """The error for an action that there is not; its name in words means its code."""
    named = {action.name: f"{code} ({action.name})" for code, action in spec.ACTIONS.items()}
    name = next((name for name in named if word.strip().lower() in (name, *name.split())), "")
    hint = f"did you mean {named[name]}?" if name else "write --action TYPE[:NAME[:INFO1...]]"
    return UsageError(f"there is no action {word!r}", f"the documented EventType codes are {', '.join(map(str, spec.ACTIONS))}", hint)
