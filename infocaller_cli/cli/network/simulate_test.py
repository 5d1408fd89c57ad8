"""`infocaller simulate --test`: every case played, several at a time, and judged by what it expects."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ExitCode, InfocallerError, UsageError
from ...spelling import nearest
from ...traffic.simulate.coverage import coverage
from ...traffic.simulate.driver import Call, play
from ...traffic.simulate.missed import missed
from .simulate_delivery import Delivery, Post, call_fields, endpoint, open_out
from .simulate_output import TestOutput
from .simulate_signals import hanging_up
from .simulate_test_report import REPORTERS, Played

if TYPE_CHECKING:
    from ...calls import Case
    from ...codec.sample import CallFields
    from ...traffic.simulate.exchange import Endpoint
    from ...traffic.simulate.loading import Loaded
    from ..settings import Settings
    from .send import Options


class _Run(NamedTuple):
    """What all cases share."""

    loaded: Loaded
    where: Endpoint
    fields: CallFields


def play_cases(
    loaded: Loaded, given: Options, settings: Settings, *, case: str | None, jobs: int, output: TestOutput, out: str | None
) -> int:
    """Play all cases, or the one of a name, several at a time, and report. Returns the exit code: 1 where a case fails."""
    report = settings.report
    report.json = output is TestOutput.JSON
    cases = _chosen(loaded, case)
    fields = call_fields(given, settings)
    if not fields.call.isdecimal():
        raise UsageError(f"--call cannot be {fields.call!r}", "each case is the call after the one before", "--call 1000")
    file = open_out(out, report)
    post = Post(given, file)
    where = endpoint(given, settings, fields.line, post)
    Delivery(where, post, loaded.script, settings)  # says what cannot be sent
    run = _Run(loaded, where, fields)
    reporter = REPORTERS[output](loaded, report)
    calls: list[Call] = []
    code = int(ExitCode.OK)
    with hanging_up(), closing(_played(run, cases, jobs)) as ended:
        for played in ended:
            reporter.add(played)
            calls += [played.call] if played.call else []
            code = max(code, ExitCode.NO if played.failures else ExitCode.OK)
    # One case alone reaches little, and that says nothing
    reporter.finish(coverage(loaded.script, calls) if case is None else None)
    if file is not None:
        file.close()
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


def _played(run: _Run, cases: tuple[Case, ...], jobs: int) -> Generator[Played]:
    """The cases in their order, each as soon as it and those before it are done. At an end before the last, the calls that go on have
    theirs first.
    """
    pool = ThreadPoolExecutor(min(jobs, len(cases)))
    try:
        yield from pool.map(lambda numbered: _play(run, *numbered), enumerate(cases))
    finally:
        pool.shutdown(cancel_futures=True)


def _play(run: _Run, number: int, case: Case) -> Played:
    """Play a case, as the call that comes so many after the first."""
    fields = run.fields._replace(call=str(int(run.fields.call) + number).zfill(len(run.fields.call)))
    try:
        call = play(run.loaded.script, case, fields, run.where)
    except InfocallerError as error:
        return Played(case, None, [error.in_full])
    return Played(case, call, missed(call, case))
