"""The protocol as tables: sections, fields, their order, their kinds of value, action codes, limits.

Readers, writers, rules, samples, schemas and documentation are driven by these tables; adding a field is one line here.
Facts are those of the provider's API page; "ours" marks a decision where the page is silent.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from functools import cache
from typing import NamedTuple

NAMESPACE = "http://tempuri.org/"
ROOT = "ApiCall"
FORM_VARIABLE = "apiInfocaller"

# The telephone password, line and call of the page's worked example of a signature.
EXAMPLE_PASSWORD = "3956"  # noqa: S105  public: printed on the page
EXAMPLE_LINE = "123456789"
EXAMPLE_CALL = "98565656"

# A document of the provider has a few KB; a thousand actions fit in this. Ours.
MAX_DOCUMENT = 1024 * 1024
# May stand before a document. Ours; Python's own strip() takes U+001F too, with which gzip begins
WHITE = " \t\r\n\v\f\u00a0"
# Fields or parts of a form. Ours
MAX_FIELDS = 1_000
# Findings about one document; of every rule that fires the first is always among them. Ours
MAX_FINDINGS = 1_000
VAR_NAME_LENGTH = 15
WHOLE_DIGITS = 18  # what every language holds. Ours
COST_DECIMALS = 6
# A clock change moves local times by one hour; the provider rounds seconds. Ours.
CLOCK_CHANGE = 3600
CLOCK_CHANGE_SLACK = 300
SECONDS_SLACK = 1
ACTION_SLACK = 2

# The Result of a query that was answered; anything else is an error
DONE = "0"

# CallType; a CallerNumber that is not shown
RECEIVED, ISSUED = "R", "E"
HIDDEN = "X"
# The country code of numbers where nothing else is said: the provider is in Spain. Ours
COUNTRY = "34"

XML = "xml"
JSON = "json"
FORMATS = (XML, JSON)
# The five that Appendix 3 of the page names; & stands first, as it is escaped first
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
# The Content-Type of an answer in a format; the page asks for none
CONTENT_TYPES = {XML: "text/xml", JSON: "application/json"}


class Kind(StrEnum):
    """The four kinds of document."""

    RESPONSE = "response"
    QUERY = "query"
    FIN = "fin"
    EVENT = "event"


# What a user may ask for, and the kind of document it is. The document does not say which of the first three it is.
NAMED_KINDS = {
    "INICIO": Kind.EVENT,
    "DESVIO_CORRECTO": Kind.EVENT,
    "DESVIO_FALLIDO": Kind.EVENT,
    "FIN": Kind.FIN,
    "QUERY": Kind.QUERY,
    "RESPONSE": Kind.RESPONSE,
}


# The events of a call, and when each is sent
EVENTS = {
    "INICIO": "the call was answered, before any action",
    "DESVIO_CORRECTO": "a diverted call was answered by an extension",
    "DESVIO_FALLIDO": "a call could not be diverted to an extension",
    "FIN": "the call has ended",
}


class Value(Enum):
    """What a field holds. White space around anything but TEXT means nothing and is trimmed."""

    TEXT = "text"
    DIGITS = "digits"
    PHONE = "phone number"
    CODE = "code"
    WHOLE = "whole number"
    DATE = "date"
    COST = "cost"
    HASH = "32 hexadecimal digits"


# How values are written, in what the patterns of Python, XML Schema and JSON Schema have in common: a match is one of the whole text
VAR_NAME = f"[A-Za-z0-9]{{1,{VAR_NAME_LENGTH}}}"
PRINTABLE = "\x20-\x7e\xa0-\xff"  # of ASCII and of ISO-8859-1; what stands between the brackets of a set
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# What may follow a date, and is only a warning: a fraction, an offset
DATE_REST = r"(\.[0-9]+)?(Z|[+\-][0-9]{2}:?[0-9]{2})?"
_YEAR = "([0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DAY = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
PATTERNS = {
    Value.DIGITS: "[0-9]+",
    Value.PHONE: r"\+?[0-9]+",
    Value.WHOLE: f"[0-9]{{1,{WHOLE_DIGITS}}}",
    Value.DATE: f"({_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)T{CLOCK}{DATE_REST}",
    Value.COST: r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)|-(0+(\.0*)?|\.0+)",
    Value.HASH: "[0-9a-fA-F]{32}",
}

ALL = frozenset({Kind.QUERY, Kind.FIN, Kind.EVENT})
CALLS = frozenset({Kind.FIN, Kind.EVENT})
FIN = frozenset({Kind.FIN})
QUERY = frozenset({Kind.QUERY})
RESPONSE = frozenset({Kind.RESPONSE})
BOTH = frozenset(FORMATS)


class Field(NamedTuple):
    """One field: its name on the wire, what it holds, the kinds it belongs to, where the page prints it.

    `printed` names the formats in which the page's own samples show the field. Without a `needed` one a document of those
    kinds is wrong. `codes` are texts with a meaning of their own: all a CODE may be, where it has any. `pattern`: how it is
    written, where that is not how its value is ("" where another way is no error).
    """

    name: str
    value: Value
    about: str
    kinds: frozenset[Kind] = ALL
    printed: frozenset[str] = BOTH
    needed: bool = False
    codes: tuple[str, ...] = ()
    pattern: str | None = None


class Section(NamedTuple):
    """A container. `many` sections are repeated: an array in JSON, sibling elements in XML."""

    name: str
    about: str
    parts: tuple[Field | Section, ...]
    many: bool = False

    def __hash__(self) -> int:
        """By name: the tables are looked up for every section of every document, and a tuple's own hash goes through all parts."""
        return hash(self.name)


def _add_info(number: int) -> Field:
    return Field(f"EventAddInfo{number}", Value.TEXT, f"additional datum {number}; what it means depends on EventType", FIN)


APICALL = Section(
    ROOT,
    "the document",
    (
        Section(
            "UserID",
            "whose call it is, and the signature",
            (
                Field("LineNumber", Value.DIGITS, "main number of the service, national form", needed=True),
                Field("LineNumberInt", Value.DIGITS, "the same with the country code, no plus", pattern=""),
                Field("CallSequence", Value.DIGITS, "the call's unique id", needed=True),
                Field("Signature", Value.HASH, "MD5 of LineNumber + CallSequence + telephone password, in hexadecimal", needed=True),
            ),
        ),
        Section(
            "Infocaller",
            "the call",
            (
                Field("CallType", Value.CODE, "R received, E issued", codes=(RECEIVED, ISSUED)),
                Field(
                    "CallerNumber",
                    Value.PHONE,
                    "received: the caller, X if hidden; issued: the Infocaller number that calls",
                    codes=(HIDDEN,),
                ),
                Field("CallerNumberInt", Value.PHONE, "the same with the country code", printed=frozenset({XML}), codes=(HIDDEN,)),
                Field("InboundNumber", Value.PHONE, "the Infocaller number that received the call"),
                Field("InboundNumberInt", Value.PHONE, "the same with the country code"),
                Field("OutboundNumber", Value.PHONE, "destination of an issued call"),
                Field("OutboundNumberInt", Value.PHONE, "the same with the country code", CALLS, frozenset({JSON})),
                Field("idcall", Value.CODE, "id of the request that issued the call"),
                Field("QueryName", Value.TEXT, "the name the user gave the Query", QUERY, needed=True),
                Field("CallSeconds", Value.WHOLE, "duration in seconds", FIN, needed=True),
                Field("StartDate", Value.DATE, "start of the call, local time of the line", FIN, needed=True),
                Field("EndDate", Value.DATE, "end of the call, local time of the line", FIN, needed=True),
                Field("CostRX", Value.COST, "cost of the call received, without taxes, no currency given", FIN),
                Field("CostTX", Value.COST, "cost of the call issued, without taxes, no currency given", FIN),
            ),
        ),
        Section(
            "Status",
            "FIN: the actions of the call; response: the result",
            (
                Section(
                    "Events",
                    "the actions of the call",
                    (
                        Section(
                            "Event",
                            "one action",
                            (
                                Field("EventType", Value.WHOLE, "code of the action", FIN, needed=True),
                                Field("EventDate", Value.DATE, "when, local time of the line", FIN, needed=True),
                                Field("EventName", Value.TEXT, "description of the action", FIN),
                                *(_add_info(number) for number in range(1, 6)),
                            ),
                            many=True,
                        ),
                    ),
                ),
                Field("Result", Value.CODE, "0 = done, anything else = error", RESPONSE, needed=True),
                Field("ResultText", Value.TEXT, "the result in words", RESPONSE, pattern=f"[{PRINTABLE}]*"),
            ),
        ),
        Section(
            "CustVars",
            "user variables of the call; in a response, those to change or add",
            (
                Section(
                    "CustVar",
                    "one variable",
                    (
                        Field("VarName", Value.TEXT, "1 to 15 of A-Z a-z 0-9", ALL | RESPONSE, needed=True, pattern=VAR_NAME),
                        Field("VarValue", Value.TEXT, "printable ASCII and ISO-8859-1", ALL | RESPONSE, pattern=f"[{PRINTABLE}]*"),
                    ),
                    many=True,
                ),
            ),
        ),
    ),
)

# Sections each kind must have; a missing CustVars is an error in a response only.
REQUIRED = {
    Kind.EVENT: ("UserID", "Infocaller"),
    Kind.QUERY: ("UserID", "Infocaller"),
    Kind.FIN: ("UserID", "Infocaller", "Status"),
    Kind.RESPONSE: ("Status", "CustVars"),
}


class Detail(NamedTuple):
    """What an EventAddInfo means for one EventType. `value` None: any text."""

    label: str
    value: Value | None = None


class Action(NamedTuple):
    """One action code of EventType, with the EventAddInfo fields it gives a meaning to."""

    name: str
    details: dict[str, Detail]
    after_end: bool = False


def _action(name: str, after_end: bool = False, **details: Detail) -> Action:
    return Action(name, {f"EventAddInfo{key[1:]}": detail for key, detail in details.items()}, after_end)


_AMOUNT = Detail("amount", Value.COST)

ACTIONS = {
    1: _action("message"),
    2: _action("call", _3=Detail("seconds", Value.WHOLE), _4=_AMOUNT),
    3: _action("answering machine"),
    4: _action("keypad data entry", _1=Detail("data collected")),
    5: _action("data request by voice"),
    6: _action("numeric menu", _1=Detail("option")),
    7: _action("end of call", after_end=True, _4=_AMOUNT),
    8: _action("go to"),
    11: _action("e-mail sent", after_end=True),
    12: _action("SMS sent", after_end=True, _4=_AMOUNT),
    13: _action("script"),
    14: _action("start of call"),
    15: _action("call transfer"),
    16: _action("waiting queue"),
    # The page does not say which of 0 and 1 is success: show the digit.
    17: _action("API query", _1=Detail("result", Value.CODE)),
    18: _action("condition met"),
    21: _action("script resumed"),
}


@cache
def fields_of(section: Section) -> tuple[Field, ...]:
    """The fields directly in a section, in canonical order."""
    return tuple(part for part in section.parts if isinstance(part, Field))


@cache
def section_at(*names: str) -> Section:
    """The section reached from the root by these names. Raises KeyError for one that does not exist."""
    section = APICALL
    for name in names:
        section = {part.name: part for part in section.parts if isinstance(part, Section)}[name]
    return section


def _sections(section: Section) -> tuple[Section, ...]:
    below = [part for part in section.parts if isinstance(part, Section)]
    return (section, *(found for part in below for found in _sections(part)))


# Names of the sections that repeat
REPEATED = frozenset(section.name for section in _sections(APICALL) if section.many)
