"""Events for programs that have a server of their own: a body in, an Event out, in one call; and whether it came before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ...codec import spec
from ...errors import DecodeError
from ...spelling import named
from .direct import as_bytes, place_of
from .event import event_of
from .incoming import UnfitError, check_signature, read_document
from .passwords import known_by

if TYPE_CHECKING:
    from ...codec import Decoded
    from .event import Event
    from .passwords import GivenPassword

# What happens once in a call, whatever else its documents hold
_ONCE = ("INICIO", "FIN")


class Seen(Protocol):
    """Somewhere to remember events."""

    def add(self, key: str, /) -> bool:
        """Remember a key. True if it is new, False if it was there, for whichever process asks."""


def receive(body: bytes, event: str = "", *, password: GivenPassword, content_type: str | None = "", seen: Seen | None = None) -> Event:
    """The event in the body of a request, once its signature is checked: dates as datetime, costs as Decimal.

    `body` as it was sent: the form with the variable apiInfocaller, or the bare document; Flask's `request.get_data()`, Django's
    `request.body`, taken before anything touches the form, which would leave nothing or text that is decoded wrongly.
    `event`: its name, or the URL it was sent to, where a parameter or a part of the path is the name (`?eve=inicio`): the document alone
    tells a FIN from the others, not an INICIO from a DESVIO_CORRECTO or DESVIO_FALLIDO, and `kind` is "" where nothing does.
    `password`: the telephone password, or a function that gives that of a line (None: not known); None checks nothing.
    `seen` remembers the event's `key`: `repeated` is True where it was there already.

    Raises SignatureError (`status` 403) and DecodeError (`status` 400, or 413 for a body over 1 MiB): give the `status` back to whoever
    sent it. UsageError for an event that there is not, TypeError for a body that is not bytes, and what `password` and `seen` raise.
    """
    known = known_by(password)
    path, query = place_of(event)
    if event and "/" not in event and "?" not in event:
        path = named("event", event, spec.EVENTS)
    decoded = _read(as_bytes(body), content_type or "")
    check_signature(decoded, known(decoded.document.line or ""))
    received = event_of(decoded.document, path, query)
    received.key = _key(received, decoded, event)
    if seen is not None:
        new = seen.add(received.key)
        if not isinstance(new, bool):  # a set's add says nothing
            raise TypeError(f"seen.add() tells whether a key is new, True or False, not {new!r}")
        received.repeated = not new
    return received


def _read(body: bytes, content_type: str) -> Decoded:
    try:
        decoded = read_document(body, content_type)
    except UnfitError:
        raise
    except DecodeError as error:
        error.hint = error.hint or "pass the body as it was sent, with its Content-Type"
        raise
    if decoded.document.kind is spec.Kind.QUERY:
        raise UnfitError("the document is no event", "it is of the kind query, which answer() answers")
    return decoded


def _key(event: Event, decoded: Decoded, place: str) -> str:
    """What names an event: line, call and kind; where a call may have several, what they hold and where they went, too."""
    key = f"{event.line}/{event.call}/{event.kind}"
    if event.kind in _ONCE:
        return key
    from hashlib import sha256

    content = f"{place}\n{decoded.text.chars}".encode("utf-8", "surrogatepass")
    return f"{key}/{sha256(content).hexdigest()}"
