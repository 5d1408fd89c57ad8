"""The script of a call, and the engine that plays it. Pure: text and typed events in and out; no files, sockets, clock, terminal."""

from __future__ import annotations

from .engine import Play
from .events import HANG_UP, NOT_SENT, Answer, Chosen, Ended, Event, Heard, Input, Noted, Pressed, Send, WantKeys, WantOutcome
from .script import Case, Expect, Problem, Script, ScriptError
from .values import Outcome, parse_outcome, pressed_problem

__all__ = [
    "HANG_UP",
    "NOT_SENT",
    "Answer",
    "Case",
    "Chosen",
    "Ended",
    "Event",
    "Expect",
    "Heard",
    "Input",
    "Noted",
    "Outcome",
    "Play",
    "Pressed",
    "Problem",
    "Script",
    "ScriptError",
    "Send",
    "WantKeys",
    "WantOutcome",
    "check",
    "parse_outcome",
    "pressed_problem",
    "read",
    "read_cases",
    "script_named",
]


def check(text: str, file: str = "") -> list[Problem]:
    """All that is wrong with a script, and what it warns of, in the order of the file. Never raises for what a script holds."""
    from .judging import judge
    from .reading import Reader, toml

    try:
        reader = Reader(*toml(text, file))
    except ScriptError as error:
        return [Problem("error", "", error.row, error.what, error.why, error.hint)]
    script = reader.script()
    problems = reader.problems or list(judge(script))
    return sorted(problems, key=lambda one: (one.level != "error", one.row or 0))


def read(text: str, file: str = "") -> Script:
    """The script in a TOML text. Raises ScriptError for the first thing that is wrong with it."""
    from .judging import judge
    from .reading import Reader, toml

    reader = Reader(*toml(text, file))
    script = reader.script()
    for problem in reader.problems or judge(script):
        if problem.level == "error":
            raise ScriptError(problem, file)
    return script


def script_named(text: str, file: str = "") -> str:
    """The file of the script that a file of cases is for; "" where the text is a script itself. Raises ScriptError."""
    from .reading import toml

    data, _ = toml(text, file)
    named = data.get("script")
    return named if isinstance(named, str) and "step" not in data else ""


def read_cases(text: str, script: Script, file: str = "") -> tuple[Case, ...]:
    """The cases in a file of their own. Raises ScriptError."""
    from .reading import Reader, toml

    reader = Reader(*toml(text, file))
    cases = reader.of_another(script)
    if reader.problems:
        raise ScriptError(reader.problems[0], file)
    return cases
