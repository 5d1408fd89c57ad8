"""The checks behind the rules: each is a generator over one document. The codes are explained in `catalogue`.

Nothing here raises or prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from . import spec, time_checks, variable_checks
from .model import Node, Path
from .spec import Kind, Value
from .subject import Hit, Subject, quote
from .values import decimal, moment, whole

_DIGITS = re.compile(spec.PATTERNS[Value.DIGITS])
_PHONE = re.compile(spec.PATTERNS[Value.PHONE])
_HASH = re.compile(spec.PATTERNS[Value.HASH])
_DAY_PARTS = "yyyy-mm-ddThh:mm:ss"


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
            yield Hit(
                "IC102", ("UserID", "LineNumberInt"), f"LineNumberInt {quote(international)} does not end with LineNumber {quote(line)}"
            )
    if not _HASH.fullmatch(signature):
        problem = f"is {quote(signature)}, not 32 hexadecimal digits" if signature else "is missing"
        yield Hit("IC104", ("UserID", "Signature"), f"Signature {problem}")
    elif subject.password is not None and line and call and not subject.document.ambiguous:  # what is ambiguous has its own rule
        from .signature import State, verify

        verdict = verify(subject.document, subject.password, subject.kind)
        if verdict.state is State.INVALID:
            yield Hit("IC105", ("UserID", "Signature"), verdict.reason)


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
    for field in spec.fields_of(spec.section_at("Infocaller")):
        value = subject.value(field.name)
        hidden = field.name == "CallerNumberInt" and value == caller == spec.HIDDEN
        if field.value is Value.PHONE and field.name != "CallerNumber" and value and not hidden and not _PHONE.fullmatch(value):
            yield Hit("IC203", _call(field.name), f"{field.name} is {quote(value)}, not digits")
    if call_type == spec.ISSUED and not subject.value("OutboundNumber"):
        yield Hit("IC211", _call("OutboundNumber"), "an issued call (E) without OutboundNumber: nobody was called")
    if subject.kind is Kind.QUERY and not subject.value("QueryName").strip():
        yield Hit("IC212", _call("QueryName"), "QueryName is missing or blank: no application can tell which query this is")


def _call(field: str) -> Path:
    return ("Infocaller", field)


def _fin_fields(subject: Subject) -> Iterator[Hit]:
    if subject.kind is Kind.RESPONSE or not subject.has("Infocaller"):
        return
    for field in spec.fields_of(spec.section_at("Infocaller")):
        value = subject.value(field.name)
        place = _call(field.name)
        if field.kinds == spec.FIN and subject.kind is not Kind.FIN:
            if value and not (field.value in (Value.COST, Value.WHOLE) and decimal(value) == 0):
                yield Hit("IC204", place, f"{field.name} belongs to a fin, not to {_a(subject.kind)}")
        elif field.kinds == spec.FIN and field.needed and not value:
            yield Hit("IC205", place, f"a fin needs {field.name}")
        if not value:
            continue
        if field.value is Value.WHOLE and whole(value) is None:
            yield Hit("IC206", place, f"{field.name} is {quote(value)}, not a whole number >= 0")
        elif field.value is Value.DATE:
            yield from _date("IC207", value, place, field.name)
        elif field.value is Value.COST:
            yield from _cost(value, place, subject)


def _date(code: str, value: str, place: Path, name: str) -> Iterator[Hit]:
    read = moment(value)
    if read is None:
        problem = "is missing" if not value else f"is {quote(value)}, not a real date as {_DAY_PARTS}"
        yield Hit(code, place, f"{name} {problem}")
    elif read.rest:
        yield Hit(code, place, f"{name} has {quote(read.rest)} behind {_DAY_PARTS}", "warning")


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
        place: Path = ("Status", "Events", "Event", index)
        code = action.get("EventType", "")
        number = whole(code)
        if number is None:
            problem = f"is {quote(code)}, not a whole number" if code else "is missing"
            yield Hit("IC302", (*place, "EventType"), f"EventType {problem}")
        elif number not in spec.ACTIONS:
            yield Hit("IC303", (*place, "EventType"), f"EventType {number} is not documented")
        else:
            yield from _details(action, number, place)
        yield from _date("IC304", action.get("EventDate", ""), (*place, "EventDate"), "EventDate")


def _details(action: Node, number: int, place: Path) -> Iterator[Hit]:
    for name, detail in spec.ACTIONS[number].details.items():
        text = action.get(name, "").strip()
        if not text:
            continue
        wanted = None
        if detail.value is Value.WHOLE and whole(text) is None:
            wanted = "a whole number"
        elif detail.value is Value.COST and decimal(text) is None:
            wanted = "a decimal number"
        elif detail.value is Value.CODE and text not in ("0", "1"):
            wanted = "0 or 1"
        if wanted:
            yield Hit("IC307", (*place, name), f"{name} is {quote(text)}; of EventType {number} it is the {detail.label}, {wanted}")


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
