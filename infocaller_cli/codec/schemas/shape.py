"""How the text of a field is written, whatever the form of the schema."""

from __future__ import annotations

import re
from typing import NamedTuple

from .. import spec
from ..spec import Field, Kind, Section, Value

# Reading trims no-break spaces too; an \s of XML Schema has none
_WHITE = "[\\s\xa0]*"
_NOT_BLANK = "[\\s\\S]*[^\\s\xa0][\\s\\S]*"


class Shape(NamedTuple):
    """How the text of a field is written. `pattern` matches it as a whole; of a `trimmed` one white space around it means nothing."""

    name: str
    pattern: str
    trimmed: bool = False


def about(name: str) -> str:
    """What a schema says of itself."""
    return (
        f"The {spec.ROOT} document of a {name}, as Infocaller's telephony API has it. Sections, fields and how each is written are judged "
        "here; whether the signature matches and values agree with each other is what `infocaller validate` judges."
    )


def is_foreign(part: Field | Section, kind: Kind) -> bool:
    """Whether a part belongs to the other direction, so that nobody looks into it: a request's in a response, or the reverse."""
    if isinstance(part, Section):
        return all(is_foreign(below, kind) for below in part.parts)
    return spec.RESPONSE.isdisjoint(part.kinds) if kind is Kind.RESPONSE else part.kinds == spec.RESPONSE


def is_needed(part: Field | Section, kind: Kind) -> bool:
    """Whether a document of this kind is wrong without it."""
    return part.name in spec.REQUIRED[kind] if isinstance(part, Section) else part.needed and kind in part.kinds


def shape(field: Field, kind: Kind) -> Shape | None:
    """How a field is written in a document of this kind; None: any text."""
    pattern = spec.PATTERNS.get(field.value, "") if field.pattern is None else field.pattern
    ways = [*filter(None, [pattern]), *field.codes]
    needed = is_needed(field, kind)
    if is_foreign(field, kind) or not (ways or needed):
        return None
    if not ways:
        return Shape("not-blank", _NOT_BLANK)
    one = f"({'|'.join(ways)})" if "|" in "|".join(ways) else ways[0]
    base = [] if not pattern else [field.value.name.lower() if field.pattern is None else field.name]
    names = [*base, *field.codes, *([] if needed or field.pattern else ["empty"])]
    if field.value is not Value.TEXT:
        one = f"{_WHITE}{one}{_WHITE}" if needed else f"{_WHITE}({one}{_WHITE})?"
    elif not needed and not re.fullmatch(one, ""):
        one = f"({one})?"
    return Shape("-or-".join(names), one, field.value is not Value.TEXT)
