"""The Typer application, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..errors import ExitCode, InfocallerError, InputError, UsageError
from .report import Report
from .settings import Settings, nearest

# Command -> the module that has it. Only the module of the command that runs is imported.
COMMANDS = {
    "verify": "sign",
    "sign": "sign",
    "convert": "convert",
    "validate": "validate",
    "rules": "rules",
    "show": "show",
    "sample": "sample",
}
EXIT_CODES = (
    "Exit codes: 0 done, the answer is yes; 1 the answer is no; 2 wrong usage; 3 input missing, unreadable or malformed; "
    "4 endpoint unreachable or timed out; 70 a bug of ours; 130 interrupted."
)


class Commands(TyperGroup):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        function = getattr(import_module(f"infocaller_cli.cli.{COMMANDS[name]}"), name)
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(name, epilog=EXIT_CODES)(function)
        command = typer.main.get_command(one)
        command.name = name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UsageError(
                f"there is no command {args[0]!r}", f"the commands are {', '.join(COMMANDS)}", nearest(args[0], list(COMMANDS))
            )
        return super().resolve_command(ctx, args)


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
    epilog=EXIT_CODES,
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
    """Sign, verify, convert, validate and show the documents of Infocaller's API."""
    context.obj = Settings(Report(color.value, quiet=quiet, verbose=verbose), config, debug)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code; never raises, except SystemExit for nothing."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        try:
            code = app(arguments or ["--help"], prog_name="infocaller", standalone_mode=False)
            sys.stdout.flush()
        except BrokenPipeError:
            return _pipe_closed()
        return int(code or 0)
    except Exception as error:
        return _failed(error, arguments)
    except KeyboardInterrupt:
        return _interrupted()


def _pipe_closed() -> int:
    """The reader has seen enough (`| head`). Python must not find the closed pipe again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


def _interrupted() -> int:
    print(file=sys.stderr)
    return ExitCode.INTERRUPTED


def _failed(error: Exception, arguments: list[str]) -> int:
    """Report an error that ended the run."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    color = next((option.partition("=")[2] for option in options if option.startswith("--color=")), "auto")
    report = Report(color if color in ("always", "never") else "auto", json="--json" in options)
    if "--debug" in options:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, typer.TyperException):
        error = UsageError(error.format_message().rstrip("."), "", _usage_hint(arguments))
    elif isinstance(error, OSError):
        error = InputError("cannot be written", error.strerror or str(error))
    elif not isinstance(error, InfocallerError):
        error = InfocallerError(
            f"a bug of ours: {type(error).__name__}: {error}", "", "run again with --debug before the command, and report it"
        )
    code = report.error(error)
    if isinstance(error, InputError):
        _silence_stdout()
    return int(code)


def _silence_stdout() -> None:
    """What could not be written must not fail once more when Python flushes at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_hint(arguments: list[str]) -> str:
    command = next((argument for argument in arguments if argument in COMMANDS), "")
    return f"infocaller {command} --help".replace("  ", " ")


def run() -> None:
    """The console script."""
    sys.exit(main())
