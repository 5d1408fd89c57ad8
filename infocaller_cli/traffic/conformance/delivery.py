"""Delivery (CE6xx): how requests come, how many, and how long an answer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .case import VERIFIED, Case, Shot, Trial, any_answer, same, shot
from .check import QUERY, Check, Group, How

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE, TIMED = 20, 30


def _again(case: Case) -> list[Shot]:
    document = case.fresh()
    return [shot(case, f"one request, the {which} time", document, same) for which in ("first", "second")]


def _at_once(case: Case) -> list[Shot]:
    shots = []
    for number in range(AT_ONCE):
        value = f"{number:06}"
        document = case.with_value(value) if case.echo else case.fresh()
        shots.append(shot(case, f"one of {AT_ONCE} at once", document, same, echo=value))
    return shots


def _kept(case: Case) -> list[Shot]:
    return [shot(case, f"request {number} on the same connection", case.fresh(), same) for number in (1, 2, 3)]


def _old(case: Case) -> list[Shot]:
    return [shot(case, "HTTP/1.0", case.fresh(), same, version=b"1.0")]


def _expecting(case: Case) -> list[Shot]:
    return [shot(case, "Expect: 100-continue", case.fresh(), same, headers=(("Expect", "100-continue"),))]


def _timed(case: Case) -> list[Shot]:
    return [shot(case, f"the plain request, {TIMED} times", case.fresh(), any_answer) for _ in range(TIMED)]


def _within(share: float) -> Callable[[Case, list[Trial]], str]:
    def after(case: Case, exchanges: list[Trial]) -> str:
        ms = p95(exchanges)
        limit = case.waiting * share
        if ms is None:
            return "there was no answer in time"
        return "" if ms <= limit * 1000 else f"p95 is {ms:,.0f} ms, and {limit:g} s are allowed"

    return after


def p95(exchanges: list[Trial]) -> float | None:
    """Milliseconds within which 95 of 100 answers came (nearest rank); None where too few came at all."""
    times = sorted(one.reply.ms if one.reply else float("inf") for one in exchanges)
    found = times[max(-(-len(times) * 95 // 100) - 1, 0)] if times else float("inf")
    return None if found == float("inf") else found


def _chained(case: Case, _: list[Trial]) -> str:
    if case.tls == VERIFIED:
        return ""
    return case.tls + " (is the intermediate missing that issued it?)" * ("local issuer" in case.tls)


def _is_https(case: Case) -> str:
    return "" if case.tls else "the URL is http"


_SAME = "a valid answer, equal to the plain one"
_HTTP = "The page says HTTP or HTTPS and POST, and nothing of versions and connections."
_FIRST = "the page, its first paragraph"
_WAITING = "When the waiting time is over, the call takes the Query's error action."

CHECKS = (
    Check("CE601", "must", Group.DELIVERY, "the same request twice", "one request, byte for byte, twice", "the same answer to both",
          "A script that loops asks the same again within one call.", "the page, section 2.3, example 2", "state", _again),
    Check("CE602", "must", Group.DELIVERY, f"{AT_ONCE} requests at once", f"{AT_ONCE} requests at once, each with a value of its own",
          "valid answers to all, none mixed up (--echo NAME says what comes back)",
          "Calls run side by side; a caller who is told another's order is a breach.", "the page, section 2", "state", _at_once,
          how=How.TOGETHER),
    Check("CE603", "must", Group.DELIVERY, "a kept-alive connection", "three requests over one connection, as long as it stays open",
          _SAME, _HTTP, _FIRST, "http", _kept, how=How.KEPT),
    Check("CE604", "must", Group.DELIVERY, "HTTP/1.0", "the request says HTTP/1.0", _SAME, _HTTP, _FIRST, "http", _old),
    Check("CE605", "should", Group.DELIVERY, "Expect: 100-continue", "the body is held back until 100 Continue comes, or for a second",
          _SAME, ".NET and curl send it with a body of some size.", "RFC 9110, section 10.1.1", "http", _expecting),
    Check("CE606", "must", Group.DELIVERY, "answers within the waiting time", f"{TIMED} plain requests",
          "the 95th percentile is within --timeout", _WAITING, "the page, section 2", "speed", _timed, after=_within(1), over=("CE606",),
          kinds=(QUERY,)),
    Check("CE607", "should", Group.DELIVERY, "answers within half of it", "nothing: the times of CE606 are looked at",
          "the 95th percentile is within half of --timeout", "A busy hour takes twice as long as a quiet one.", "the page, section 2",
          "speed", after=_within(0.5), over=("CE606",), kinds=(QUERY,)),
    Check("CE608", "should", Group.DELIVERY, "the certificate chain is complete",
          "nothing: the connection is looked at, with --insecure one on which nothing is sent",
          "the certificate is trusted, with the intermediates that the server sent",
          "A browser fetches a missing intermediate itself; most HTTP clients do not.", "RFC 8446, section 4.4.2", "chain", after=_chained,
          over=("CE001",), when=_is_https),
)  # fmt: skip
