"""Trust (CE3xx): what a stranger may send to a URL that is no secret, and what no answer may tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...codec import encode
from ...codec.model import Document
from ...codec.signature import sign
from ...codec.spec import XML
from .case import Case, Judge, Shot, Trial, refused, refused_or_same, same, shot, text_in
from .check import QUERY, Check, Group

if TYPE_CHECKING:
    from ..http.message import RawResponse

# What stands in files that every system has
_OF_A_FILE = re.compile(r"root:[^:\n]*:0:0:|(?i:\[(?:fonts|extensions|mci extensions)\])")
_FILES = ("file:///etc/passwd", "file:///c:/windows/win.ini")
# A digit or letter beside it, and the few digits of a password are part of another number
_ALONE = r"(?<![0-9A-Za-z.,:]){}(?![0-9A-Za-z.,:])"


def _with_signature(document: Document, signature: str) -> Document:
    return document.changed("UserID", Signature=signature)


def wrong_signature(case: Case) -> list[Shot]:
    """A request that is signed, but for one digit."""
    document = case.fresh()
    right = document.get("UserID", "Signature") or ""
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    return [shot(case, "the last digit of the signature changed", _with_signature(document, wrong), refused)]


def _absent(case: Case) -> list[Shot]:
    return [shot(case, "no Signature", case.fresh().without("UserID", "Signature"), refused)]


def _another(case: Case) -> list[Shot]:
    other = case.fresh().get("UserID", "Signature") or ""
    return [shot(case, "the signature of another call", _with_signature(case.fresh(), other), refused)]


def _cut(case: Case) -> list[Shot]:
    documents = [case.fresh() for _ in range(4)]
    right = [document.get("UserID", "Signature") or "" for document in documents]
    made = {"an empty signature": "", "a blank signature": " ", "half of the signature": right[2][:16], "its first digit": right[3][:1]}
    return [
        shot(case, what, _with_signature(document, text), refused) for document, (what, text) in zip(documents, made.items(), strict=True)
    ]


def _upper(case: Case) -> list[Shot]:
    document = case.fresh()
    return [shot(case, "the signature in upper case", _with_signature(document, (document.get("UserID", "Signature") or "").upper()), same)]


def _comment(case: Case) -> list[Shot]:
    document = case.fresh()
    call = (document.call or "").encode()
    data = encode(document, XML).replace(call, call[:3] + b"<!--x-->" + call[3:])
    return [shot(case, "a comment in the middle of CallSequence", document, refused_or_same, data=data)]


def _twice(case: Case) -> list[Shot]:
    shots = []
    for what, before in (("another CallSequence before the signed one", True), ("another CallSequence behind the signed one", False)):
        document = case.fresh()
        data = encode(document, case.format)
        call = (document.call or "").encode()
        field = b"<CallSequence>%s</CallSequence>" % call if case.format == XML else b'"CallSequence":"%s"' % call
        other = field.replace(call, b"1%s" % call)
        joint = b"" if case.format == XML else b","
        data = re.sub(re.escape(field).replace(rb":", rb":\s*"), other + joint + field if before else field + joint + other, data)
        shots.append(shot(case, what, document, refused_or_same, data=data))
    return shots


def _nothing_told(case: Case, exchanges: list[Trial]) -> str:
    secret = re.compile(_ALONE.format(re.escape(case.password))) if len(case.password) > 2 else None
    for one in exchanges:
        if one.reply is None:
            continue
        text = text_in(one.reply)
        expected = sign(one.shot.document.line or "", one.shot.document.call or "", case.password)
        if expected in text.lower() and expected.encode() not in one.shot.body.lower():
            return f"the answer to {one.shot.what} (call {one.shot.document.call}) holds the signature that was expected"
        if secret and secret.search(text) and case.password.encode() not in one.shot.body:
            return f"the answer to {one.shot.what} (call {one.shot.document.call}) holds the telephone password"
    return ""


def _doctype(case: Case, what: str, declared: str, value: str, judge: Judge) -> Shot:
    document = case.with_value("QQQQ")
    data = encode(document, XML)
    at = data.index(b"<ApiCall")
    data = data[:at] + f"<!DOCTYPE ApiCall [{declared}]>".encode() + data[at:].replace(b"QQQQ", value.encode())
    return shot(case, what, document, judge, data=data)


def _entity(case: Case) -> list[Shot]:
    return [_doctype(case, f"an entity for {file}", f'<!ENTITY x SYSTEM "{file}">', "&x;", _no_file) for file in _FILES]


def _no_file(case: Case, sent: Shot, reply: RawResponse) -> str:
    found = _OF_A_FILE.search(text_in(reply))
    return f"the answer holds what stands in a file of the server: {found[0]!r}" if found else _in_time(case, sent, reply)


def _in_time(case: Case, _: Shot, reply: RawResponse) -> str:
    return "" if reply.ms <= case.waiting * 1000 else f"the answer took {reply.ms:,.0f} ms, and {case.waiting:g} s are allowed"


def _bomb(case: Case) -> list[Shot]:
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    return [_doctype(case, "nine levels of entities, a billion characters", '<!ENTITY b0 "ha">' + levels, "&b9;", _in_time)]


_REFUSED = "4xx or 5xx, or a Result that is not 0 (an event: no 2xx)"
_SIGNED = "the page, section 'Authentication'"
_OPEN = "The URL is no secret: whoever knows it can ask for any customer's data, unless the signature is checked."
_TWO = "Two readers of one document that read two calls: one is checked, the other is served."
_DTD = "No document of the provider has a DOCTYPE; to a stranger it is the way to the files and the memory of the server."

CHECKS = (
    Check("CE301", "must", Group.TRUST, "a wrong signature is refused", "the last digit of the signature changed", _REFUSED, _OPEN,
          _SIGNED, "signature", wrong_signature, kinds=(QUERY,)),
    Check("CE302", "must", Group.TRUST, "an absent signature is refused", "no field Signature", _REFUSED, _OPEN, _SIGNED, "signature",
          _absent, kinds=(QUERY,)),
    Check("CE303", "must", Group.TRUST, "another call's signature is refused", "the signature of another call id", _REFUSED,
          "Who has seen one signature could sign every call with it.", _SIGNED, "signature", _another, kinds=(QUERY,)),
    Check("CE304", "must", Group.TRUST, "an empty, blank or cut signature is refused",
          "the signature empty, blank, half of it, its first digit", _REFUSED,
          "A comparison that stops at the shorter text says yes to an empty one.", _SIGNED, "signature", _cut, kinds=(QUERY,)),
    Check("CE305", "should", Group.TRUST, "an upper-case signature is accepted", "the signature in upper case",
          "a valid answer, equal to the plain one", "The provider sends lower case today; both are the same number.", _SIGNED,
          "signature", _upper, kinds=(QUERY,)),
    Check("CE306", "must", Group.TRUST, "a comment inside CallSequence", "CallSequence with a comment in its middle",
          "refused, or answered as the plain one", _TWO, _SIGNED, "parsing", _comment, formats=(XML,)),
    Check("CE307", "must", Group.TRUST, "the same field twice", "CallSequence twice, with two values, in both orders",
          "refused, or answered as the plain one", _TWO, _SIGNED, "parsing", _twice, kinds=(QUERY,)),
    Check("CE308", "must", Group.TRUST, "no secret in any answer", "nothing: every answer of the run is looked at",
          "neither the telephone password nor the expected signature stands in it",
          "The telephone password also opens the line's configuration by phone, and it follows from a signature in milliseconds.",
          _SIGNED, "errors", after=_nothing_told, over=("CE",)),
    Check("CE309", "must", Group.TRUST, "an entity for a file", "a DOCTYPE with an entity for a file of the server",
          "nothing of a file in the answer, within the waiting time", _DTD, "XML 1.0, section 4.2.2", "entities", _entity,
          formats=(XML,)),
    Check("CE310", "must", Group.TRUST, "an entity bomb", "nine levels of entities, each ten times the one below",
          "an answer within the waiting time", _DTD, "XML 1.0, section 4.4", "entities", _bomb, formats=(XML,)),
)  # fmt: skip
