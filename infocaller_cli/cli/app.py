"""The Typer application: which commands there are, and the options before them."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from ..errors import UsageError
from ..spelling import nearest
from ..version import __version__
from .help import Command, exit_codes, fit, styled, summary, write_examples, write_records
from .report import Report
from .settings import Settings

# Folder -> its heading in `--help` and the commands in it, a module each. Only the module of the command that runs is imported.
SECTIONS = {
    "documents": ("Documents", ("verify", "sign", "convert", "validate", "rules", "show", "sample", "schema")),
    "network": ("The network", ("send-event", "send-query", "simulate", "serve-query", "check-endpoint", "capture", "replay")),
    "setup": ("Setting up", ("config", "completion")),
}
COMMANDS = {name: f"infocaller_cli.cli.{folder}.{name.replace('-', '_')}" for folder, (_, names) in SECTIONS.items() for name in names}
# Commands that have commands of their own, in the same module
SUBCOMMANDS = {"config": ("show", "init", "trust", "set-password")}


# What other tools have as a command
_MEANT = {"version": "infocaller --version"}


class Commands(TyperGroup):
    """Commands that are imported when they are called. `headings`: heading -> its commands; `modules`: command -> its module."""

    headings: ClassVar = dict(SECTIONS.values())
    modules: ClassVar = COMMANDS

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in self.modules:
            return None
        function = getattr(import_module(self.modules[name]), name.replace("-", "_"))
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        if name in SUBCOMMANDS:
            below = SUBCOMMANDS[name]
            parts = {"headings": {"Commands": below}, "modules": dict.fromkeys(below, self.modules[name])}
            one.callback(cls=type("Subcommands", (Commands,), parts), epilog=exit_codes())(function)
        else:
            one.command(name, cls=Command, epilog=exit_codes())(function)
        command = typer.main.get_command(one)
        command.name = name
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[:1] == ["help"] and ctx.parent is None:  # as git and others have it
            if len(args) == 1:
                print(ctx.get_help())
                ctx.exit()
            args = [*args[1:], "--help"]
        if args and args[0] not in self.modules and not args[0].startswith("-"):
            name = " ".join([*ctx.command_path.split()[1:], args[0]])
            raise UsageError(
                f"there is no command {name!r}",
                f"the commands are {', '.join(self.modules)}",
                _MEANT.get(args[0].lower()) or nearest(args[0], self.modules),
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        fit(ctx)
        return styled(super().get_help(ctx), ctx)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        super().format_help_text(ctx, formatter)
        write_examples(ctx.command_path.partition(" ")[2], formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for heading, names in self.headings.items():
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
    _version: Annotated[bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Sign, verify, convert, validate, show, send, answer, capture and replay the documents of Infocaller's API."""
    report = Report(color.value, quiet=quiet, verbose=verbose)
    context.color = report.colored(sys.stdout)  # else Typer takes the colour out of help in a pipe
    context.obj = Settings(report, config, debug)
