"""Which usual mistake reproduces a wrong signature. A bounded search: every single mistake, then every pair of two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, Any, NamedTuple

from .spec import COUNTRY, EXAMPLE_PASSWORD

if TYPE_CHECKING:
    from . import Decoded

_SEPARATORS = {"+": "plus signs", "-": "hyphens", ":": "colons", "|": "bars", ",": "commas", ";": "semicolons", ".": "points"}
_SEPARATORS |= {" ": "blanks", "_": "underscores", "/": "slashes", "&": "ampersands", "\n": "line feeds"}
_PARTS = ("LineNumber", "CallSequence", "password")
# Searching more passwords of other lines in pairs would no longer be a second's work
_MOST_PASSWORDS = 200


class _Choice(NamedTuple):
    """One way to fill a part of the signed text; `mistake` "" for the right one."""

    value: str
    mistake: str = ""


class _Layout(NamedTuple):
    order: tuple[int, ...]
    separator: str
    mistake: str = ""


class _Charset(NamedTuple):
    name: str
    mistake: str = ""


def explain(decoded: Decoded, password: str, others: Mapping[str, str] | None = None, country: str = COUNTRY) -> str | None:
    """The mistake (or the two) that make the document's signature, in words without the password; None if none does.

    `others` are the passwords of other lines by line number, `country` the country code to try.
    """
    document = decoded.document
    wanted = (document.get("UserID", "Signature") or "").lower()
    axes: tuple[list[Any], ...] = (
        _dedupe(_lines(decoded, country)),
        _dedupe(_calls(decoded)),
        _dedupe(_passwords(password, others or {})),
        [_LAYOUT, *_layouts()],
        _CHARSETS,
    )
    for mistakes in (1, 2):
        if mistakes == 2:
            axes = (*axes[:2], axes[2][:_MOST_PASSWORDS], *axes[3:])
        for chosen in combinations(range(len(axes)), mistakes):
            for choice in product(*(axis[1:] if index in chosen else axis[:1] for index, axis in enumerate(axes))):
                line, call, secret, layout, charset = choice
                if _digest(line.value, call.value, secret.value, layout, charset.name) == wanted:
                    return "; ".join(part.mistake for part in choice if part.mistake)
    return None


def _digest(line: str, call: str, password: str, layout: _Layout, charset: str) -> str:
    parts = (line, call, password)
    text = layout.separator.join(parts[index] for index in layout.order)
    return hashlib.md5(text.encode(charset, "replace"), usedforsecurity=False).hexdigest()


def _dedupe(choices: Iterator[_Choice]) -> list[_Choice]:
    """The first is the right one; a mistake that changes nothing is none."""
    seen: dict[str, _Choice] = {}
    for choice in choices:
        seen.setdefault(choice.value, choice)
    return list(seen.values())


def _lines(decoded: Decoded, country: str) -> Iterator[_Choice]:
    document = decoded.document
    line = document.line or ""
    yield _Choice(line)
    raw = decoded.untrimmed.get(("UserID", "LineNumber"))
    if raw:
        yield _Choice(raw, "the white space around LineNumber was signed too")
    international = document.get("UserID", "LineNumberInt") or f"{country}{line.lstrip('0')}"
    for value, form in (
        (international, "LineNumberInt"),
        ("+" + international, "LineNumber with a plus and the country code"),
        ("00" + international, "LineNumber with 00 and the country code"),
        ("0" + line, "LineNumber with a leading zero"),
        (line.lstrip("0"), "LineNumber without its leading zeros"),
        (country + line, f"LineNumber with {country} before it"),
        (f"+{country}{line}", f"LineNumber with +{country} before it"),
        (f"00{country}{line}", f"LineNumber with 00{country} before it"),
    ):
        yield _Choice(value, f"{form} was used for LineNumber")
    for name in ("InboundNumber", "InboundNumberInt", "CallerNumber", "CallerNumberInt", "OutboundNumber", "OutboundNumberInt"):
        number = document.get("Infocaller", name)
        if number:
            yield _Choice(number, f"{name} was used for LineNumber")


def _calls(decoded: Decoded) -> Iterator[_Choice]:
    document = decoded.document
    call = document.call or ""
    yield _Choice(call)
    raw = decoded.untrimmed.get(("UserID", "CallSequence"))
    if raw:
        yield _Choice(raw, "the white space around CallSequence was signed too")
    yield _Choice(call.lstrip("0"), "CallSequence was used without its leading zeros")
    yield _Choice("", "CallSequence was left out")
    idcall = document.get("Infocaller", "idcall")
    if idcall:
        yield _Choice(idcall, "idcall was used for CallSequence")


def _passwords(password: str, others: Mapping[str, str]) -> Iterator[_Choice]:
    yield _Choice(password)
    yield _Choice(password + "\n", "the password was signed with a trailing line feed")
    yield _Choice(password + "\r\n", "the password was signed with a trailing carriage return and line feed")
    yield _Choice(password + " ", "the password was signed with a trailing blank")
    yield _Choice(password.strip(), "the password was signed without the blanks around it")
    yield _Choice(password.upper(), "the password was signed in upper case")
    yield _Choice(password.lower(), "the password was signed in lower case")
    yield _Choice(password.swapcase(), "the password was signed with upper and lower case exchanged")
    yield _Choice("", "the password was left out")
    yield _Choice(
        hashlib.md5(password.encode("iso-8859-1", "replace"), usedforsecurity=False).hexdigest(), "the MD5 of the password was signed"
    )
    yield _Choice(EXAMPLE_PASSWORD, "the example password of the provider's page was used")
    for line, other in others.items():
        yield _Choice(other, f"the password of line {line} was used")


_CHARSETS = [
    _Charset("iso-8859-1"),
    _Charset("utf-8", "the text was signed in UTF-8 (it is ISO-8859-1)"),
    _Charset("utf-16-le", "the text was signed in UTF-16 (it is ISO-8859-1)"),
]
_LAYOUT = _Layout((0, 1, 2), "")


def _layouts() -> Iterator[_Layout]:
    for separator, name in _SEPARATORS.items():
        yield _LAYOUT._replace(separator=separator, mistake=f"the parts were signed with {name} between them")
    for order in permutations(range(3)):
        if order != (0, 1, 2):
            names = " + ".join(_PARTS[index] for index in order)
            yield _LAYOUT._replace(order=order, mistake=f"the parts were signed in the order {names}")
            for separator, name in _SEPARATORS.items():
                yield _Layout(order, separator, f"the parts were signed in the order {names}, with {name} between them")
