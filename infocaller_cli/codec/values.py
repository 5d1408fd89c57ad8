"""Values of single fields: trimming, costs, dates. Pure functions on text."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .spec import CLOCK, COST_DECIMALS, DATE_REST, WHOLE_DIGITS

if TYPE_CHECKING:
    import re
    from datetime import datetime
    from decimal import Decimal


def cost_text(text: str) -> str:
    """A cost as it is written: every digit kept, at least six decimals ("0.12" -> "0.120000").

    What is no decimal number (a comma, an exponent, nothing) comes back as it is, without the white space around it.
    """
    text = text.strip()
    if is_json_cost(text):
        return text
    match = _decimal_pattern().fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return text
    sign = "-" if match[1] == "-" else ""
    return f"{sign}{match[2].lstrip('0') or '0'}.{(match[3] or '').ljust(COST_DECIMALS, '0')}"


def is_json_cost(text: str) -> bool:
    """Whether a cost's text is a number on the JSON wire (as `cost_text` writes one)."""
    units, _, decimals = text.removeprefix("-").partition(".")
    return (
        len(decimals) >= COST_DECIMALS and text.isascii() and decimals.isdigit() and units.isdigit() and (units[0] != "0" or units == "0")
    )


def decimal(text: str) -> Decimal | None:
    """The number a text holds; None if it is no plain decimal number."""
    from decimal import Decimal

    match = _decimal_pattern().fullmatch(text.strip())
    return Decimal(text.strip()) if match and (match[2] or match[3]) else None


# Compiled at the first use: compiling at import would cost every command


@cache
def _decimal_pattern() -> re.Pattern[str]:
    import re

    return re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?", re.ASCII)


@cache
def _date_pattern() -> re.Pattern[str]:
    import re

    return re.compile(f"(?P<when>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{CLOCK})(?P<rest>{DATE_REST})")


def whole(text: str) -> int | None:
    """The whole number >= 0 a text holds; None if it holds none, or one of more than WHOLE_DIGITS digits."""
    text = text.strip()
    return int(text) if len(text) <= WHOLE_DIGITS and text.isascii() and text.isdigit() else None


class Moment(NamedTuple):
    """A date of the wire (local time of the line), and what stood behind the seconds (a fraction, an offset)."""

    when: datetime
    rest: str


_USUAL_DATE = 40  # characters: longer ones are not kept


def moment(text: str) -> Moment | None:
    """Read yyyy-mm-ddThh:mm:ss; None if the text is none, or no real date."""
    return _moment(text) if len(text) <= _USUAL_DATE else _moment.__wrapped__(text)


@lru_cache(maxsize=256)  # several rules ask for each date of a document
def _moment(text: str) -> Moment | None:
    from datetime import datetime

    match = _date_pattern().fullmatch(text.strip())
    if match is None:
        return None
    try:
        return Moment(datetime.fromisoformat(match["when"]), match["rest"])
    except ValueError:
        return None


def as_text(value: object, what: str) -> str:
    """A str or int as it goes out. A bool is an int to Python, and True is no value a script can compare. Raises TypeError."""
    if isinstance(value, str):  # of a class of its own, an enum's say, what it is and not what it shows
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__repr__(value)
    raise TypeError(f"{what} is a str or an int, not {type(value).__name__}")
