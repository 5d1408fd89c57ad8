"""The variables of event URLs: [_NumLlamante] and its like, replaced by what the call says."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from ...codec.model import Document
from ...errors import UsageError
from ...spelling import nearest

# Variable -> what it stands for, and the field it is taken from. "" where no field has it
VARIABLES = {
    "_NumLlamante": ("the caller, X if hidden", "Infocaller", "CallerNumber"),
    "_NumInfocaller": ("the line", "UserID", "LineNumber"),
    "_NumLlamado": ("the number called", "Infocaller", "InboundNumber"),
    "_IdLlamada": ("the call id", "UserID", "CallSequence"),
    "_UUID": ("an id of the call, the same in all its requests", "", ""),
    "_NumDesvio": ("the number diverted to", "", ""),
}
DIVERSIONS = ("DESVIO_CORRECTO", "DESVIO_FALLIDO")
_USE = re.compile(r"(?:\[|%5[Bb])(_[A-Za-z0-9_]*)(?:\]|%5[Dd])")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Expanded(NamedTuple):
    """A URL without variables, and those that were used."""

    url: str
    used: frozenset[str]


def expand(url: str, document: Document, event: str | None, *, diverted_to: str | None = None, uuid: str | None = None) -> Expanded:
    """Replace the variables of a URL by percent-encoded values. `event` is a key of `spec.NAMED_KINDS`, None for a query's URL.

    Raises UsageError for an unknown variable, for [_NumDesvio] where nothing is diverted, for a UUID that is none.
    """
    if uuid is not None and not _UUID.fullmatch(uuid):
        raise UsageError(
            f"--uuid cannot be {uuid!r}", "it is 8-4-4-4-12 hexadecimal digits", "leave it out, and it is derived from the call"
        )
    variables = used(url)
    if "_NumDesvio" in variables:
        if event is not None and event not in DIVERSIONS:
            raise UsageError(f"[_NumDesvio] is not known at {event}", "nothing is diverted there", "take it out of the URL")
        if event is not None and diverted_to is None:
            raise UsageError("the URL asks for [_NumDesvio]", "no document holds the number diverted to", "--diverted-to NUMBER")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        _, section, field = VARIABLES[name]
        if name == "_UUID":
            text = uuid or derived_uuid(document)
        elif name == "_NumDesvio":
            text = diverted_to or ""
        else:
            text = document.get(section, field) or ""
        return quote(text, safe="")

    return Expanded(_USE.sub(value, url), variables)


@lru_cache(maxsize=256)
def used(url: str) -> frozenset[str]:
    """The variables in a URL. Raises UsageError for one that there is not."""
    names = frozenset(found[1] for found in _USE.finditer(url))
    for name in names:
        if name not in VARIABLES:
            known = ", ".join(f"[{one}]" for one in VARIABLES)
            raise UsageError(f"there is no URL variable [{name}]", f"there are {known}; case counts", nearest(name, VARIABLES))
    return names


def derived_uuid(document: Document) -> str:
    """The same UUID for every request of a call (ours: the provider says only that it is unique per call)."""
    from uuid import NAMESPACE_URL, uuid5

    return str(uuid5(NAMESPACE_URL, f"infocaller:{document.line or ''}:{document.call or ''}"))
