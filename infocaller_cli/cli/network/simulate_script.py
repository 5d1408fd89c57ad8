"""The script that `simulate` plays: its file, the examples of the provider's page, what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...calls import Problem, ScriptError, check, read, script_named
from ...errors import ExitCode
from ...spelling import named
from ...streams import stdin
from ...traffic.simulate.loading import LARGEST, Loaded, read_text, text_in
from ...traffic.simulate.loading import load as load_file
from ..report import place

if TYPE_CHECKING:
    from ..report import Report

_EXAMPLES = Path(__file__).parents[2] / "calls" / "examples"


def load(file: str) -> Loaded:
    """The script of a FILE, or of the file of cases that names it; - is standard input. Raises InputError, ScriptError."""
    if file != "-":
        return load_file(file)
    script = read(text_of(file), file)
    return Loaded(script, script.cases, file, file)


def text_of(file: str) -> str:
    """The text of a FILE. Raises InputError."""
    return read_text(file) if file != "-" else text_in(stdin().read(LARGEST + 1), file)


def examples() -> list[str]:
    """The names of the examples."""
    return sorted(path.stem for path in _EXAMPLES.glob("*.toml"))


def example(name: str) -> bytes:
    """An example, as it stands. Raises UsageError for a name that there is not."""
    found = named("example", name, [one.replace("-", "_") for one in examples()])
    return (_EXAMPLES / f"{found.replace('_', '-')}.toml").read_bytes()


def checked(file: str, report: Report) -> int:
    """Say all that is wrong with a script, and what it warns of. 0 where no error is among it."""
    text = text_of(file)
    problems = _of_cases(file) if _names_script(text) else check(text, file)
    for problem in problems:
        if report.json:
            report.row({"file": file, **problem._asdict()})
        else:
            said = f"{problem.message}{f': {problem.why}' if problem.why else ''}{f'; {problem.hint}' if problem.hint else ''}"
            style = "red" if problem.level == "error" else "yellow"
            report.verdict(place(file, None, problem.row), problem.level, style, said)
    errors = sum(problem.level == "error" for problem in problems)
    if not report.json and not problems:
        report.out(f"{file}: nothing is wrong with it")
    return ExitCode.USAGE if errors else ExitCode.OK


def _names_script(text: str) -> bool:
    """Whether it is a file of cases. What is no TOML is none; `check` says why."""
    try:
        return bool(script_named(text))
    except ScriptError:
        return False


def _of_cases(file: str) -> list[Problem]:
    try:
        load(file)
    except ScriptError as error:
        return [Problem("error", error.step, error.row, error.what, error.why, error.hint)]
    return []
