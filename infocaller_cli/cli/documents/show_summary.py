"""What a person wants to know of a document, as data: the renderers of `show` lay it out and add nothing.

Nothing is escaped here; the renderers escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ...codec import spec
from ...codec.clock import Times, times_of
from ...codec.model import walk
from ...codec.signature import PROVEN, State, verify
from ...codec.spec import Kind
from ...codec.values import Moment, decimal, moment, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ...codec import Decoded
    from ...codec.model import Document, Node, Path, Variable
    from .show_record import Recorded


# The kind of a summary that is a whole call's
CALL = "call"
# What stands below a table of steps
LASTS = "Lasts: a call's own seconds; of other actions the time until the next one."
# Names of what is documented -> of a section, those below it; None for a field
_Names = dict[str, "_Names | None"]


def _names(section: spec.Section) -> _Names:
    return {part.name: _names(part) if isinstance(part, spec.Section) else None for part in section.parts}


_DOCUMENTED = _names(spec.APICALL)
_ADDITIONAL = [name for name in _names(spec.section_at("Status", "Events", "Event")) if name.startswith("EventAddInfo")]


@dataclass(frozen=True, slots=True)
class Step:
    """One action of the call. `offset` and `lasts` are seconds, None where a date cannot be read.

    `lasts` is the action's own duration where the document gives one, else the time until the next action (`derived`).
    In the picture of a call a step may be a `record` of a capture: `code` then names it, and `wrong` is one of which something is.
    """

    code: str
    action: str
    name: str
    date: str
    offset: float | None
    lasts: float | None
    derived: bool
    amount: str
    details: tuple[tuple[str, str], ...]
    record: bool = False
    wrong: bool = False

    @property
    def time(self) -> str:
        """The time of its date; a date that has none, as it stands."""
        date, _, time = self.date.partition("T")
        return time or date

    @property
    def data(self) -> str:
        """The details in words."""
        return ", ".join(f"{label} {value}" for label, value in self.details)

    @property
    def name_and_data(self) -> str:
        """`Sales: answered 1`, for one column."""
        return ": ".join(filter(None, (self.name, self.data)))


@dataclass(frozen=True, slots=True)
class Summary:
    """One document, or one call, for a person. `why` says the signature's state in words, "" for nothing to be said of it.

    `start` is the moment to which the offsets of the steps refer, by the clock of the line.
    """

    kind: str
    format: str
    title: str
    signature: State
    why: str
    facts: tuple[tuple[str, str], ...]
    variables: tuple[Variable, ...]
    steps: tuple[Step, ...] = ()
    seconds: float | None = None
    amounts: Decimal | None = None
    others: tuple[tuple[str, str], ...] = ()
    who: str = ""
    name: str = ""  # of the query
    start: datetime | None = None
    recorded: Recorded | None = None  # what only the record of a capture tells; it stands among the facts too

    @property
    def what(self) -> str:
        """`INICIO`, `query ESTADO PEDIDO`, `FIN`: which document it is, as far as that is known."""
        if self.kind == Kind.QUERY:
            return f"query {self.name}".strip()
        return "FIN" if self.kind == Kind.FIN else (self.recorded.event if self.recorded else "") or self.kind

    @property
    def rows(self) -> Iterator[tuple[str, str, str]]:
        """All it says beside the steps: a label, the state of a signature in whose colour it is shown (or ""), and a text."""
        refused = self.recorded and self.recorded.answer and self.recorded.answer.why
        for label, value in self.facts:
            yield label, State.INVALID.value if label == "Answer" and refused else "", value
        if self.why:
            yield "Signature", self.signature.value, self.why
        for label, named in (("Variables", self.variables), ("Other", self.others)):
            yield from (("" if index else label, "", f"{name} = {value}") for index, (name, value) in enumerate(named))

    @property
    def counted(self) -> str:
        """`4 records, 7 actions`."""
        records = sum(step.record for step in self.steps)
        actions = len(self.steps) - records
        told = [(records, "record")] if records else []
        told += [(actions, "action")] if actions or not records else []
        return ", ".join(f"{count:,} {name}{'s' * (count != 1)}" for count, name in told)


def summarize(decoded: Decoded, password: str | None) -> Summary:
    """Everything `show` shows of a document. `password` None: the signature is not checked."""
    document = decoded.document
    signature, why = _signature(document, password)
    times = times_of(document)
    start = times.start or next(filter(None, (moment(action.get("EventDate", "")) for action in document.actions)), None)
    steps = tuple(_steps(document, times, start))
    who = _who(document)
    amounts = [amount for step in steps if (amount := decimal(step.amount)) is not None]
    return Summary(
        str(document.kind),
        decoded.format,
        _title(document, who),
        signature,
        why,
        tuple(_facts(document)),
        tuple(document.variables),
        steps,
        _seconds(times),
        sum(amounts, Decimal()) if amounts else None,
        tuple(_others(document)),
        who,
        (document.get("Infocaller", "QueryName") or "").strip() if document.kind is Kind.QUERY else "",
        start.when if start else None,
    )


def _signature(document: Document, password: str | None) -> tuple[State, str]:
    state, reason = verify(document, password)
    words = {
        State.VALID: f"valid: it proves {PROVEN}",
        State.INVALID: f"not valid: {reason}",
        State.UNCHECKED: f"not checked: {reason}",
        State.NONE: "a response carries none",
    }
    return state, words[state]


def _number(document: Document, name: str) -> str:
    """A number with its international form, where that says more."""
    national, international = document.get("Infocaller", name) or "", document.get("Infocaller", f"{name}Int") or ""
    if national == spec.HIDDEN:
        return "hidden"
    if national and international and international != national:
        return f"{national} ({international})"
    return national or international


def _who(document: Document) -> str:
    """Who called whom."""
    get = document.get
    caller = get("Infocaller", "CallerNumber") or "?"
    to = get("Infocaller", "OutboundNumber" if get("Infocaller", "CallType") == spec.ISSUED else "InboundNumber")
    return f"{'hidden' if caller == spec.HIDDEN else caller} → {to or '?'}"


def _title(document: Document, who: str) -> str:
    get = document.get
    if document.kind is Kind.RESPONSE:
        result = (get("Status", "Result") or "").strip()
        return "done" if result == spec.DONE else f"error {result}" if result else "no result"
    call_type = {spec.RECEIVED: "received call", spec.ISSUED: "issued call"}.get(get("Infocaller", "CallType") or "", "call")
    name = get("Infocaller", "QueryName")
    return f"{name.strip()}, {call_type}, {who}" if name and name.strip() else f"{call_type}, {who}"


def _facts(document: Document) -> list[tuple[str, str]]:
    if document.kind is Kind.RESPONSE:
        facts = [("Result", document.get("Status", "Result") or ""), ("Text", document.get("Status", "ResultText") or "")]
        return [(label, value) for label, value in facts if value]
    infocaller = document.root.get("Infocaller", {})
    facts = [
        ("When", _when(document)),
        ("Caller", _number(document, "CallerNumber")),
        ("Called", _number(document, "InboundNumber")),
        ("Outbound", _number(document, "OutboundNumber")),
        ("Line", " ".join(filter(None, (document.line, _in_brackets(document.get("UserID", "LineNumberInt"), document.line))))),
        ("Call", document.call or ""),
        ("Request", infocaller.get("idcall", "")),
    ]
    costs = [f"{label} {infocaller[name]}" for name, label in (("CostRX", "received"), ("CostTX", "issued")) if infocaller.get(name)]
    if costs:
        facts.append(("Cost", ", ".join(costs) + " (without taxes)"))
    if document.kind is Kind.EVENT:
        facts.append(("Event", "INICIO, DESVIO_CORRECTO or DESVIO_FALLIDO: only the URL it is sent to says which"))
    return [(label, value) for label, value in facts if value]


def _in_brackets(value: str | None, other: str | None) -> str:
    return f"({value})" if value and value != other else ""


def _when(document: Document) -> str:
    start, end = (document.get("Infocaller", name) or "" for name in ("StartDate", "EndDate"))
    seconds = document.get("Infocaller", "CallSeconds") or ""
    first, last = moment(start), moment(end)
    if first and last:
        same_day = first.when.date() == last.when.date()
        day = f"{first.when:%a} {first.when.date()}"
        text = f"{day} {first.when:%H:%M:%S} → {'' if same_day else f'{last.when.date()} '}{last.when:%H:%M:%S}"
    else:
        text = " → ".join(filter(None, (start, end)))
    number = whole(seconds)
    lasted = duration(number) if number is not None else seconds
    return ", ".join(filter(None, (text, lasted)))


def duration(seconds: float) -> str:
    """`1 h 2 min 5 s`, `1 min 35 s`, `12 s`."""
    rest = round(seconds)
    sign = "-" if rest < 0 else ""
    hours, rest = divmod(abs(rest), 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest or not (hours or minutes) else ""]
    return sign + " ".join(filter(None, parts))


def clock(seconds: float | None) -> str:
    """`1:35`, `1:02:05`: seconds since the start of the call; "" where they are not known."""
    if seconds is None:
        return ""
    rest = round(seconds)
    sign = "-" if rest < 0 else ""
    hours, rest = divmod(abs(rest), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def _seconds(times: Times) -> float | None:
    """How long the call lasted: as it says itself, else from its dates."""
    return times.between if times.seconds is None else times.seconds


def _steps(document: Document, times: Times, start: Moment | None) -> list[Step]:
    actions = document.actions
    offsets = _offsets(times, start, [moment(action.get("EventDate", "")) for action in actions])
    following = _following(offsets, _seconds(times))
    steps = []
    for index, action in enumerate(actions):
        number = whole(action.get("EventType", ""))
        known = spec.ACTIONS.get(number) if number is not None else None
        details = {name: (detail, action.get(name, "")) for name, detail in known.details.items()} if known else {}
        own = next((whole(value) for detail, value in details.values() if detail.label == "seconds"), None)
        steps.append(
            Step(
                action.get("EventType", ""),
                known.name if known else "unknown action",
                action.get("EventName", ""),
                action.get("EventDate", ""),
                offsets[index],
                own if own is not None else _until(offsets[index], following[index]),
                own is None,
                next((value for detail, value in details.values() if detail.label == "amount"), ""),
                tuple(_details(action, details)),
            )
        )
    return steps


def _following(offsets: list[float | None], end: float | None) -> list[float | None]:
    """For each action the offset of the next one that has any, else the call's end. Once from behind: there may be many."""
    found = []
    for offset in reversed(offsets):
        found.append(end)
        end = end if offset is None else offset
    return found[::-1]


def _until(offset: float | None, following: float | None) -> float | None:
    """The time until the next action; None where there is none worth the name."""
    return following - offset if offset is not None and following is not None and following > offset else None


def _details(action: Node, known: dict[str, tuple[spec.Detail, str]]) -> list[tuple[str, str]]:
    """The additional data that stand in no column of their own: documented ones by name, others by field."""
    found = []
    for name in _ADDITIONAL:
        value = action.get(name, "")
        if not value:
            continue
        label = known[name][0].label if name in known else name.removeprefix("Event").lower()
        if label not in ("seconds", "amount") or (label == "seconds" and whole(value) is None):
            found.append((label, value))
    return found


def _offsets(times: Times, start: Moment | None, moments: list[Moment | None]) -> list[float | None]:
    """Seconds since the start of the call, across one clock change back."""
    offsets: list[float | None] = []
    added, previous = 0, None
    for when in moments:
        if when is None or start is None:
            offsets.append(None)
            continue
        if previous and not added:
            back = (previous.when - when.when).total_seconds()
            if back > 0 and times.is_clock_change(back):
                added = spec.CLOCK_CHANGE
        previous = when
        offsets.append((when.when - start.when).total_seconds() + added)
    return offsets


def _others(document: Document) -> list[tuple[str, str]]:
    """What the document holds beside its documented fields: shown, not hidden."""
    found = [("/".join(str(part) for part in path), value) for path, value in _undocumented(document.root, _DOCUMENTED, ())]
    return found + [(omission.path, "(cannot be shown)") for omission in document.omitted]


def _undocumented(node: Node, names: _Names, path: Path) -> Iterator[tuple[Path, str]]:
    """The fields below a node that are not documented, with their paths."""
    for name, value in node.items():
        if name not in names:
            yield from walk({name: value}, path)
        elif (below := names[name]) is not None and not isinstance(value, str):
            for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
                yield from _undocumented(one, below, (*path, name) if index is None else (*path, name, index))
