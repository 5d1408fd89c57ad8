"""The signature: lowercase hexadecimal MD5 of LineNumber + CallSequence + telephone password, in ISO-8859-1.

It proves line and call id, nothing else: not the body, not the time; "12"+"3" and "1"+"23" sign alike.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum
from typing import NamedTuple

from ..errors import UsageError
from .model import Document
from .spec import Kind

PROVEN = "line and call id"
NO_DIGITS = f"{PROVEN} are digits; a character of theirs is outside ISO-8859-1"
GUESSABLE = "it is a few digits: whoever has one signature of the line, from a capture or a log, finds it by trying them all"
_FEW_DIGITS = 8  # all of them are tried in a minute and a half, by a loop in Python


def sign(line: str, call: str, password: str) -> str:
    """The signature of a line and a call id. Raises UsageError for text outside ISO-8859-1."""
    signed = f"{line}{call}"
    if not is_latin1(signed):
        raise UsageError(f"{signed!r} cannot be signed", NO_DIGITS)
    text = f"{signed}{check_password(password)}".encode("iso-8859-1")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def is_latin1(text: str) -> bool:
    """Whether ISO-8859-1, in which signatures are made, has all its characters."""
    try:
        text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True


def check_password(password: str) -> str:
    """The password, if a signature can be made with it. Raises UsageError."""
    if not is_latin1(password):
        raise UsageError(
            "the telephone password cannot be used", "it has a character outside ISO-8859-1", "check the file's or terminal's encoding"
        )
    return password


def is_guessable(password: str) -> bool:
    """Whether it is so few digits that whoever has one signature tries them all: four take milliseconds."""
    return password.isascii() and password.isdigit() and len(password) <= _FEW_DIGITS


class State(StrEnum):
    """What is known of a document's signature. `NONE`: a response carries none."""

    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    NONE = "none"


class Verdict(NamedTuple):
    """The state of a document's signature, and why."""

    state: State
    reason: str

    @property
    def valid(self) -> bool:
        """Whether the signature was checked and is right."""
        return self.state is State.VALID


def _fits(signed: str, signature: str) -> bool:
    """Whether it is the signature of a text, in constant time. A text that cannot be signed has none."""
    try:
        data = signed.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return hmac.compare_digest(hashlib.md5(data, usedforsecurity=False).hexdigest().encode(), signature.lower().encode())


def unsigned(document: Document, kind: Kind | None = None) -> str | None:
    """Why no password could make this document's signature right; None if one could. `kind` None: as recognised."""
    if (kind or document.kind) is Kind.RESPONSE:
        return "a response carries no signature"
    if document.ambiguous:
        return f"{document.ambiguous} stands twice: two readers could see two different documents"
    for name in ("LineNumber", "CallSequence", "Signature"):
        if not document.get("UserID", name):
            return f"{name} is missing"
    return None


def verify(document: Document, password: str | None, kind: Kind | None = None) -> Verdict:
    """Judge a document's signature, as recognised or as of a kind. `password` None: none is known.

    Upper-case hexadecimal counts; compared in constant time. Raises UsageError for a password outside ISO-8859-1.
    """
    if password is not None:
        check_password(password)
    reason = unsigned(document, kind)
    if reason:
        return Verdict(State.NONE if (kind or document.kind) is Kind.RESPONSE else State.INVALID, reason)
    if password is None:
        return Verdict(State.UNCHECKED, "no password is known")
    line, call, signature = document.line or "", document.call or "", document.get("UserID", "Signature") or ""
    if _fits(f"{line}{call}{password}", signature):
        return Verdict(State.VALID, f"the signature proves {PROVEN}")
    return Verdict(State.INVALID, f"the signature does not match {PROVEN} with the known password")
