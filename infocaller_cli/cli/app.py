"""The Typer application, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import re
import sys
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..config.notices import nearest
from ..errors import ExitCode, InfocallerError, InputError, UsageError
from .help import Command, exit_codes, fit, styled, summary, write_examples, write_records
from .report import Report
from .settings import Settings

# Command -> the module that has it, under the headings of `--help`. Only the module of the command that runs is imported.
SECTIONS = {
    "Documents": {
        "verify": "sign",
        "sign": "sign",
        "convert": "convert",
        "validate": "validate",
        "rules": "rules",
        "show": "show",
        "sample": "sample",
        "schema": "schema",
    },
    "The network": {
        "send-event": "send",
        "send-query": "send",
        "serve-query": "serve",
        "capture": "capture",
        "replay": "replay",
    },
    "Setting up": {
        "config": "config",
        "completion": "completion",
    },
}
COMMANDS = {name: module for commands in SECTIONS.values() for name, module in commands.items()}
# Commands that have commands of their own, in the same module
SUBCOMMANDS = {"config": ("show", "init", "set-password")}
_NUMBERS = {"int": "a whole number", "float": "a number"}


class Commands(TyperGroup):
    """Commands that are imported when they are called. `sections`: heading -> command -> the module that has it."""

    sections = SECTIONS

    @property
    def modules(self) -> dict[str, str]:
        """Command -> the module that has it."""
        return {name: module for commands in self.sections.values() for name, module in commands.items()}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in self.modules:
            return None
        function = getattr(import_module(f"infocaller_cli.cli.{self.modules[name]}"), name.replace("-", "_"))
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        if name in SUBCOMMANDS:
            below = dict.fromkeys(SUBCOMMANDS[name], self.modules[name])
            one.callback(cls=type("Subcommands", (Commands,), {"sections": {"Commands": below}}), epilog=exit_codes())(function)
        else:
            one.command(name, cls=Command, epilog=exit_codes())(function)
        command = typer.main.get_command(one)
        command.name = name
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.modules and not args[0].startswith("-"):
            name = " ".join([*ctx.command_path.split()[1:], args[0]])
            raise UsageError(f"there is no command {name!r}", f"the commands are {', '.join(self.modules)}", nearest(args[0], self.modules))
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        fit(ctx)
        return styled(super().get_help(ctx), ctx)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        super().format_help_text(ctx, formatter)
        write_examples(ctx.command_path.partition(" ")[2], formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for heading, names in self.sections.items():
            summaries = [(name, summary(self.get_command(ctx, name))) for name in names]
            write_records(heading, summaries, formatter)
        options = "Options" if ctx.parent else "Global options, before the command"
        write_records(options, [one.get_help_record(ctx) for one in self.get_params(ctx)], formatter)


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


app = typer.Typer(
    name="infocaller",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=False,
    epilog=exit_codes(),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"infocaller {__version__}")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    color: Annotated[Color, typer.Option(help="Colour the output. An explicit one beats NO_COLOR.")] = Color.AUTO,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Configuration. Else INFOCALLER_CONFIG, ./infocaller.toml, the user's configuration folder.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notices on stderr, only errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say where configuration and passwords come from.")] = False,
    _version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Sign, verify, convert, validate, show, send, answer, capture and replay the documents of Infocaller's API."""
    report = Report(color.value, quiet=quiet, verbose=verbose)
    context.color = report.colored(sys.stdout)  # else Typer takes the colour out of help in a pipe
    context.obj = Settings(report, config, debug)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: every error becomes a message and the exit code that is returned."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if "_INFOCALLER_COMPLETE" in os.environ:
        from .complete import answer

        return answer(arguments)
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

        traceback.print_exception(error)
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


def _usage_error(error: Any, arguments: list[str]) -> UsageError:
    """Typer's complaint in our words, with the nearest word that there is."""
    message = re.sub(r"a valid (int|float)( range)?$", lambda kind: _NUMBERS[kind[1]], error.format_message().rstrip("."))
    if misplaced := _misplaced(error, arguments):
        return UsageError(message.partition(" (")[0], *misplaced)
    if near := getattr(error, "possibilities", None):
        return UsageError(message.partition(" (")[0], "", nearest(error.option_name, near) or _usage_hint(arguments))
    choices = (
        [getattr(one, "value", one) for one in getattr(getattr(error.param, "type", None), "choices", ())]
        if hasattr(error, "param")
        else []
    )
    given = message.rpartition(": ")[2].partition(" is not one of ")[0].strip("'")
    return UsageError(message, "", (choices and nearest(given, choices)) or _usage_hint(arguments))


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


def run() -> None:
    """The console script."""
    sys.exit(main())
