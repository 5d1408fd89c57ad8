"""What is counted (CE71x): what requests change of the application's state, which only a command of the user's can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .case import Case, Shot, any_answer, shot
from .check import EVENT, Check, Course, Group
from .events import FIN, INICIO, has_both, has_fin
from .nonsense import CHECKS as NONSENSE
from .trust import CHECKS as TRUST

if TYPE_CHECKING:
    from collections.abc import Callable

_UNSIGNED = ("CE301", "CE302", "CE303", "CE304")
_UNREADABLE = ("CE401", "CE402", "CE403", "CE404", "CE405", "CE406", "CE407")


def _sent(case: Case, *events: str) -> list[list[Shot]]:
    """These events of one new call, one after the other."""
    documents = [case.fresh(case.others[events[0]])]
    documents += [case.others[event].changed("UserID", **documents[0].root["UserID"]) for event in events[1:]]
    return [[shot(case, event, document, any_answer, event=event)] for event, document in zip(events, documents, strict=True)]


def _until(case: Case, event: str) -> tuple[str, ...]:
    """A call up to this event: there are applications that take no other event of a call that they did not see begin."""
    return (event,) if event == INICIO or INICIO not in case.others else (INICIO, event)


def _again(event: str, times: int, *, at_once: bool) -> Course:
    """A call whose last event comes several times."""

    def usual(case: Case) -> list[list[Shot]]:
        return _sent(case, *_until(case, event))

    def other(case: Case) -> list[list[Shot]]:
        *before, last = usual(case)
        return [*before, last * times] if at_once else [*before, *[last] * times]

    return Course(event, usual, other)


def _twice(case: Case) -> list[Course]:
    return [_again(event, 2, at_once=False) for event in case.others]


def _five(_: Case) -> list[Course]:
    return [_again(FIN, 5, at_once=True)]


def _before(_: Case) -> list[Course]:
    return [_again(FIN, 1, at_once=False)._replace(other=lambda case: _sent(case, FIN, INICIO))]


def _plain(case: Case) -> list[list[Shot]]:
    return [[shot(case, "the plain query", case.fresh(), any_answer)]]


def _refused(codes: tuple[str, ...]) -> Callable[[Case], list[Course]]:
    """The requests of these checks: none may change anything."""
    makers = [check.shots for check in (*TRUST, *NONSENSE) if check.code in codes and check.shots]

    def other(case: Case) -> list[list[Shot]]:
        return [[one] for make in makers for one in make(case)]

    def courses(case: Case) -> list[Course]:
        if case.event is None:
            return [Course("the plain query", _plain, other, refused=True)]
        return [_again(case.event, 1, at_once=False)._replace(other=other, refused=True)]

    return courses


def _is_told(case: Case) -> str:
    return "" if case.state else "only the application knows what it counted: --observe CMD prints it"


def _fin_told(case: Case) -> str:
    return _is_told(case) or has_fin(case)


def _both_told(case: Case) -> str:
    return _is_told(case) or has_both(case)


_ONCE = "the state changes as for a call whose events come once (--observe CMD prints it)"
_NOTHING = "the state is what it was before (--observe CMD prints it)"
_NO_ORDER = "The page documents neither retries nor order; on the network both happen, and calls would be billed twice."
_SIGNED = "the page, section 'Authentication'"

CHECKS = (
    Check("CE710", "should", Group.EVENTS, "the same event twice counts once", "each event that was asked for, byte for byte, twice", _ONCE,
          _NO_ORDER, "the page, section 1", "once", kinds=(EVENT,), when=_is_told, courses=_twice),
    Check("CE711", "should", Group.EVENTS, "the same FIN, five at once, counts once", "one FIN five times at once", _ONCE, _NO_ORDER,
          "the page, section 1", "once", kinds=(EVENT,), when=_fin_told, courses=_five),
    Check("CE712", "should", Group.EVENTS, "a FIN before its INICIO counts as one behind it", "FIN, then INICIO of the same call", _ONCE,
          _NO_ORDER, "the page, section 1", "once", kinds=(EVENT,), when=_both_told, courses=_before),
    Check("CE713", "must", Group.EVENTS, "a wrong signature changes nothing", f"the requests of {', '.join(_UNSIGNED)}", _NOTHING,
          "Calls that never were would be counted, and billed.", _SIGNED, "signature", when=_is_told, courses=_refused(_UNSIGNED)),
    Check("CE714", "must", Group.EVENTS, "nonsense changes nothing", f"the requests of {_UNREADABLE[0]} to {_UNREADABLE[-1]}", _NOTHING,
          "Every URL on the internet is sent such things; half of a document is no call.", "the page, sections 1.2 and 2.1", "once",
          when=_is_told, courses=_refused(_UNREADABLE)),
)  # fmt: skip
