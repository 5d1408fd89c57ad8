"""Bodies of requests, ready made: the calls of a script differ in a few places, so most of a body need not be written anew.

The codec writes it once, with a mark in each of these places; a call's own values are filled in there, as the codec writes them. What
comes out is what the codec would have written.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache, partial
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from ...codec import encode
from ...codec.form import wrap
from ...codec.model import Document
from ...codec.sample import CallFields, date, sample
from ...codec.signature import sign
from ...codec.spec import NAMED_KINDS, Kind
from ...codec.text import LATIN1
from ...errors import InfocallerError

if TYPE_CHECKING:
    from ...calls import Send

# Of what is said of a call, what its bodies have marks for; all else is the same in the bodies that share one
_VARYING = ("call", "seconds", "start", "actions", "moments", "variables")
_SHARED = tuple(name for name in CallFields._fields if name not in _VARYING)
_shared = attrgetter(*_SHARED)
# A text that is written as it is; in a script it may stand too, and then its bodies are written whole
_MARK = "Mark{}OfABody"
_MARKS = re.compile(rb"Mark([0-9]{1,9})OfABody")
_USUAL = 200  # characters of a value: longer ones are not kept
_ANY = datetime(2000, 1, 1)  # noqa: DTZ001  the wire has local times


class Style(NamedTuple):
    """How bodies are written: as `encode` takes it."""

    format: str
    charset: str = ""
    as_printed: bool = False


class _Ready(NamedTuple):
    """A body in pieces, with room between them, and the number of the value that goes into each room."""

    pieces: list[bytes]
    order: list[int]


def body(send: Send, style: Style, password: str) -> bytes:
    """The form body of a request, signed. Raises UsageError and EncodeError for what no document can hold."""
    if not style.as_printed and style.charset != LATIN1:  # where one character decides how all are written
        try:
            if (found := _filled(send, style, password)) is not None:
                return found
        except InfocallerError:  # said below, in the document's own words
            pass
    return _written(send.document(style.format, password), style)


def _written(document: Document, style: Style) -> bytes:
    return wrap(encode(document, style.format, charset=style.charset, as_printed=style.as_printed))


def _filled(send: Send, style: Style, password: str) -> bytes | None:
    fields = send.fields
    variables, actions = fields.variables, fields.actions or ()
    fin = NAMED_KINDS[send.kind] is Kind.FIN
    if fields.start is None or variables is None or (fin and (fields.moments is None or fields.actions is None)):
        return None  # which `sample` makes up
    shape = tuple((action[0], len(action)) for action in actions) if fin else ()
    ready = _ready(send.kind, style, _shared(fields), tuple(name for name, _ in variables), shape)
    if ready is None:
        return None
    write = partial(_value, style)
    values = [write(fields.call), write(sign(fields.line, fields.call, password))]
    values += [write(value) for _, value in variables]
    moments = (0, fields.seconds, *(fields.moments or ())) if fin else (fields.seconds,)
    dates = [_date(style, fields.start, seconds) for seconds in moments]  # of any call: there must be such a day
    if fin:
        values += [write(str(fields.seconds)), *dates]
        values += [write(text) for action in actions for text in action[1:]]
    pieces = ready.pieces.copy()
    pieces[1::2] = [values[number] for number in ready.order]
    return b"".join(pieces)


@lru_cache(maxsize=128)
def _ready(
    kind: str, style: Style, shared: tuple[object, ...], names: tuple[str, ...], shape: tuple[tuple[str, int], ...]
) -> _Ready | None:
    """A body with a mark for each value of `_filled`, in its order; None where marks cannot be told from the text around them."""
    numbers = count()

    def mark() -> str:
        return _MARK.format(next(numbers))

    call, signature = mark(), mark()
    fields = CallFields(**dict(zip(_SHARED, shared, strict=True)), call=call, variables=tuple((name, mark()) for name in names))  # type: ignore[arg-type]
    if NAMED_KINDS[kind] is Kind.FIN:
        dates = {"CallSeconds": mark(), "StartDate": mark(), "EndDate": mark()}
        moments = [mark() for _ in shape]
        actions = tuple((code, *(mark() for _ in range(length - 1))) for code, length in shape)
        document = sample(kind, style.format, fields._replace(actions=actions), "", _ANY).changed("Infocaller", **dates)
        for event, when in zip(document.root["Status"]["Events"]["Event"], moments, strict=True):
            event["EventDate"] = when
    else:
        document = sample(kind, style.format, fields, "", _ANY)
    pieces = _MARKS.split(_written(document.changed("UserID", Signature=signature), style))
    order = [int(number) for number in pieces[1::2]]
    return _Ready(pieces, order) if sorted(order) == list(range(next(numbers))) else None


def _value(style: Style, text: str) -> bytes:
    """A value as it stands in a body."""
    if text.isalnum() and text.isascii():
        return text.encode()  # which is written as it is
    return _field(style, text) if len(text) <= _USUAL else _field.__wrapped__(style, text)


@lru_cache(maxsize=4096)
def _field(style: Style, text: str) -> bytes:
    """A value as the codec writes it. Raises EncodeError."""

    def around(value: str) -> bytes:
        return _written(Document({"CustVars": {"CustVar": [{"VarName": "A", "VarValue": value}]}}), style)

    before, _, after = _MARKS.split(around(_MARK.format(0)))
    return around(text)[len(before) : -len(after)]


@lru_cache(maxsize=4096)  # calls that go on side by side have begun in the same second
def _date(style: Style, start: datetime, seconds: int) -> bytes:
    """A moment of a call as it stands in a body. Raises UsageError."""
    return _field.__wrapped__(style, date(start, seconds))
