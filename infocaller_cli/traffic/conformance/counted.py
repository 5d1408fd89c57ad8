"""Counted once (CE71x): what events do to the application, told by --observe: delivered twice, at once, in another order, forged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .case import Case, Shot, Trial, any_answer, shot
from .check import EVENT, Check, Group, How, NotJudgedError
from .events import FIN, INICIO, ended, has_both, has_fin
from .observing import growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...codec.model import Document


def _parts(case: Case, *parts: list[tuple[str, str, Document]]) -> list[Shot]:
    """Requests in parts: the state is looked at before the first and after each. What each is, its event, its document."""
    return [
        shot(case, what, document, any_answer, event=event, part=number)
        for number, part in enumerate(parts)
        for what, event, document in part
    ]


def _two(case: Case) -> list[list[tuple[str, str, Document]]]:
    """Two calls, as they come every day: what grows by the same with both is a counter."""
    return [[("FIN of a call", FIN, ended(case))] for _ in range(2)]


def _repeated(case: Case) -> list[Shot]:
    first, second = _two(case)
    return _parts(case, first, second, [("the same FIN again", FIN, second[0][2])])


def _at_once(case: Case) -> list[Shot]:
    document = ended(case)
    return _parts(case, *_two(case), [("the same FIN, five at once", FIN, document)] * 5)


def _unordered(case: Case) -> list[Shot]:
    parts = []
    for _ in range(3):
        fin = ended(case)
        parts.append([("INICIO", INICIO, case.others[INICIO].changed("UserID", **fin.root["UserID"])), ("FIN", FIN, fin)])
    return _parts(case, *parts[:2], [("FIN before INICIO", FIN, parts[2][1][2]), ("INICIO behind FIN", INICIO, parts[2][0][2])])


def _forged(case: Case) -> list[Shot]:
    document = ended(case)
    right = document.get("UserID", "Signature") or ""
    wrong = document.changed("UserID", Signature=right[:-1] + ("0" if right[-1] != "0" else "1"))
    return _parts(case, *_two(case), [("FIN with the last digit of its signature changed", FIN, wrong)])


def _grows(times: int) -> Callable[[Case, list[Trial]], str]:
    """What is wrong unless the last part grows the counters by so many times what a call of every day does."""

    def after(_: Case, exchanges: list[Trial]) -> str:
        parts = [[one for one in exchanges if one.shot.part == number] for number in range(3)]
        if any(one.reply is None or not 200 <= one.reply.status < 300 for part in parts[:2] for one in part):
            raise NotJudgedError("the application does not take the events (CE701)")
        first, second, last = (growth(part[0].before, part[-1].state) for part in parts)
        counters = {what: by for what, by in first.items() if second.get(what) == by}
        if not counters:
            raise NotJudgedError("nothing that --observe prints grows by the same with each of two calls")
        for what, by in counters.items():
            if last.get(what, 0) != by * times:
                return f"{what} of --observe grew by {last.get(what, 0)}, not by {by * times}; with a call of every day by {by}"
        return ""

    return after


def _observed(needs: Callable[[Case], str]) -> Callable[[Case], str]:
    return lambda case: needs(case) or ("" if case.observer else "only the application knows what it counted: --observe CMD shows it")


_ONCE = "what --observe prints grows as with a call that comes once"
_SOURCE = "the page, section 1"
_EVENTS = (EVENT,)

CHECKS = (
    Check("CE710", "should", Group.EVENTS, "a FIN that comes twice is counted once", "one FIN, byte for byte, twice",
          "the second changes no counter that --observe prints", "A call that is counted twice is billed twice.", _SOURCE, "once",
          _repeated, after=_grows(0), kinds=_EVENTS, when=_observed(has_fin), observed=True),
    Check("CE711", "should", Group.EVENTS, "five at once are counted once", "one FIN five times at once", _ONCE,
          "Two requests that both look first and write then both find nothing.", _SOURCE, "once", _at_once, after=_grows(1), kinds=_EVENTS,
          when=_observed(has_fin), how=How.TOGETHER, observed=True),
    Check("CE712", "should", Group.EVENTS, "FIN before its INICIO counts as behind it", "the two events of a call in another order",
          "what --observe prints grows as with a call in order", "The page documents no order; on the network both happen.", _SOURCE,
          "once", _unordered, after=_grows(1), kinds=_EVENTS, when=_observed(has_both), observed=True),
    Check("CE713", "should", Group.EVENTS, "a forged event changes nothing", "a FIN with the last digit of its signature changed",
          "no counter that --observe prints changes", "A status of 4xx helps nobody if the call was counted all the same.",
          "the page, section 'Authentication'", "signature", _forged, after=_grows(0), kinds=_EVENTS, when=_observed(has_fin),
          observed=True),
)  # fmt: skip
