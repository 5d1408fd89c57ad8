"""What a check is: a row of the table that drives the run, `--list`, the manual and the tests. What became of one, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ...codec.spec import FORMATS
from .case import Case, Shot, Trial

QUERY, EVENT = "query", "event"
PASS, FAIL, WARN, SKIP = "pass", "fail", "warn", "skip"


class Group(StrEnum):
    """What a check is about; the first digit of its code says it too."""

    BASELINE = "the plain request"
    READING = "reading"
    CALL = "the call"
    TRUST = "trust"
    NONSENSE = "nonsense"
    ANSWER = "the answer"
    DELIVERY = "delivery"
    EVENTS = "events"


class How(StrEnum):
    """How the requests of a check go out."""

    ALONE = "one after the other"
    KEPT = "over one connection"
    TOGETHER = "all at once"


class NotJudgedError(Exception):
    """Why a check has nothing to look at: it is skipped."""


class Course(NamedTuple):
    """What is sent of a call in the usual way, and in another: each makes the requests of a new call, each time it is asked.

    They are groups, one after the other; those of a group go out at once. The other way must change the application's state as the
    usual one does; where it is `refused`, none of its groups may change anything. `key` names the usual way: it is tried once.
    """

    key: str
    usual: Callable[[Case], list[list[Shot]]]
    other: Callable[[Case], list[list[Shot]]]
    refused: bool = False


class Check(NamedTuple):
    """One thing that the provider does or may do, or that a stranger may do.

    `level` is must or should; `varied` tells how the request differs, `judged` what passes; `source` is where the page speaks of it.
    Either `shots` makes its requests, or `after` judges those of the checks whose codes begin with `over`: "" or what is wrong; or
    `courses` are sent, and what they change of the application's state is compared.
    `when` tells why it cannot be run, "" where it can. `mend` is a key of `mends.MENDS`.
    """

    code: str
    level: str
    group: Group
    title: str
    varied: str
    judged: str
    why: str
    source: str
    mend: str
    shots: Callable[[Case], list[Shot]] | None = None
    after: Callable[[Case, list[Trial]], str] | None = None
    over: tuple[str, ...] = ()
    how: How = How.ALONE
    kinds: tuple[str, ...] = (QUERY, EVENT)
    formats: tuple[str, ...] = FORMATS
    when: Callable[[Case], str] | None = None
    courses: Callable[[Case], list[Course]] | None = None


class Outcome(NamedTuple):
    """What became of a check in one format. `sent` and `came` tell what failed; `came` of a skipped check why it was."""

    check: Check
    format: str
    verdict: str
    sent: str = ""
    came: str = ""
    language: str = ""


@dataclass(slots=True)
class Told:
    """Who is told: of each outcome, of each exchange, of each request before it goes out."""

    outcome: Callable[[Outcome], None]
    exchange: Callable[[Trial], None]
    progress: Callable[[str, int], None]


def needs_echo(case: Case) -> str:
    """Why a check cannot be run that looks at a value coming back."""
    return "" if case.echo else "only a value that comes back would show it: --echo NAME says which variable does"
