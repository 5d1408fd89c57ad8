"""The script that `simulate` plays: its file, the examples of the provider's page, what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...calls import Case, Problem, Script, check, read, read_cases, script_named
from ...errors import ExitCode, InputError
from ...spelling import named
from ...streams import stdin
from ..report import place

if TYPE_CHECKING:
    from ..report import Report

_LARGEST = 1 << 20  # bytes; a script is a page or two
_EXAMPLES = Path(__file__).parents[2] / "calls" / "examples"


class Loaded(NamedTuple):
    """A script as it was read: `file` is the one that was named, `text` what stands in it; `cases` are those of that file."""

    file: str
    text: str
    script: Script
    cases: tuple[Case, ...]


def load(file: str) -> Loaded:
    """The script of a FILE, or of the file of cases that names it. Raises InputError, ScriptError."""
    text = text_of(file)
    other = script_named(text, file)
    if not other:
        script = read(text, file)
        return Loaded(file, text, script, script.cases)
    path = str(Path(file).parent / other) if file != "-" else other
    script = read(text_of(path), path)
    return Loaded(file, text, script, read_cases(text, script, file))


def text_of(file: str) -> str:
    """The text of a FILE; - is standard input. Raises InputError."""
    try:
        data = stdin().read(_LARGEST + 1) if file == "-" else _read(Path(file))
    except OSError as error:
        raise InputError(f"{file} cannot be read", error.strerror or str(error)) from None
    if len(data) > _LARGEST:
        raise InputError(f"{file} is too large for a script", f"the limit is {_LARGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file} is no TOML", f"row {row} is not UTF-8", "save it as UTF-8") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LARGEST + 1)


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
    problems = check(text, file) if not _script_named(text) else _of_cases(file)
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


def _script_named(text: str) -> str:
    """As `script_named`; a text that is no TOML names none."""
    from ...calls import ScriptError

    try:
        return script_named(text)
    except ScriptError:
        return ""


def _of_cases(file: str) -> list[Problem]:
    from ...calls import ScriptError

    try:
        load(file)
    except ScriptError as error:
        return [Problem("error", error.step, error.row, error.what, error.why, error.hint)]
    return []
