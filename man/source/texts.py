"""What the command answers without the application: `infocaller_cli/cli/texts.py` says how it is read."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from typing import Any

import typer
from pages import commands, groups_of_commands

from infocaller_cli.calls.actions import ANSWERED, BUSY, HANGUP, NO_ANSWER
from infocaller_cli.cli.app import app
from infocaller_cli.cli.complete import CONFIGURED, FILES
from infocaller_cli.cli.help import choices, summary
from infocaller_cli.cli.network.simulate_script import examples
from infocaller_cli.cli.setup.completion import SCRIPTS
from infocaller_cli.cli.terminal import HELP_WIDTH
from infocaller_cli.cli.texts import WORDS, name_of
from infocaller_cli.codec import spec
from infocaller_cli.codec.catalogue import RULES
from infocaller_cli.traffic.conformance.table import CHECKS

# What stands for a value in the help -> what it can be, with what that means. One that is not here, nor a file, nor in the
# configuration, has nothing that could be offered
VALUES: dict[str, Iterable[tuple[str, str]]] = {
    "EVENT": spec.EVENTS.items(),
    "KIND": [(name.lower(), "") for name in spec.NAMED_KINDS],
    "KIND|script": [*((name.lower(), "") for name in spec.NAMED_KINDS), ("script", "what simulate plays")],
    "EXAMPLE": [(name, "") for name in examples()],
    "KEYS": [(HANGUP, "the caller hangs up")],
    "OUTCOME": [(f"{ANSWERED} 60", "for so many seconds"), (BUSY, ""), (NO_ANSWER, "")],
    "CODE": [(rule.code, rule.title) for rule in RULES.values()],
    "CHECK": [(check.code, check.title) for check in CHECKS.values()],
    "event|fin|query": [(kind.value, "") for kind in sorted(spec.ALL)],
    "R|E": [(spec.RECEIVED, "received"), (spec.ISSUED, "issued")],
    "SHELL": [(shell, "") for shell in SCRIPTS],
}


def texts() -> dict[str, str]:
    """File name -> text: the help of every command, and the words."""
    group: Any = typer.main.get_command(app)
    every = {"": group}
    for name in group.list_commands(None):
        every |= {path: command for path, command in (*groups_of_commands(group), *commands(group)) if path.split()[0] == name}
    return {name_of(path): help_of(path, HELP_WIDTH) for path in every} | {WORDS: "".join(f"{row}\n" for row in _words(every))}


def help_of(path: str, width: int) -> str:
    """What the application prints for `--help` in a pipe, for a terminal of some width."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        with redirect_stdout(io.StringIO()) as out:
            app([*path.split(), "--help"], prog_name="infocaller", standalone_mode=False)
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return out.getvalue()


def _words(every: dict[str, Any]) -> Iterator[str]:
    """A row for every command (c), below it its options (o) and arguments (a); then the values (v) of those that have some."""
    values = dict(VALUES)
    for path, command in every.items():
        yield f"c\t{path}\t{summary(command)}"
        for one in command.params:
            word = value_of(one)
            if listed := choices(one):
                values[word] = [(choice, "") for choice in listed]
            if one.param_type_name == "argument":
                yield f"a\t{word}\t{'...' if one.nargs == -1 else ''}"
            elif not one.hidden:
                text = (one.help or "").partition(". ")[0].rstrip(".")
                yield f"o\t{' '.join((*one.opts, *one.secondary_opts))}\t{word}\t{'...' if one.multiple else ''}\t{text}"
    for word, found in values.items():
        yield from (f"v\t{word}\t{value}\t{text}" for value, text in found)


def value_of(parameter: Any) -> str:
    """What stands for the value of a parameter in its help; "" for a flag."""
    if getattr(parameter, "is_flag", False):
        return ""
    return "|".join(choices(parameter)) or re.sub(r"^\[(.*)\]$", r"\1", parameter.metavar).removesuffix("...")


def known() -> set[str]:
    """What stands for values that can be offered."""
    return {*VALUES, *FILES, *CONFIGURED}
