"""The answer (CE0xx, CE5xx): what the plain query was answered with, judged rule by rule; also where it is not valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http.message import header
from .case import Case, Shot, Trial, in_words, judged, shot, shown, taken
from .check import QUERY, Check, Group, NotJudgedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...codec.model import Finding
    from ..http.message import RawResponse

    Judge = Callable[[Case, Trial, RawResponse, list[Finding]], str]

_OF_VARIABLES = ("IC401", "IC402", "IC403", "IC405")
_OF_FORMAT = "IC504"
_NOT_READ = ("IC001", "IC002", "IC007")
BASELINE = "CE001"
_PLAIN = "CHECK"  # sent where the variable that comes back has no value of its own


def plain(case: Case) -> list[Shot]:
    """The plain request, twice: what all others are compared with."""
    value = None if case.echo is None else dict(case.document.variables).get(case.echo.sent, _PLAIN)
    names = ("the plain request", "the plain request again")
    return [shot(case, what, case.fresh() if value is None else case.with_value(value), _valid, echo=value) for what in names]


def _valid(case: Case, sent: Shot, reply: RawResponse) -> str:
    if case.event is not None:
        return taken(case, sent, reply)
    found = judged(case, sent, reply)
    if found.why:
        return in_words(found, reply)
    if case.echo is not None and sent.echo is not None and (came := found.variables.get(case.echo.came)) != sent.echo:
        return f"{case.echo.came} is {shown(came)}, and {case.echo.sent} was {shown(sent.echo)}: --echo SENT=CAME names both"
    missed = next((name for name, value in case.expected.items() if found.after.get(name) != value), None)
    return "" if missed is None else f"{missed} is {found.after.get(missed)!r}, and {case.expected[missed]!r} is expected"


def _first(judge: Judge) -> Callable[[Case, list[Trial]], str]:
    """Judge the answer to the plain request."""

    def after(case: Case, exchanges: list[Trial]) -> str:
        first = exchanges[0]
        if first.reply is None:
            raise NotJudgedError("there is no answer")
        found = judged(case, first.shot, first.reply)
        if found.answer is None and judge is not _whole:
            raise NotJudgedError("the answer cannot be read (CE505)")
        return judge(case, first, first.reply, found.findings)

    return after


def _none(which: Callable[[Finding], bool]) -> Judge:
    """No finding of these."""

    def judge(_: Case, __: Trial, ___: RawResponse, findings: list[Finding]) -> str:
        found = [one for one in findings if which(one)]
        return "; ".join(f"{one.code} {one.path + ': ' if one.path else ''}{one.message}" for one in found[:5])

    return judge


_APART = (*_OF_VARIABLES, *_NOT_READ, _OF_FORMAT)
_format = _none(lambda one: one.code == _OF_FORMAT and one.level == "error")
_type = _none(lambda one: one.code == _OF_FORMAT and one.level == "warning")
_rules = _none(lambda one: one.level == "error" and one.code not in _APART)
_variables = _none(lambda one: one.code in _OF_VARIABLES and (one.level == "error" or one.code == "IC405"))
_whole = _none(lambda one: one.code in _NOT_READ)


def _worded(case: Case, exchange: Trial, reply: RawResponse, _: list[Finding]) -> str:
    return "there is no ResultText" if judged(case, exchange.shot, reply).text is None else ""


def _no_redirect(_: Case, exchanges: list[Trial]) -> str:
    reply = exchanges[0].reply
    if reply is None or not 300 <= reply.status < 400:
        return ""
    return f"status {reply.status}, to {header(reply.headers, b'location').decode('latin-1')}"


def _check(code: str, level: str, title: str, judged: str, why: str, source: str, mend: str, after: Judge) -> Check:
    varied = "nothing: the answer to the plain request is looked at"
    return Check(code, level, Group.ANSWER, title, varied, judged, why, source, mend, after=_first(after), over=(BASELINE,), kinds=(QUERY,))


_ANSWER = "the page, section 2.2"
PLAIN = Check(BASELINE, "must", Group.BASELINE, "the plain request gets a valid answer", "nothing",
              "a valid answer with Result 0 (an event: 2xx)",
              "Nothing else can be judged without it; the call takes the Query's error action.", _ANSWER, "answer", plain)  # fmt: skip
CHECKS = (
    _check("CE501", "must", "the answer is in the request's format", "XML for XML, JSON for JSON",
           "The provider reads what the account is set to; another format is no answer.", _ANSWER, "answer", _format),
    _check("CE502", "should", "its Content-Type says so", "text/xml or application/json",
           "A proxy on the way may change what is declared as HTML.", "RFC 9110, section 8.3", "answer", _type),
    _check("CE503", "must", "all rules of a response are kept", "no error of infocaller-validate(1)",
           "An answer that breaks a rule may be read as none, or as another.", _ANSWER, "answer", _rules),
    _check("CE504", "must", "names and values of variables", "Appendix 2 and Appendix 3 are kept",
           "A variable with another name or a character outside ISO-8859-1 is lost, or said wrongly.", "the page, Appendix 2 and 3",
           "variables", _variables),
    _check("CE505", "must", "nothing but the document", "the body is one document, with nothing before or behind it",
           "A PHP warning, a BOM before JSON or a blank line before the declaration makes it unreadable.", _ANSWER, "answer", _whole),
    _check("CE506", "should", "ResultText is there", "ResultText stands in the answer",
           "It is the text that you find when you look for an error.", _ANSWER, "answer", _worded),
    Check("CE507", "must", Group.ANSWER, "no redirect", "nothing: the answer to the plain request is looked at", "no status of 3xx",
          "Nothing says that the provider follows it, and most of them turn a POST into a GET.", "RFC 9110, section 15.4", "address",
          after=_no_redirect, over=(BASELINE,)),
)  # fmt: skip
