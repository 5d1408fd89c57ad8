"""What a handler of events gets: an Event, with dates and costs as Python has them. It returns nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codec import spec
from .query import call_fields

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from ...codec.model import Document, Node

_AUTHORITY = r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/]*"
_NAMES = {name.lower(): name for name in spec.EVENTS}


@dataclass(slots=True)
class Action:
    """One action of a call: its EventType (None if that is no number), name, date, and EventAddInfo1 to 5 ("" where absent)."""

    code: int | None
    name: str
    when: datetime | None
    details: tuple[str, ...]


@dataclass(slots=True)
class Event:
    """What happened to a call: it began, was diverted, ended.

    `kind` is INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO or FIN, "" where neither the URL nor the document tells. The fields of the call
    are those of a `Query`. What follows `idcall` is a FIN's: seconds, local times of the line, costs without taxes or currency; None
    where it is absent or cannot be read as such; and the actions in order, each with `code`, `name`, `when` and five `details`.
    `document` is all that was sent. `receive` fills in the rest: `key` names the event among all others, `repeated` is whether it came
    before. Source: the page, section 1, "Informative API".
    """

    kind: str
    variables: dict[str, str]
    line: str
    call: str
    caller: str | None
    called: str
    call_type: str
    outbound: str
    idcall: str
    seconds: int | None
    start: datetime | None
    end: datetime | None
    cost_rx: Decimal | None
    cost_tx: Decimal | None
    actions: list[Action]
    document: Document = field(repr=False)
    key: str = ""
    repeated: bool = False


def event_of(document: Document, path: str = "", query: bytes = b"") -> Event:
    """The event in a document of the kind event or fin, sent to a URL with this path and query string."""
    from ...codec.values import decimal, whole

    call = document.root.get("Infocaller", {})
    return Event(
        kind="FIN" if document.kind is spec.Kind.FIN else event_in(path, query),
        seconds=whole(call.get("CallSeconds", "")),
        start=_date(call.get("StartDate", "")),
        end=_date(call.get("EndDate", "")),
        cost_rx=decimal(call.get("CostRX", "")),
        cost_tx=decimal(call.get("CostTX", "")),
        actions=[_action(node) for node in document.actions],
        **call_fields(document),
    )


def _action(node: Node) -> Action:
    from ...codec.values import whole

    details = tuple(node.get(f"EventAddInfo{number}", "") for number in range(1, 6))
    return Action(whole(node.get("EventType", "")), node.get("EventName", ""), _date(node.get("EventDate", "")), details)


def _date(text: str) -> datetime | None:
    from ...codec.values import moment

    read = moment(text)
    return read.when if read else None


def event_in(path: str, query: bytes) -> str:
    """The event that a part of the path (`/fin.php` too), or the name or value of a parameter, names; "" if none does."""
    import re
    from urllib.parse import parse_qsl

    path = re.sub(_AUTHORITY, "", path)  # as a request through a proxy has it
    parameters = parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace")
    words = [part.partition(".")[0] for part in path.split("/")] + [word for pair in parameters for word in reversed(pair)]
    return next((_NAMES[name] for word in words if (name := word.strip().lower().replace("-", "_")) in _NAMES), "")
