"""`--help`: a summary, examples, options in groups, exit codes. Without rich, which would cost more than most commands."""

from __future__ import annotations

import re
import sys
from enum import EnumType
from typing import Any

from typer.core import TyperCommand

from ..errors import EXIT_MEANINGS
from .report import Report
from .terminal import HELP_WIDTH, columns
from .texts import bold

PLAIN = "Options"


def exit_codes() -> str:
    """`Exit codes: 0 done, ...; 1 ...` on one line."""
    return "Exit codes: " + "; ".join(f"{int(code)} {meaning}" for code, meaning in EXIT_MEANINGS.items()) + "."


def groups(command: Any) -> dict[str, list[Any]]:
    """A command's options by the heading they stand under, in order; the command's own come first."""
    found: dict[str, list[Any]] = {PLAIN: []}
    for one in command.params:
        if one.param_type_name == "option" and not one.hidden:
            found.setdefault(one.rich_help_panel or PLAIN, []).append(one)
    return found


def summary(command: Any) -> str:
    """The first sentence of a command's description, without its full stop."""
    return " ".join((command.help or "").partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


class Command(TyperCommand):
    """A command whose help has examples near its top and its options in groups."""

    def invoke(self, ctx: Any) -> Any:
        """Run it; what a command with --no-pager writes goes to a pager, unless there is one who waits for each of its lines."""
        if ctx.params.get("_no_pager", True) or not sys.stdout.isatty():
            return super().invoke(ctx)
        from .inputs.recorded import waits
        from .pager import paged

        if any(map(waits, ctx.params.get("files") or ())):
            return super().invoke(ctx)
        with paged(ctx.obj.report):
            return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        fit(ctx)
        return styled(super().get_help(ctx), ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments: list[Any] = [one for one in self.params if one.param_type_name == "argument"]
        options = [f"{one.opts[0]} {one.metavar}" for one in self.params if one.param_type_name == "option" and one.required]
        return ["[OPTIONS]", *options, *(one.metavar if one.required or one.metavar[0] == "[" else f"[{one.metavar}]" for one in arguments)]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        super().format_help_text(ctx, formatter)
        write_examples(ctx.command_path.partition(" ")[2], formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        arguments = [one.get_help_record(ctx) for one in self.params if one.param_type_name == "argument"]
        write_records("Arguments", arguments, formatter)
        for heading, options in groups(self).items():
            records = [one.get_help_record(ctx) for one in options]
            if heading == PLAIN:
                records.append(self.get_help_option(ctx).get_help_record(ctx))  # type: ignore[union-attr]
            write_records(heading, records, formatter)


def write_examples(path: str, formatter: Any) -> None:
    """The examples of a command, by its words ("" is `infocaller` itself)."""
    from .examples import EXAMPLES

    if not EXAMPLES.get(path):
        return
    with formatter.section("Examples"):
        for example in EXAMPLES[path]:
            formatter.write_text(example.what + (":" if example.what[-1] != "?" else ""))
            for number, line in enumerate(example.lines(formatter.width - 4)):
                formatter.write(f"    {'  ' if number else '$ '}{line}\n")


def write_records(heading: str, records: list[Any], formatter: Any) -> None:
    """A heading and its table of two columns, if there is anything below it."""
    found = [(name, _in_words(text)) for name, text in filter(None, records)]
    if found:
        with formatter.section(heading):
            formatter.write_dl(found, col_max=26)


def fit(ctx: Any) -> None:
    """Have the help fit a narrow terminal; left alone, it is never under 50 wide."""
    ctx.terminal_width = min(max(columns(), 30), HELP_WIDTH) - 2


def _in_words(text: str) -> str:
    """Ranges and defaults as a person writes them."""
    text = re.sub(r"(\d+)<=x<=(\d+)\]$", r"\1 to \2]", text)
    return re.sub(r"(default: \d+)\.0(?=[;\]])", r"\1", re.sub(r"\bx>=(\d+)\]$", r"at least \1]", text))


def styled(text: str, ctx: Any) -> str:
    """The help with its headings in bold, if that is wanted."""
    report = getattr(ctx.obj, "report", None) or Report()
    return bold(text) if report.colored(sys.stdout) else text


def choices(parameter: Any) -> list[str]:
    """What the value of a parameter can be, where that is a list. Typer to 0.28 has it in its type, from 0.29 on where it is annotated."""
    known: Any = getattr(getattr(parameter, "type", None), "choices", ())
    if not known and isinstance(annotated := getattr(getattr(parameter, "type_descriptor", None), "annotation", None), EnumType):
        known = annotated
    return [str(getattr(one, "value", one)) for one in known]
