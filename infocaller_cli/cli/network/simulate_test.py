"""`infocaller simulate --test`: every case played, several at a time, and judged by what it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import ExitCode, InfocallerError, UsageError
from ...spelling import nearest
from ...traffic.simulate.coverage import coverage
from ...traffic.simulate.driver import Call, play
from ...traffic.simulate.missed import missed
from .simulate_test_report import REPORTERS, Played, TestOutput

if TYPE_CHECKING:
    from ...calls import Case
    from ...codec.sample import CallFields
    from ...traffic.simulate.exchange import Endpoint
    from ...traffic.simulate.loading import Loaded
    from ..report import Report


@dataclass(frozen=True, slots=True)
class Run:
    """What is played and how. `fields` gives the fields of the call with a number, from 0; `jobs` calls go on at a time."""

    loaded: Loaded
    endpoint: Endpoint
    fields: Callable[[int], CallFields]
    jobs: int = 8


def test_cases(run: Run, name: str | None, output: TestOutput, report: Report) -> int:
    """Play all cases, or the one of a name, and report. Returns the exit code: 1 where a case fails."""
    report.json = output is TestOutput.JSON
    cases = _chosen(run.loaded, name)
    reporter = REPORTERS[output](run.loaded, report)
    calls: list[Call] = []
    code = int(ExitCode.OK)
    for played in _played(run, cases):
        reporter.add(played)
        calls += [played.call] if played.call else []
        code = max(code, ExitCode.NO if played.failures else ExitCode.OK)
    # One case alone reaches little, and that says nothing
    reporter.finish(coverage(run.loaded.script, calls) if name is None else None)
    return code


def _chosen(loaded: Loaded, name: str | None) -> tuple[Case, ...]:
    """The cases to play. Raises UsageError where there is none of that name, or none at all."""
    if not loaded.cases:
        raise UsageError(f"{loaded.file} has no cases", "--test plays [[case]] tables", "infocaller simulate SCRIPT --save-case NAME")
    if name is None:
        return loaded.cases
    found = tuple(case for case in loaded.cases if case.name == name)
    if not found:
        names = [case.name for case in loaded.cases]
        raise UsageError(f"there is no case {name!r}", f"the cases are {', '.join(map(repr, names))}", nearest(name, names))
    return found


def _played(run: Run, cases: tuple[Case, ...]) -> Iterator[Played]:
    """The cases in their order, each as soon as it and those before it are done."""
    pool = ThreadPoolExecutor(min(run.jobs, len(cases)))
    try:
        yield from pool.map(lambda numbered: _play(run, *numbered), enumerate(cases))
    finally:
        pool.shutdown(cancel_futures=True)


def _play(run: Run, number: int, case: Case) -> Played:
    fields = run.fields(number)
    try:
        call = play(run.loaded.script, case, fields, run.endpoint)
    except InfocallerError as error:
        return Played(case, None, [error.in_full])
    return Played(case, call, missed(call, case))
