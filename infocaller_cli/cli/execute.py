"""The one place where errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from contextlib import suppress
from itertools import pairwise
from typing import Any

import typer

from ..errors import ExitCode, InfocallerError, InputError, UsageError
from ..files import remove_unfinished
from ..spelling import nearest
from ..streams import before_the_end, visible_lines
from .app import COMMANDS, SUBCOMMANDS, app
from .help import choices
from .report import Report

# What other tools call an option, and its names here
_MEANT = dict.fromkeys(("--url", "--uri", "--target", "--endpoint"), ("--to",)) | {
    "--output": ("--out", "--output-dir"),
    "--password": ("--password-file",),
}
_NUMBERS = {"int": "a whole number", "float": "a number"}


def execute(arguments: list[str]) -> int:
    """Run a command: every error becomes a message and the exit code that is returned."""
    gc.freeze()  # what was imported stays
    gc.enable()
    _open_streams()
    streams = sys.stdout, sys.stderr
    try:
        try:
            code = app(arguments, prog_name="infocaller", standalone_mode=False)
            sys.stdout.flush()
        except BrokenPipeError:
            return _pipe_closed()
        except SystemExit as stopped:  # Typer's answer to a closed pipe, after it has wrapped the streams
            if not isinstance(stopped.__context__, BrokenPipeError):
                raise
            sys.stdout, sys.stderr = streams
            return _pipe_closed()
        return int(code or 0)
    except Exception as error:
        return _failed(error, arguments)
    except KeyboardInterrupt:
        return _interrupted()
    finally:
        _undo()


def _open_streams() -> None:
    """A stream that was closed from the start (`2>&-`) is None, and what is printed to None goes to stdout."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  as long as the process


def _pipe_closed() -> int:
    """The reader has seen enough (`| head`)."""
    _silence()
    return ExitCode.OK


def _interrupted() -> int:
    print(file=sys.stderr)
    return ExitCode.INTERRUPTED


def _failed(error: Exception, arguments: list[str]) -> int:
    """Report an error that ended the run."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    color = _value(options, "--color")
    json = "--json" in options or _value(options, "--output").lower() == "json"
    _silence()
    report = Report(color if color in ("always", "never") else "auto", json=json)
    if "--debug" in options:
        import traceback

        print(visible_lines("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    if isinstance(error, typer.TyperException):
        error = _usage_error(error, arguments)
    elif isinstance(error, OSError):
        error = InputError("the output cannot be written", error.strerror or str(error))
    elif not isinstance(error, InfocallerError):
        error = InfocallerError(
            f"a bug of ours: {type(error).__name__}: {error}", "", "run again with --debug before the command, and report it"
        )
    with suppress(OSError):  # nobody can be told
        report.error(error)
    _silence()
    return int(error.exit_code)


def _value(options: list[str], name: str) -> str:
    """The last value of an option on a command line that was perhaps never parsed; "" without one."""
    found = ""
    for option, following in pairwise([*options, ""]):
        given, equals, value = option.partition("=")
        if given == name:
            found = value if equals else following
    return found


def _silence() -> None:
    """What could not be written must not fail once more when Python flushes at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _options(error: Any) -> set[str]:
    """The options of the command that was called."""
    context = getattr(error, "ctx", None)
    return {name for one in context.command.params for name in one.opts} if context else set()


def _usage_error(error: Any, arguments: list[str]) -> UsageError:
    """Typer's complaint in our words, with the nearest word that there is."""
    message = _in_our_words(error)
    if misplaced := _misplaced(error, arguments):
        return UsageError(message.partition(" (")[0], *misplaced)
    meant = next((name for name in _MEANT.get(getattr(error, "option_name", ""), ()) if name in _options(error)), "")
    if meant:
        return UsageError(message.partition(" (")[0], "", f"did you mean {meant}?")
    if near := getattr(error, "possibilities", None):
        return UsageError(message.partition(" (")[0], "", nearest(error.option_name, near) or _usage_hint(arguments))
    parameter = getattr(error, "param", None)
    given = next(filter(None, (_value(arguments, name) for name in getattr(parameter, "opts", ()))), "")
    return UsageError(message, "", nearest(given, choices(parameter)) or _usage_hint(arguments))


def _in_our_words(error: Any) -> str:
    message: str = error.format_message().rstrip(".").replace("Value error, ", "", 1)
    if reports := getattr(error.__cause__, "errors", None):  # Typer 0.29 lets pydantic judge, which does not say what was given
        report = reports()[0]
        if kind := _NUMBERS.get(report["type"].partition("_")[0]):
            return f"{message.partition(': ')[0]}: {report['input']!r} is not {kind}"
    return re.sub(r"a valid (int|float)( range)?$", lambda found: _NUMBERS[found[1]], message)


def _misplaced(error: Any, arguments: list[str]) -> tuple[str, str] | None:
    """Why an option that there is was not taken where it stands, and where it is."""
    name, context = getattr(error, "option_name", ""), getattr(error, "ctx", None)
    command = next((argument for argument in arguments if argument in COMMANDS), "")
    if not name or context is None or not command:
        return None
    group = context.find_root().command
    if context.parent is not None and any(name in one.opts for one in group.params):
        return "it is a global option", f"before the command: infocaller {name} ... {command}"
    if context.parent is None and any(name in one.opts for one in group.get_command(context, command).params):
        return f"it is an option of {command}", f"behind the command: infocaller {command} {name} ..."
    return None


def _usage_hint(arguments: list[str]) -> str:
    command = next((argument for argument in arguments if argument in COMMANDS), "")
    below = next((argument for argument in arguments if argument in SUBCOMMANDS.get(command, ())), "")
    return " ".join(filter(None, ("infocaller", command, below, "--help")))


def run_as_process() -> None:
    """The command line of this process, which ends with the exit code."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, _end)
    sys.exit(execute(sys.argv[1:]))


def _undo() -> None:
    for undo in list(before_the_end):
        undo()


def _end(number: int, _: object) -> None:
    """Leave no temporary file, and end by the signal, as who sent it expects; a command that serves ends in its own way."""
    remove_unfinished()
    _undo()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
