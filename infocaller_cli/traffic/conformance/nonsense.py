"""Nonsense (CE4xx): what scanners, proxies and broken senders post."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...codec import encode
from ...codec.form import wrap
from ...codec.spec import JSON
from .case import Case, Shot, Trial, refused, shot, text_in
from .check import QUERY, Check, Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..http.message import RawResponse

_MEGABYTES = 2 * 1024 * 1024
_TRACE = re.compile(
    r"Traceback \(most recent call last\)|Fatal error|Uncaught \w+|Stack trace:|^\s+at [\w.$<>]+ ?\(.*:\d+|\bat [\w.]+\(.*\) in .*:line \d+"
    r"|(?:/(?:home|var|usr|srv|opt|app|root|tmp|Users)/|[A-Za-z]:\\)[\w./\\-]+\.(?:php|py|js|ts|cs|rb|java|go|aspx)\b|Exception in thread"
    r"|(?:Warning|Notice|Parse error)</?b?>?: .* on line ",
    re.MULTILINE,
)


def _body(what: str, make: Callable[[Case], bytes]) -> Callable[[Case], list[Shot]]:
    return lambda case: [shot(case, what, case.fresh(), refused, body=make(case))]


def _cut_off(case: Case) -> bytes:
    data = encode(case.fresh(), case.format)
    return wrap(data[: len(data) * 2 // 3])


def _wrong_root(case: Case) -> bytes:
    return wrap(encode(case.fresh(), case.format).replace(b"ApiCall", b"ApiCalls"))


def _zero_bytes(case: Case) -> bytes:
    data = encode(case.fresh(), case.format)
    middle = data.index(b"UserID") + len(b"UserID") + 1 + (case.format == JSON)
    return wrap(data[:middle] + b"\0\0" + data[middle:])


def _get(case: Case) -> list[Shot]:
    return [shot(case, "GET", case.fresh(), _is_4xx, method="GET", body=b"")]


def _is_4xx(_: Case, __: Shot, reply: RawResponse) -> str:
    return "" if 400 <= reply.status < 500 else f"status {reply.status}"


def _unknown(case: Case) -> list[Shot]:
    document = case.fresh().changed("Infocaller", QueryName="CHECK NO SUCH QUERY")
    return [shot(case, "the query CHECK NO SUCH QUERY", document, refused)]


def _no_trace(_: Case, exchanges: list[Trial]) -> str:
    for one in exchanges:
        found = _TRACE.search(text_in(one.reply)) if one.reply else None
        if found:
            return f"the answer to {one.shot.what} shows {' '.join(found[0].split())[:100]!r}"
    return ""


def _no_5xx(_: Case, exchanges: list[Trial]) -> str:
    return next((f"status {one.reply.status} for {one.shot.what}" for one in exchanges if one.reply and one.reply.status >= 500), "")


_REFUSED = "4xx or 5xx, or a Result that is not 0 (an event: no 2xx)"
_SENT = "Every URL on the internet is sent such things; what is answered with yes is taken for done."
_POST = "the page, sections 1.2 and 2.1"
_BODIES: tuple[tuple[str, str, Callable[[Case], bytes]], ...] = (
    ("CE401", "no apiInfocaller", lambda _: b"x=1"),
    ("CE402", "an empty body", lambda _: b""),
    ("CE403", "a document that is cut off", _cut_off),
    ("CE404", "another root than ApiCall", _wrong_root),
    ("CE405", "an HTML page", lambda _: wrap(b"<!DOCTYPE html><html><body><p>Hello<br>world</body></html>")),
    ("CE406", "NUL bytes in the document", _zero_bytes),
    ("CE407", "2 MB that are no document", lambda _: b"apiInfocaller=" + b"A" * _MEGABYTES),
)

CHECKS = (
    *(Check(code, "must", Group.NONSENSE, f"refused: {what}", what, _REFUSED, _SENT, _POST, "errors", _body(what, make))
      for code, what, make in _BODIES),
    Check("CE408", "must", Group.NONSENSE, "no stack trace, no path of the server", "nothing: every answer of the run is looked at",
          "neither a stack trace nor a path of the server stands in it", "Paths and versions are where an attack begins.",
          "OWASP, Improper Error Handling", "errors", after=_no_trace, over=("CE",)),
    Check("CE409", "should", Group.NONSENSE, "no 5xx for nonsense", "nothing: the answers to the nonsense above are looked at",
          "no status of 500 or above", "A 5xx says that the application broke, and wakes somebody up; 400 says what happened.",
          "RFC 9110, section 15.5.1", "errors", after=_no_5xx, over=tuple(code for code, _, _ in _BODIES)),
    Check("CE410", "should", Group.NONSENSE, "GET is answered with 4xx", "a GET without a body", "a status of 4xx",
          "The provider POSTs; a crawler or a browser GETs, and should not be served.", _POST, "errors", _get),
    Check("CE411", "should", Group.NONSENSE, "an unknown query is refused", "a QueryName that there is not", _REFUSED,
          "A Query that was renamed in the script should say so, not answer as another.", "the page, section 2.1", "fields", _unknown,
          kinds=(QUERY,)),
)  # fmt: skip
