"""The checks behind the rules: each is a generator over one document. The codes are explained in `catalogue`.

Nothing here raises or prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from . import spec, time_checks, variable_checks
from .model import Level, Node, Path
from .signature import State
from .spec import Kind, Value
from .subject import Hit, Subject, quote
from .values import decimal, is_json_cost, moment, whole

_DIGITS = re.compile(spec.PATTERNS[Value.DIGITS])
_PHONE = re.compile(spec.PATTERNS[Value.PHONE])
_HASH = re.compile(spec.PATTERNS[Value.HASH])
_DAY_PARTS = "yyyy-mm-ddThh:mm:ss"
_ACTIONS: Path = ("Status", "Events", "Event")
# EventType as it is usually written -> the additional data it has
_DETAILS = {str(number): tuple(action.details.items()) for number, action in spec.ACTIONS.items()}
_CALL = spec.fields_of(spec.section_at("Infocaller"))
_OTHER_NUMBERS = tuple(field.name for field in _CALL if field.value is Value.PHONE and field.name != "CallerNumber")
# The fields that something is said of, and whether only a fin has them
_JUDGED = tuple(
    (field, field.kinds == spec.FIN) for field in _CALL if field.kinds == spec.FIN or field.value in (Value.WHOLE, Value.DATE, Value.COST)
)


def _sections(subject: Subject) -> Iterator[Hit]:
    kind = subject.kind
    for section in spec.REQUIRED[kind]:
        if not subject.has(section):
            yield Hit("IC008", (section,), f"{_a(kind)} needs the section {section}")
    if kind is not Kind.RESPONSE and not subject.has("CustVars"):
        yield Hit("IC008", ("CustVars",), "the section CustVars is missing", "warning")
    if kind is Kind.RESPONSE:
        for section in ("UserID", "Infocaller"):
            if subject.has(section):
                yield Hit("IC503", (section,), f"a response has no section {section}")
    if kind is not Kind.FIN and subject.document.actions:
        yield Hit("IC301", ("Status", "Events"), f"actions belong to a fin, not to {_a(kind)}")


def _a(kind: Kind) -> str:
    return f"an {kind}" if kind is Kind.EVENT else f"a {kind}"


def _user_id(subject: Subject) -> Iterator[Hit]:
    if subject.kind is Kind.RESPONSE or not subject.has("UserID"):
        return
    line, call, signature = (subject.value(name, "UserID") for name in ("LineNumber", "CallSequence", "Signature"))
    for code, name, value in (("IC101", "LineNumber", line), ("IC103", "CallSequence", call)):
        if not value:
            yield Hit(code, ("UserID", name), f"{name} is missing")
        elif not _DIGITS.fullmatch(value):
            yield Hit(code, ("UserID", name), f"{name} is {quote(value)}, not digits")
    international = subject.value("LineNumberInt", "UserID")
    if international:
        if not _DIGITS.fullmatch(international):
            yield Hit("IC102", ("UserID", "LineNumberInt"), f"LineNumberInt is {quote(international)}, not digits only")
        elif line and not international.endswith(line.lstrip("0")):
            problem = f"LineNumberInt {quote(international)} does not end with LineNumber {quote(line)}"
            yield Hit("IC102", ("UserID", "LineNumberInt"), problem)
    if not _HASH.fullmatch(signature):
        problem = f"is {quote(signature)}, not 32 hexadecimal digits" if signature else "is missing"
        yield Hit("IC104", ("UserID", "Signature"), f"Signature {problem}")
    elif subject.password is None or not line or not call or subject.document.ambiguous:  # what is ambiguous has its own rule
        return
    elif subject.signature.state is State.INVALID:
        yield Hit("IC105", ("UserID", "Signature"), subject.signature.reason)


def _numbers(subject: Subject) -> Iterator[Hit]:
    if subject.kind is Kind.RESPONSE or not subject.has("Infocaller"):
        return
    call_type, caller = subject.value("CallType"), subject.value("CallerNumber")
    if call_type not in (spec.RECEIVED, spec.ISSUED):
        if call_type:
            yield Hit("IC201", _call("CallType"), f"CallType is {quote(call_type)}, neither R (received) nor E (issued)")
        else:
            yield Hit("IC201", _call("CallType"), "CallType is missing", "warning")
    if not caller:
        yield Hit("IC202", _call("CallerNumber"), "CallerNumber is missing", "warning")
    elif caller == spec.HIDDEN:
        if call_type == spec.ISSUED:
            yield Hit("IC202", _call("CallerNumber"), "CallerNumber is X (hidden) in an issued call, whose caller is the Infocaller number")
    elif not _PHONE.fullmatch(caller):
        yield Hit("IC202", _call("CallerNumber"), f"CallerNumber is {quote(caller)}, neither digits nor X")
    for name in _OTHER_NUMBERS:
        value = subject.value(name)
        hidden = name == "CallerNumberInt" and value == caller == spec.HIDDEN
        if value and not hidden and not _PHONE.fullmatch(value):
            yield Hit("IC203", _call(name), f"{name} is {quote(value)}, not digits")
    if call_type == spec.ISSUED and not subject.value("OutboundNumber"):
        yield Hit("IC211", _call("OutboundNumber"), "an issued call (E) without OutboundNumber: nobody was called")
    if subject.kind is Kind.QUERY and not subject.value("QueryName").strip():
        yield Hit("IC212", _call("QueryName"), "QueryName is missing or blank: no application can tell which query this is")


def _call(field: str) -> Path:
    return ("Infocaller", field)


def _fin_fields(subject: Subject) -> Iterator[Hit]:
    if subject.kind is Kind.RESPONSE or not subject.has("Infocaller"):
        return
    for field, of_fin in _JUDGED:
        value = subject.value(field.name)
        if of_fin and subject.kind is not Kind.FIN:
            if value and not (field.value in (Value.COST, Value.WHOLE) and decimal(value) == 0):
                yield Hit("IC204", _call(field.name), f"{field.name} belongs to a fin, not to {_a(subject.kind)}")
        elif of_fin and field.needed and not value:
            yield Hit("IC205", _call(field.name), f"a fin needs {field.name}")
        if not value:
            continue
        if field.value is Value.WHOLE and whole(value) is None:
            yield Hit("IC206", _call(field.name), f"{field.name} is {quote(value)}, not a whole number >= 0")
        elif field.value is Value.DATE:
            if wrong := _date_problem(value):
                yield Hit("IC207", _call(field.name), f"{field.name} {wrong[0]}", wrong[1])
        elif field.value is Value.COST and (value[0] == "-" or not is_json_cost(value)):
            yield from _cost(value, _call(field.name), subject)


def _date_problem(value: str) -> tuple[str, Level | None] | None:
    """What is wrong with a date, and the level where it is not the rule's; None for a good one."""
    read = moment(value)
    if read is None:
        return "is missing" if not value else f"is {quote(value)}, not a real date as {_DAY_PARTS}", None
    return (f"has {quote(read.rest)} behind {_DAY_PARTS}", "warning") if read.rest else None


def _cost(value: str, place: Path, subject: Subject) -> Iterator[Hit]:
    number = decimal(value)
    if number is not None and number >= 0:
        return
    shown = quote(subject.in_source(place) or value)
    if number is None and decimal(value.replace(",", ".", 1)) is not None:
        yield Hit("IC210", place, f"{place[-1]} is {shown}, with a decimal comma; write a point")
    else:
        yield Hit("IC210", place, f"{place[-1]} is {shown}, not a decimal number >= 0")


def _actions(subject: Subject) -> Iterator[Hit]:
    for index, action in enumerate(subject.document.actions):
        code = action.get("EventType", "")
        details = _DETAILS.get(code)
        if details is None:  # padded, or none of those
            number = whole(code)
            details = _DETAILS.get(str(number))
            if number is None:
                problem = f"is {quote(code)}, not a whole number" if code else "is missing"
                yield Hit("IC302", (*_ACTIONS, index, "EventType"), f"EventType {problem}")
            elif details is None:
                yield Hit("IC303", (*_ACTIONS, index, "EventType"), f"EventType {number} is not documented")
        if details:
            yield from _details(action, details, index)
        if wrong := _date_problem(action.get("EventDate", "")):
            yield Hit("IC304", (*_ACTIONS, index, "EventDate"), f"EventDate {wrong[0]}", wrong[1])


def _details(action: Node, details: Iterable[tuple[str, spec.Detail]], index: int) -> Iterator[Hit]:
    for name, detail in details:
        text = action.get(name, "").strip()
        if not text:
            continue
        wanted = None
        if detail.value is Value.WHOLE and whole(text) is None:
            wanted = "a whole number"
        elif detail.value is Value.COST and not is_json_cost(text) and decimal(text) is None:
            wanted = "a decimal number"
        elif detail.value is Value.CODE and text not in ("0", "1"):
            wanted = "0 or 1"
        if wanted:
            problem = f"{name} is {quote(text)}; of EventType {whole(action['EventType'])} it is the {detail.label}, {wanted}"
            yield Hit("IC307", (*_ACTIONS, index, name), problem)


CHECKS: tuple[Callable[[Subject], Iterator[Hit]], ...] = (
    _sections,
    variable_checks.lost,
    _user_id,
    _numbers,
    _fin_fields,
    time_checks.duration,
    _actions,
    time_checks.order_of_actions,
    variable_checks.variables,
    variable_checks.response,
    variable_checks.raw_marks,
)
# Those an answer that is yet to be written can break
ANSWER_CHECKS = (variable_checks.variables, variable_checks.response)
