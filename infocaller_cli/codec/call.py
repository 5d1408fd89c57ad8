"""The fields of a call that somebody makes up: their names, what may be given for each, and where it stands in a document.

One table for the command line, the test kit and what rewrites a document. Each way of reading takes the value and what to call it
in an error; raises UsageError for a value that no document can hold, TypeError for one of a wrong type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import UsageError
from . import spec
from .values import as_text, moment

if TYPE_CHECKING:
    from datetime import datetime


def _upper(value: object, name: str) -> str:
    return as_text(value, name).upper()


def _caller(value: object, name: str) -> str:
    text = as_text(value, name)
    return spec.HIDDEN if text == spec.HIDDEN.lower() else text


def _country(value: object, name: str) -> str:
    code = as_text(value, name)
    if not (code.isascii() and code.isdigit()):
        raise UsageError(f"{name} cannot be {code!r}", "it is a country code, digits without a plus", f"{spec.COUNTRY} is that of Spain")
    return code


def _seconds(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is an int, not {type(value).__name__}")
    return value


def _start(value: object, name: str) -> datetime:
    from datetime import datetime

    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # the wire has local times, without an offset
    read = moment(as_text(value, name))
    if read is None or read.rest:
        raise UsageError(f"{name} cannot be {value!r}", "it is a real date as yyyy-mm-ddThh:mm:ss", "2026-11-23T10:00:00 is one")
    return read.when


def _cost(value: object, _: str) -> str:
    """A Decimal is a cost too; `sample` refuses what is no number."""
    return str(value)


def _actions(value: object, name: str) -> tuple[tuple[str, ...], ...]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} are several: each 'TYPE:NAME:INFO1', or a tuple of these parts")
    return tuple(tuple(one.split(":")) if isinstance(one, str) else tuple(map(str, one)) for one in value)


class CallField(NamedTuple):
    """One field of `sample.CallFields`: how a value is read, the section and field it stands in, whether only a fin has it."""

    read: Callable[[object, str], Any] = as_text
    place: tuple[str, str] | None = None
    fin_only: bool = False


FIELDS = {
    "line": CallField(place=("UserID", "LineNumber")),
    "call": CallField(place=("UserID", "CallSequence")),
    "call_type": CallField(_upper, ("Infocaller", "CallType")),
    "caller": CallField(_caller, ("Infocaller", "CallerNumber")),
    "called": CallField(place=("Infocaller", "InboundNumber")),
    "outbound": CallField(place=("Infocaller", "OutboundNumber")),
    "idcall": CallField(place=("Infocaller", "idcall")),
    "country": CallField(_country),
    "seconds": CallField(_seconds, ("Infocaller", "CallSeconds"), fin_only=True),
    "start": CallField(_start, ("Infocaller", "StartDate"), fin_only=True),
    "cost_rx": CallField(_cost, ("Infocaller", "CostRX"), fin_only=True),
    "cost_tx": CallField(_cost, ("Infocaller", "CostTX"), fin_only=True),
    "actions": CallField(_actions, fin_only=True),
}


def foreign(kind: str, names: set[str]) -> set[str]:
    """Those of the fields that a document of a named kind (a key of `spec.NAMED_KINDS`) has no place for."""
    if kind == "RESPONSE":
        return names & FIELDS.keys()
    return set() if spec.NAMED_KINDS[kind] is spec.Kind.FIN else {name for name in names if name in FIELDS and FIELDS[name].fin_only}


def refuse_foreign(kind: str, shown: list[str]) -> None:
    """An option or argument the kind has no field for would be accepted and lost. Raises UsageError if any is `shown`."""
    __tracebackhide__ = True  # in a test the line that gave it is shown
    if shown:
        raise UsageError(f"{', '.join(sorted(shown))} does not go with {kind.lower()}", "such a document has no field for it")
