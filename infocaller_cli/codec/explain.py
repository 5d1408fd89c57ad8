"""Which usual mistake reproduces a wrong signature. A bounded search: every single mistake, then every pair of two."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
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
_MD5_BYTES = 16
_NUMBER_DIGITS = 30


class _Choice(NamedTuple):
    """One way to fill a part of the signed text; `mistake` "" for the right one."""

    value: str
    mistake: str = ""


class _Layout(NamedTuple):
    """How the parts were joined. `added`: how many of them, from the first on, as numbers."""

    order: tuple[int, ...]
    separator: str
    mistake: str = ""
    added: int = 0

    def join(self, *parts: str) -> str | None:
        """The signed text; None where the parts to be added are no numbers."""
        if not self.added:
            return self.separator.join([parts[index] for index in self.order])
        numbers = parts[: self.added]
        if not all(part.isascii() and part.isdigit() and len(part) <= _NUMBER_DIGITS for part in numbers):
            return None
        return "".join((str(sum(map(int, numbers))), *parts[self.added :]))


class _Charset(NamedTuple):
    name: str
    mistake: str = ""
    decomposed: bool = False

    def encode(self, text: str) -> bytes:
        if self.decomposed:
            from unicodedata import normalize

            text = normalize("NFD", text)
        return text.encode(self.name, "replace")


class _Hash(NamedTuple):
    """What was made of the signed text and, apart from it, of the password. `md5` in hexadecimal."""

    digest: Callable[[bytes, bytes], str]
    mistake: str = ""


def explain(decoded: Decoded, password: str, others: Mapping[str, str] | None = None, country: str = COUNTRY) -> str | None:
    """The mistake (or the two) that make the document's signature, in words without the password; None if none does.

    `others` are the passwords of other lines by line number, `country` the country code to try.
    """
    wanted, written = _digest_of((decoded.document.get("UserID", "Signature") or "").strip())
    axes: tuple[list[Any], ...] = (
        _dedupe(_lines(decoded, country)),
        _dedupe(_calls(decoded)),
        _dedupe(_passwords(password, others or {})),
        [_LAYOUT, *_layouts()],
        _CHARSETS,
        _HASHES,
    )
    for mistakes in (0, 1) if written else (1, 2):
        if mistakes == 2:
            axes = (*axes[:2], axes[2][:_MOST_PASSWORDS], *axes[3:])
        for chosen in combinations(range(len(axes)), mistakes):
            for choice in product(*(axis[1:] if index in chosen else axis[:1] for index, axis in enumerate(axes))):
                line, call, secret, layout, charset, hashed = choice
                text = layout.join(line.value, call.value, secret.value)
                if text is not None and hashed.digest(charset.encode(text), charset.encode(secret.value)) == wanted:
                    return "; ".join(filter(None, (written, *(part.mistake for part in choice))))
    return None


def _digest_of(signature: str) -> tuple[str, str]:
    """The digest that a signature means, in hexadecimal, and what is wrong with how it is written."""
    if re.fullmatch("[0-9a-fA-F]{2}([-: ][0-9a-fA-F]{2}){15}", signature):
        return re.sub("[-: ]", "", signature).lower(), f"the digest was written with {_SEPARATORS[signature[2]]} (BitConverter in .NET)"
    try:
        data = binascii.a2b_base64(signature.encode("ascii"), strict_mode=True)
    except ValueError:
        return signature.lower(), ""
    if len(data) == _MD5_BYTES:
        return data.hex(), "the digest was written in Base64, not in hexadecimal"
    if re.fullmatch(rb"[0-9a-fA-F]{32}", data):
        return data.decode().lower(), "the digest in hexadecimal was written in Base64 once more"
    return signature.lower(), ""


def _md5(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


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
    yield _Choice("", "LineNumber was left out")
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
    yield _Choice(password + "\r", "the password was signed with a trailing carriage return")
    yield _Choice(password + "\r\n", "the password was signed with a trailing carriage return and line feed")
    yield _Choice(password + " ", "the password was signed with a trailing blank")
    yield _Choice(password.strip(), "the password was signed without the blanks around it")
    yield _Choice(password.lstrip("0"), "the password was signed without its leading zeros (as a number)")
    yield _Choice(password.upper(), "the password was signed in upper case")
    yield _Choice(password.lower(), "the password was signed in lower case")
    yield _Choice(password.swapcase(), "the password was signed with upper and lower case exchanged")
    yield _Choice("", "the password was left out")
    for nothing in ("null", "undefined", "None", "nil", "NULL"):
        yield _Choice(nothing, f"the password was not there: {nothing} was signed in its place")
    yield _Choice(_md5(password.encode("iso-8859-1", "replace")), "the MD5 of the password was signed")
    yield _Choice(EXAMPLE_PASSWORD, "the example password of the provider's page was used")
    for line, other in others.items():
        yield _Choice(other, f"the password of line {line} was used")


_CHARSETS = [
    _Charset("iso-8859-1"),
    _Charset("utf-8", "the text was signed in UTF-8 (it is ISO-8859-1)"),
    _Charset("utf-16-le", "the text was signed in UTF-16 (it is ISO-8859-1)"),
    _Charset("ascii", "the text was signed in ASCII, with ? for each accented letter (it is ISO-8859-1)"),
    _Charset("utf-8", "the text was signed in UTF-8 with accents apart from their letters (NFD, and it is ISO-8859-1)", decomposed=True),
]
_HASHES = [
    _Hash(lambda text, _: _md5(text)),
    _Hash(lambda text, _: _md5(_md5(text).encode()), "the MD5 of the MD5 was taken"),
    _Hash(lambda text, key: hmac.new(key, text, "md5").hexdigest(), "HMAC was used (it is plain MD5)"),
    _Hash(
        lambda text, key: hmac.new(key, text.removesuffix(key), "md5").hexdigest(),
        "HMAC was used with the password as its key (it is plain MD5, the password at the end)",
    ),
]
_LAYOUT = _Layout((0, 1, 2), "")


def _layouts() -> Iterator[_Layout]:
    yield _LAYOUT._replace(added=2, mistake="LineNumber and CallSequence were added as numbers")
    yield _LAYOUT._replace(added=3, mistake="the parts were added as numbers")
    for separator, name in _SEPARATORS.items():
        yield _LAYOUT._replace(separator=separator, mistake=f"the parts were signed with {name} between them")
    for order in permutations(range(3)):
        if order != (0, 1, 2):
            names = " + ".join(_PARTS[index] for index in order)
            yield _LAYOUT._replace(order=order, mistake=f"the parts were signed in the order {names}")
            for separator, name in _SEPARATORS.items():
                yield _Layout(order, separator, f"the parts were signed in the order {names}, with {name} between them")
