"""The checks behind the rules: each is a generator over one document. The codes are explained in `catalogue`.

Nothing here raises or prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from . import spec
from .model import Document, Level, Node, Path
from .spec import Kind, Value
from .values import Moment, decimal, moment, whole

if TYPE_CHECKING:
    from . import Decoded

_DIGITS = re.compile(spec.PATTERNS[Value.DIGITS])
_PHONE = re.compile(spec.PATTERNS[Value.PHONE])
_HASH = re.compile(spec.PATTERNS[Value.HASH])
_VAR_NAME = re.compile(spec.VAR_NAME)
_OUTSIDE = re.compile(f"[^{spec.PRINTABLE}]")
# Nothing the rules could object to: no entity, no white space around it, no character outside
_PLAIN_VALUE = re.compile("(?:[!-%'-~\xa1-\xff](?:[ -%'-~\xa0-\xff]*[!-%'-~\xa1-\xff])?)?")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_DAY_PARTS = "yyyy-mm-ddThh:mm:ss"


class Hit(NamedTuple):
    """A rule that fired; `level` where it differs from the catalogue's."""

    code: str
    path: Path
    message: str
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: a document, the kind it is judged as, the password if one is known, its source if there is one."""

    document: Document
    kind: Kind
    password: str | None
    decoded: Decoded | None

    def has(self, section: str) -> bool:
        return section in self.document.root

    def value(self, field: str, section: str = "Infocaller") -> str:
        """The text of a field; "" where it is absent."""
        return self.document.get(section, field) or ""


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
    if kind is not Kind.FIN and "Events" in subject.document.root.get("Status", {}):
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
            yield Hit(code, ("UserID", name), f"{name} is {_quote(value)}, not digits")
    international = subject.value("LineNumberInt", "UserID")
    if international:
        if not _DIGITS.fullmatch(international):
            yield Hit("IC102", ("UserID", "LineNumberInt"), f"LineNumberInt is {_quote(international)}, not digits only")
        elif line and not international.endswith(line.lstrip("0")):
            yield Hit(
                "IC102", ("UserID", "LineNumberInt"), f"LineNumberInt {_quote(international)} does not end with LineNumber {_quote(line)}"
            )
    if not _HASH.fullmatch(signature):
        problem = f"is {_quote(signature)}, not 32 hexadecimal digits" if signature else "is missing"
        yield Hit("IC104", ("UserID", "Signature"), f"Signature {problem}")
    elif subject.password is not None and line and call and not subject.document.omitted:  # what is ambiguous has its own rule
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
            yield Hit("IC201", _call("CallType"), f"CallType is {_quote(call_type)}, neither R (received) nor E (issued)")
        else:
            yield Hit("IC201", _call("CallType"), "CallType is missing", "warning")
    if not caller:
        yield Hit("IC202", _call("CallerNumber"), "CallerNumber is missing", "warning")
    elif caller == spec.HIDDEN:
        if call_type == spec.ISSUED:
            yield Hit("IC202", _call("CallerNumber"), "CallerNumber is X (hidden) in an issued call, whose caller is the Infocaller number")
    elif not _PHONE.fullmatch(caller):
        yield Hit("IC202", _call("CallerNumber"), f"CallerNumber is {_quote(caller)}, neither digits nor X")
    for field in spec.fields_of(spec.section_at("Infocaller")):
        value = subject.value(field.name)
        hidden = field.name == "CallerNumberInt" and value == caller == spec.HIDDEN
        if field.value is Value.PHONE and field.name != "CallerNumber" and value and not hidden and not _PHONE.fullmatch(value):
            yield Hit("IC203", _call(field.name), f"{field.name} is {_quote(value)}, not digits")
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
            if value and not (field.value is Value.COST and decimal(value) == 0):
                yield Hit("IC204", place, f"{field.name} belongs to a fin, not to {_a(subject.kind)}")
        elif field.kinds == spec.FIN and field.needed and not value:
            yield Hit("IC205", place, f"a fin needs {field.name}")
        if not value:
            continue
        if field.value is Value.WHOLE and whole(value) is None:
            yield Hit("IC206", place, f"{field.name} is {_quote(value)}, not a whole number >= 0")
        elif field.value is Value.DATE:
            yield from _date("IC207", value, place, field.name)
        elif field.value is Value.COST:
            yield from _cost(value, place, field.name)


def _date(code: str, value: str, place: Path, name: str) -> Iterator[Hit]:
    read = moment(value)
    if read is None:
        problem = "is missing" if not value else f"is {_quote(value)}, not a real date as {_DAY_PARTS}"
        yield Hit(code, place, f"{name} {problem}")
    elif read.rest:
        yield Hit(code, place, f"{name} has {_quote(read.rest)} behind {_DAY_PARTS}", "warning")


def _cost(value: str, place: Path, name: str) -> Iterator[Hit]:
    number = decimal(value)
    if number is None and decimal(value.replace(",", ".", 1)) is not None:
        yield Hit("IC210", place, f"{name} is {_quote(value)}, with a decimal comma; write a point")
    elif number is None or number < 0:
        yield Hit("IC210", place, f"{name} is {_quote(value)}, not a decimal number >= 0")


class _Times(NamedTuple):
    start: Moment | None
    end: Moment | None
    seconds: int | None


def _times(subject: Subject) -> _Times:
    return _Times(moment(subject.value("StartDate")), moment(subject.value("EndDate")), whole(subject.value("CallSeconds")))


def _near(value: float, target: float) -> bool:
    return abs(value - target) <= spec.SECONDS_SLACK


def _duration(subject: Subject) -> Iterator[Hit]:
    start, end, seconds = _times(subject)
    if subject.kind is not Kind.FIN or start is None or end is None:
        return
    between = (end.when - start.when).total_seconds()
    if between < 0:
        if seconds is None or not _near(between + spec.CLOCK_CHANGE, seconds):
            yield Hit("IC208", _call("EndDate"), "EndDate is before StartDate")
    elif seconds is not None and not _near(between, seconds) and not _near(abs(seconds - between), spec.CLOCK_CHANGE):
        yield Hit("IC209", _call("CallSeconds"), f"CallSeconds is {seconds}, but {between:.0f} s lie between StartDate and EndDate")


def _actions(subject: Subject) -> Iterator[Hit]:
    for index, action in enumerate(subject.document.actions):
        place: Path = ("Status", "Events", "Event", index)
        code = action.get("EventType", "")
        number = whole(code)
        if number is None:
            problem = f"is {_quote(code)}, not a whole number" if code else "is missing"
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
            yield Hit("IC307", (*place, name), f"{name} is {_quote(text)}; of EventType {number} it is the {detail.label}, {wanted}")


def _order(subject: Subject) -> Iterator[Hit]:
    start, end, seconds = _times(subject)
    dated = [(index, moment(action.get("EventDate", "")), action) for index, action in enumerate(subject.document.actions)]
    changed = False
    if start and end and seconds is not None:
        changed = _near(abs(seconds - (end.when - start.when).total_seconds()), spec.CLOCK_CHANGE)
    late: list[Hit] = []
    stepped = False
    previous: Moment | None = None
    for index, when, action in dated:
        if when is None:
            continue
        place: Path = ("Status", "Events", "Event", index, "EventDate")
        back = (previous.when - when.when).total_seconds() if previous else 0
        if back > 0:
            if not stepped and spec.CLOCK_CHANGE - spec.CLOCK_CHANGE_SLACK <= back <= spec.CLOCK_CHANGE:
                stepped = changed = True
            else:
                yield Hit("IC305", place, f"this action is {back:.0f} s before the one above it")
        previous = when
        late += _outside(when, start, end, whole(action.get("EventType", "")), place)
    reversed_call = start is not None and end is not None and end.when < start.when  # IC208 has said so
    if not changed and not reversed_call and subject.kind is Kind.FIN:
        yield from late


def _outside(when: Moment, start: Moment | None, end: Moment | None, number: int | None, place: Path) -> Iterator[Hit]:
    slack = timedelta(seconds=spec.ACTION_SLACK)
    action = spec.ACTIONS.get(number) if number is not None else None
    if start and when.when - start.when < -slack:
        yield Hit("IC306", place, "this action is before the call's start")
    elif end and when.when - end.when > slack and not (action and action.after_end):
        yield Hit("IC306", place, "this action is after the call's end")


def is_plain_answer(document: Document) -> bool:
    """Whether one look shows that no check of an answer has anything to say; most have one variable or two, and are."""
    status = document.root.get("Status", {})
    if not status.get("Result") or not _PLAIN_VALUE.fullmatch(status.get("ResultText", "&")):
        return False
    names = set()
    for name, value in document.variables:
        if not _VAR_NAME.fullmatch(name) or not _PLAIN_VALUE.fullmatch(value):
            return False
        names.add(name.lower())
    return len(names) == len(document.variables)


def _variables(subject: Subject) -> Iterator[Hit]:
    seen: dict[str, str] = {}  # lower-case name -> name as it stood first
    for index, (name, value) in enumerate(subject.document.variables):
        place: Path = ("CustVars", "CustVar", index)
        if not _VAR_NAME.fullmatch(name):
            yield Hit("IC401", (*place, "VarName"), f"VarName is {_quote(name)}, not 1 to {spec.VAR_NAME_LENGTH} of A-Z a-z 0-9")
        first = seen.get(name.lower())
        if first is None:
            seen[name.lower()] = name
        elif name:
            yield Hit(
                "IC403",
                (*place, "VarName"),
                f"the variable {_quote(name)} stands twice" + (f" ({_quote(first)} before)" if first != name else ""),
            )
        yield from _characters(value, (*place, "VarValue"), "VarValue")
        entity = _entity(value)
        if entity:
            yield Hit("IC405", (*place, "VarValue"), f"the value still holds {entity}: it was escaped twice, or where it must not be")
        if value != value.strip():
            yield Hit("IC406", (*place, "VarValue"), "the value begins or ends with white space: a condition on it may fail")


def _entity(value: str) -> str | None:
    """The first entity in a decoded text: a numeric one, or one that XML or HTML knows by name."""
    for found in _ENTITY.finditer(value):
        if found[1] is None or _is_html_entity(found[1]):
            return found[0]
    return None


def _is_html_entity(name: str) -> bool:
    from html.entities import html5

    return f"{name};" in html5


def _characters(value: str, place: Path, name: str) -> Iterator[Hit]:
    found = _OUTSIDE.search(value)
    if not found:
        return
    character = found[0]
    note = ""
    if "\x80" <= character <= "\x9f":
        meant = bytes([ord(character)]).decode("cp1252", "ignore")
        note = f": byte {ord(character):02X}, in Windows-1252 the character {meant}" if meant else ""
    elif character > "\xff" and character.encode("cp1252", "ignore"):
        note = f" ({character}), which Windows-1252 has but ISO-8859-1 has not"
    yield Hit("IC402", place, f"{name} holds U+{ord(character):04X}{note}; only printable ASCII and ISO-8859-1 may stand there")


def _response(subject: Subject) -> Iterator[Hit]:
    if subject.kind is not Kind.RESPONSE:
        return
    status = subject.document.root.get("Status")
    if status is not None:
        if not status.get("Result"):
            yield Hit("IC501", ("Status", "Result"), "Result is missing or empty: the caller cannot know whether it worked")
        if "ResultText" not in status:
            yield Hit("IC502", ("Status", "ResultText"), "ResultText is missing")
        yield from _characters(status.get("ResultText", ""), ("Status", "ResultText"), "ResultText")


def _raw_marks(subject: Subject) -> Iterator[Hit]:
    """Appendix 3 wants five characters as entities; only the source shows whether they were written so."""
    decoded = subject.decoded
    if subject.kind is not Kind.RESPONSE or decoded is None or decoded.format != spec.XML:
        return
    if not re.search("[>'\"]", "".join(value for _, value in subject.document.variables)):
        return
    from .spans import spans

    text = decoded.text.chars
    for path, span in spans(text, spec.XML).items():
        if len(path) != 4 or path[:2] != ("CustVars", "CustVar") or path[3] != "VarValue" or span.inner_start is None:
            continue
        mark = re.search("[>'\"]", _without_markup(text[span.inner_start : span.inner_end]))
        if mark:
            yield Hit("IC404", path, f"{mark[0]} stands in the value as itself; Appendix 3 wants it written as an entity")


def _without_markup(raw: str) -> str:
    """The characters of a value as they stand in the source, without comments; CDATA keeps its content. The source is well-formed."""
    from .spans import skip

    kept = []
    at = 0
    while (mark := raw.find("<", at)) >= 0:
        kept.append(raw[at:mark])
        at = skip(raw, mark) or len(raw)
        if raw.startswith("<![CDATA[", mark):
            kept.append(raw[mark + 9 : at - 3])
    return "".join((*kept, raw[at:]))


def _quote(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:39] + "…")


CHECKS: tuple[Callable[[Subject], Iterator[Hit]], ...] = (
    _sections,
    _user_id,
    _numbers,
    _fin_fields,
    _duration,
    _actions,
    _order,
    _variables,
    _response,
    _raw_marks,
)
# Those an answer that is yet to be written can break
ANSWER_CHECKS = (_variables, _response)
