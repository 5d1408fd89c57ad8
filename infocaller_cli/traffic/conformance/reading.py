"""Reading (CE1xx): the forms in which the provider's documents come, or may come."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...codec import encode
from ...codec.form import FORM_TYPE, wrap
from ...codec.model import Document
from ...codec.spec import JSON, XML
from .case import Case, Shot, answered, same, shot, shown
from .check import QUERY, Check, Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..http.message import RawResponse

_ACCENTS = "Peña José"
_OPTIONAL = ("CallType", "CallerNumberInt", "InboundNumberInt", "OutboundNumber", "OutboundNumberInt", "idcall")
_BOUNDARY = "infocaller7f3a"


def _value(value: str, charset: str = "") -> Callable[[Case], list[Shot]]:
    """A request with an odd value in a variable, written in a charset."""

    def shots(case: Case) -> list[Shot]:
        return [shot(case, f"a variable with the value {shown(value)}", case.with_value(value), same, charset=charset, echo=value)]

    return shots


def _printed(case: Case) -> list[Shot]:
    document = case.with_value(_ACCENTS)
    data = encode(document, XML, as_printed=True)
    return [shot(case, "the root as printed, in ISO-8859-1 (ñ is F1)", document, same, data=data, echo=_ACCENTS)]


def _ambiguous(case: Case) -> list[Shot]:
    """ISO-8859-1 bytes C3 B1: "Ã±", or ñ to who tries UTF-8 first. Both are right readings; a failure is not."""
    document = case.with_value("QQQQ")
    data = encode(document, XML, as_printed=True).replace(b"QQQQ", b"\xc3\xb1")
    return [shot(case, "a value with the bytes C3 B1", document, partial(_either, ("Ã±", "ñ")), data=data)]


def _either(values: tuple[str, ...], case: Case, sent: Shot, reply: RawResponse) -> str:
    wrong = ""
    for value in values:
        document = Document(json.loads(json.dumps(sent.document.root).replace("QQQQ", value)))
        wrong = same(case, replace(sent, document=document, echo=value), reply)
        if not wrong:
            break
    return wrong


def _no_break_space(case: Case) -> list[Shot]:
    document = case.fresh()
    name = document.get("Infocaller", "QueryName") or ""
    spaced = document.changed("Infocaller", QueryName="\xa0" + name)
    return [shot(case, "a no-break space before the QueryName", spaced, same)]


def _absent(case: Case) -> list[Shot]:
    document = case.fresh().without("Infocaller", *_OPTIONAL).without("UserID", "LineNumberInt")
    return [shot(case, "without LineNumberInt, CallType, OutboundNumber, idcall", document, same)]


def _empty(case: Case) -> list[Shot]:
    document = case.fresh()
    there = [name for name in _OPTIONAL if name in document.root["Infocaller"]]
    document = document.changed("Infocaller", **dict.fromkeys(there, "")).changed("UserID", LineNumberInt="")
    return [shot(case, "LineNumberInt, CallType, OutboundNumber, idcall empty", document, same)]


def _compact(case: Case) -> list[Shot]:
    return [shot(case, "the document on one line", case.fresh(), same)]


def _cdata(case: Case) -> list[Shot]:
    value = "a < b & c"
    document = case.with_value(value)
    data = encode(document, XML).replace(b"a &lt; b &amp; c", b"<![CDATA[a < b & c]]>")
    return [shot(case, "a value as CDATA", document, same, data=data, echo=value)]


def _prefixed(case: Case) -> list[Shot]:
    document = case.fresh()
    data = re.sub(rb"<(/?)([A-Za-z])", rb"<\1ic:\2", encode(document, XML)).replace(b"xmlns=", b"xmlns:ic=")
    return [shot(case, "every element with the prefix ic:", document, same, data=data)]


def _undocumented(case: Case) -> list[Shot]:
    return [shot(case, "a field CallQuality that nobody documents", case.fresh().changed("Infocaller", CallQuality="5"), same)]


def _no_variables(case: Case) -> list[Shot]:
    document = case.fresh()
    return [shot(case, "CustVars without a variable", Document({**document.root, "CustVars": {"CustVar": []}}), answered)]


def _many_variables(case: Case) -> list[Shot]:
    document = case.with_variables({f"CECHECK{number}": str(number) for number in range(60)})
    return [shot(case, "60 variables more", document, same)]


def _json_text(case: Case) -> list[Shot]:
    shots = []
    for charset, what in (("utf-8", "raw"), ("ascii", "as \\u escapes")):
        document = case.with_value(_ACCENTS)
        shots.append(shot(case, f"{_ACCENTS!r} {what}", document, same, charset=charset, echo=_ACCENTS))
    return shots


def _reordered(case: Case) -> list[Shot]:
    document = case.fresh()
    if case.format == JSON:
        data = json.dumps(_reversed(json.loads(encode(document, JSON)))).encode()
    else:
        data = re.sub(rb"(<UserID>)(.*?)(</UserID>)", _swapped, encode(document, XML))
        data = re.sub(rb"(<UserID>.*</UserID>)(<Infocaller>.*</Infocaller>)", rb"\2\1", data)
    return [shot(case, "sections and fields in another order", document, same, data=data)]


def _swapped(found: re.Match[bytes]) -> bytes:
    fields = re.findall(rb"<(\w+)>(.*?)</\1>", found[2])
    return found[1] + b"".join(b"<%s>%s</%s>" % (name, value, name) for name, value in reversed(fields)) + found[3]


def _reversed(value: object) -> object:
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return value


def _multipart(case: Case) -> list[Shot]:
    document = case.fresh()
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n'.encode()
    body = head + encode(document, case.format) + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return [shot(case, "multipart/form-data", document, same, body=body, content_type=f"multipart/form-data; boundary={_BOUNDARY}")]


def _labelled(case: Case) -> list[Shot]:
    labels = ("UTF-8", "ISO-8859-1")
    return [shot(case, f"charset={label}", case.fresh(), same, content_type=f"{FORM_TYPE}; charset={label}") for label in labels]


def _escapes(case: Case) -> list[Shot]:
    shots = []
    for what, change in (("lower", bytes.lower), ("upper", bytes.upper)):
        document = case.with_value(_ACCENTS)
        body = re.sub(rb"%[0-9A-F]{2}", lambda found, change=change: change(found[0]), wrap(encode(document, case.format)))  # type: ignore[misc]
        shots.append(shot(case, f"percent escapes in {what} case", document, same, body=body, echo=_ACCENTS))
    document = case.fresh()
    every = "".join(f"%{byte:02x}" for byte in encode(document, case.format))
    shots.append(shot(case, "every character as an escape", document, same, body=b"apiInfocaller=" + every.encode()))
    return shots


_BYTES = "The page prints this form, misprints and all: the provider's documents are ISO-8859-1, whatever their label says."
_FORM = "The document comes in a form variable, and the form has an encoding of its own around that of the document."
_POST, _ROOT = "the page, sections 1.2 and 2.1", "the page, section 2.1 (XML Format)"
_VALID = "a valid answer, equal to the plain one"

CHECKS = (
    Check("CE101", "must", Group.READING, "ISO-8859-1 bytes as the page prints them",
          "no declaration, the root's misprinted label, accents in a value", _VALID, _BYTES, _ROOT, "bytes", _printed, formats=(XML,)),
    Check("CE102", "must", Group.READING, "ASCII with character references", "the accents of a value as &#241; and &#233;", _VALID,
          "References mean the same in every charset; a search for text in the raw XML misses them.", _ROOT, "parsing", _value(_ACCENTS),
          formats=(XML,)),
    Check("CE103", "should", Group.READING, "UTF-8 bytes", "declared and written as UTF-8", _VALID,
          "The page prints no UTF-8, but a provider may move to it.", _ROOT, "bytes", _value(_ACCENTS, "utf-8"), formats=(XML,)),
    Check("CE104", "must", Group.READING, "the five entities in a value", "a value with & < > \" '", _VALID,
          "Appendix 3 names five entities; a reader without a parser leaves them as they are.", "the page, Appendix 3", "parsing",
          _value("a & b < c > d \"e\" 'f'")),
    Check("CE105", "must", Group.READING, "+, % and & in a value", "a value with +, % and &, escaped in the form", _VALID, _FORM, _POST,
          "form", _value("+34 100% a&b=c")),
    Check("CE106", "must", Group.READING, "a no-break space before the QueryName", "the query's name begins with U+00A0", _VALID,
          "The page's own example sends its QueryName so.", "the page, section 2.3, example 1", "fields", _no_break_space,
          kinds=(QUERY,)),
    Check("CE107", "must", Group.READING, "optional fields absent", "no LineNumberInt, CallType, OutboundNumber, idcall", _VALID,
          "The page's own example leaves them out.", "the page, section 2.3, example 1", "parsing", _absent),
    Check("CE108", "must", Group.READING, "optional fields empty", "the same fields, present and empty", _VALID,
          "A received call has no OutboundNumber, and the page shows the fields all the same.", "the page, section 'Infocaller'",
          "fields", _empty),
    Check("CE109", "must", Group.READING, "no white space between elements", "the document on one line", _VALID,
          "White space between elements means nothing; a reader by lines needs it.", _POST, "parsing", _compact),
    Check("CE110", "must", Group.READING, "CDATA in a value", "a value as CDATA", _VALID, "CDATA is text like any other in XML.", _ROOT,
          "parsing", _cdata, formats=(XML,)),
    Check("CE111", "should", Group.READING, "an undocumented field more", "a field CallQuality in Infocaller", _VALID,
          "The page has grown before; a strict schema takes every caller down on that day.", _POST, "parsing", _undocumented),
    Check("CE112", "must", Group.READING, "no variables at all", "CustVars is empty", "a valid answer, whatever its Result",
          "A script may ask before it has collected anything.", "the page, section 'CustVars'", "parsing", _no_variables),
    Check("CE113", "must", Group.READING, "60 variables", "60 variables more than in the plain request", _VALID,
          "Every keypad entry and every Query adds variables, and all of them come each time.", "the page, section 'CustVars'", "parsing",
          _many_variables),
    Check("CE114", "should", Group.READING, "a value of 10 KB", "a variable of 10,240 characters", _VALID,
          "The page gives no limit for a value.", "the page, Appendix 3", "form", _value("x" * 10240)),
    Check("CE115", "must", Group.READING, "JSON: non-ASCII raw and escaped", "the accents of a value in UTF-8, then as \\u escapes",
          _VALID, "Both are the same JSON.", "the page, section 2.1 (JSON Format)", "bytes", _json_text, formats=(JSON,)),
    Check("CE116", "should", Group.READING, "fields in another order", "fields and sections turned around", _VALID,
          "Names say what a field is, not its place.", _POST, "parsing", _reordered),
    Check("CE117", "should", Group.READING, "multipart/form-data", "the form variable as a part", _VALID,
          "The page says POST and a variable, not which of the two encodings of forms.", _POST, "form", _multipart),
    Check("CE118", "must", Group.READING, "a charset in Content-Type", "charset=UTF-8 and charset=ISO-8859-1 behind the type of the form",
          _VALID, _FORM, _POST, "form", _labelled),
    Check("CE119", "must", Group.READING, "percent escapes in lower and upper case", "%c3 and %C3; then every character escaped", _VALID,
          _FORM, _POST, "form", _escapes),
    Check("CE120", "must", Group.READING, "ISO-8859-1 bytes that are valid UTF-8", "a value with the bytes C3 B1, as printed",
          "a valid answer, equal to the plain one; the value read in either way", _BYTES, _ROOT, "bytes", _ambiguous, formats=(XML,)),
    Check("CE121", "should", Group.READING, "a namespace prefix", "every element with the prefix ic:", _VALID,
          "It is the same document to every XML parser.", _ROOT, "parsing", _prefixed, formats=(XML,)),
)  # fmt: skip
