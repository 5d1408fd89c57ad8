"""The script of a call, once it was read: steps, branches, cases. `reading` makes it, `engine` plays it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import UsageError
from .actions import ACTIONS, Action

if TYPE_CHECKING:
    from .conditions import Condition

END = -1  # the id of no step: the script is over
WHOLE = -1  # in coverage: the step itself, not one of its branches


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition of a list and where its steps begin. `condition` None: otherwise. `row` is its line in the file, from 1."""

    text: str
    condition: Condition | None
    start: int
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `id` is its place in `Script.steps`, `next` that of the step after it (END: none).

    `number` is how people find it: "3", "4.2.1" (the first step of the second branch of step 4), "end_of_call 1".
    """

    id: int
    number: str
    row: int | None
    action: str
    values: dict[str, Any]
    label: str
    next: int
    late: bool = False
    branches: tuple[Branch, ...] = ()

    @property
    def kind(self) -> Action:
        """Its entry in the table of actions."""
        return ACTIONS[self.action]


@dataclass(frozen=True, slots=True)
class Expect:
    """What must come of a case; None is not judged. `within` in seconds."""

    heard: tuple[str, ...] | None = None
    variables: dict[str, str] | None = None
    requests: tuple[str, ...] | None = None
    end: str | None = None
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call to play as a test: what the caller answers, what becomes of diverted calls, what the application is made to answer."""

    name: str
    row: int | None = None
    keys: tuple[str, ...] = ()
    diverts: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    expect: Expect = field(default_factory=Expect)


@dataclass(frozen=True)
class Script:
    """A script that passed the check. `start` and `end_of_call` are ids of steps, END where there is none."""

    name: str
    steps: tuple[Step, ...]
    start: int
    end_of_call: int
    labels: dict[str, int]
    urls: dict[str, str]
    queries: dict[str, str]
    cases: tuple[Case, ...] = ()

    @cached_property
    def query_names(self) -> tuple[str, ...]:
        """The queries that it can ask, each once; not one whose name is wrong."""
        return tuple(dict.fromkeys(step.values["query"] for step in self.steps if "query" in step.values))

    @cached_property
    def coverable(self) -> frozenset[tuple[int, int]]:
        """All that calls can reach: each step as (id, WHOLE), each branch of a list as (id, its number from 0)."""
        return frozenset((step.id, branch) for step in self.steps for branch in (WHOLE, *range(len(step.branches))))


class Problem(NamedTuple):
    """Something wrong with a script: `step` as in `Step.number` ("" outside the steps), `row` of the file from 1."""

    level: str
    step: str
    row: int | None
    what: str
    why: str = ""
    hint: str = ""

    @property
    def message(self) -> str:
        """What is wrong and where, on one line."""
        return f"step {self.step}: {self.what}" if self.step else self.what


class ScriptError(UsageError):
    """A script is wrong. `row` is the line of its file from 1, None where unknown; `step` as in `Problem`."""

    def __init__(self, problem: Problem, file: str = "") -> None:
        super().__init__(problem.message, problem.why, problem.hint)
        self.row = problem.row
        self.step = problem.step
        self.file = file
