"""What a shell can complete: commands, options and values. The scripts of `completion` ask with _INFOCALLER_COMPLETE set.

The command line so far comes as the arguments, the word to complete last. The answer is a line that says what kind of thing
comes, `values`, `files` or `folders`, then a value a line with its description behind a tab.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, suppress
from io import StringIO
from typing import Any, NamedTuple

import typer

from ..codec import spec
from ..streams import visible
from .help import choices, summary
from .setup.completion import SCRIPTS

Values = Iterable[tuple[str, str]]


class Offer(NamedTuple):
    """What can stand in a place: values with their descriptions, files or folders."""

    kind: str = "values"
    values: Values = ()


def answer(words: list[str]) -> int:
    """Print the answer. Whatever goes wrong, nobody at a prompt wants to read about it."""
    with suppress(Exception), redirect_stderr(StringIO()):
        if "_INFOCALLER_WORDS" in os.environ:
            words = os.environ["_INFOCALLER_WORDS"].split("\n")
        if os.environ["_INFOCALLER_COMPLETE"] in ("bash", "fish"):
            words = list(map(_unquoted, words))
        offer = complete(words)
        # What a terminal would obey is no word that anybody types; a description may hold it
        fit = [(value, visible(text)) for value, text in offer.values if visible(value) == value]
        lines = [offer.kind, *(f"{value}\t{text}" if text else value for value, text in fit)]
        sys.stdout.buffer.write("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
        sys.stdout.flush()
    return 0


def _unquoted(word: str) -> str:
    """What a word as it was typed stands for; its last quote may be missing."""
    if not any(mark in word for mark in "'\"\\"):
        return word
    import shlex

    for end in ("", "'", '"'):
        with suppress(ValueError):
            return " ".join(shlex.split(word + end))
    return word


def complete(words: list[str]) -> Offer:
    """What can stand in the place of the last word."""
    from .app import app

    current = words[-1] if words else ""
    line = _Line(typer.main.get_command(app))
    for word in words[:-1]:
        line.take(word)
    kind, values = line.offer(current)
    values = list(values)
    fitting = [one for one in values if one[0].startswith(current)]
    return Offer(kind, fitting or [one for one in values if one[0].lower().startswith(current.lower())])


class _Line:
    """The command line as far as it was read: which command, what it still takes."""

    def __init__(self, command: Any) -> None:
        self._command = command
        self._used: set[str] = set()
        self._waiting: Any = None  # the option whose value comes next
        self._places = 0  # how many arguments have come
        self._only_arguments = False
        self._config: str | None = None

    def take(self, word: str) -> None:
        """A word that is complete."""
        if self._waiting is not None:
            self._value(self._waiting, word)
            self._waiting = None
        elif word == "--" and not self._only_arguments:
            self._only_arguments = True
        elif word[:1] == "-" and len(word) > 1 and not self._only_arguments:
            name, equals, value = word.partition("=")
            option = self._options().get(name)
            if option is None:
                return
            self._used.add(option.name)
            if equals:
                self._value(option, value)
            elif not option.is_flag:
                self._waiting = option
        elif hasattr(self._command, "list_commands"):
            self._command = self._command.get_command(None, word) or self._command
            self._used = set()
        else:
            self._places += 1

    def _value(self, option: Any, value: str) -> None:
        if "--config" in option.opts:
            self._config = value

    def _options(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self._command.params:
            if one.param_type_name == "option" and not one.hidden:
                found |= dict.fromkeys((*one.opts, *one.secondary_opts), one)
        return found

    def offer(self, current: str) -> Offer:
        """What can stand in the next place."""
        if self._waiting is not None:
            return self._values(self._waiting)
        if current[:1] == "-" and not self._only_arguments:
            name, equals, _ = current.partition("=")
            if not equals:
                return Offer(values=self._names())
            option = self._options().get(name)
            kind, values = Offer() if option is None or option.is_flag else self._values(option)
            return Offer(kind, [(f"{name}={value}", text) for value, text in values])
        if hasattr(self._command, "list_commands"):
            names = self._command.list_commands(None)
            return Offer(values=[(name, summary(self._command.get_command(None, name))) for name in names])
        arguments = [one for one in self._command.params if one.param_type_name == "argument"]
        if self._places < len(arguments):
            return self._values(arguments[self._places])
        if arguments and arguments[-1].nargs == -1:
            return self._values(arguments[-1])
        return Offer(values=self._names())

    def _names(self) -> Values:
        for name, one in self._options().items():
            if name.startswith("--") and (one.name not in self._used or one.multiple):
                yield name, (one.help or "").partition(". ")[0].rstrip(".")
        yield "--help", "Show the help"

    def _values(self, parameter: Any) -> Offer:
        if found := choices(parameter):
            return Offer(values=[(choice, "") for choice in found])
        known = METAVARS.get((parameter.metavar or "").strip("[].").replace("...", ""))
        return known if isinstance(known, Offer) else Offer(values=known(self._config)) if known else Offer()


def _events(_config: str | None) -> Values:
    return spec.EVENTS.items()


def _kinds(_config: str | None) -> Values:
    return [(name.lower(), "") for name in spec.NAMED_KINDS]


def _rules(_config: str | None) -> Values:
    from ..codec.catalogue import RULES

    return [(rule.code, rule.title) for rule in RULES.values()]


def _lines(config: str | None) -> Values:
    return [(line, "") for line in _configured(config).lines]


def _queries(config: str | None) -> Values:
    return list(_configured(config).queries.items())


def _configured(path: str | None) -> Any:
    from .report import Report
    from .settings import Settings

    return Settings(Report(quiet=True), path).config


# What stands for a value in the help -> what it can be. One that is not here has nothing that could be offered
METAVARS: dict[str, Offer | Callable[[str | None], Values]] = {
    "FILE": Offer("files"),
    "OUT": Offer("files"),
    "DIR": Offer("folders"),
    "EVENT": _events,
    "KIND": _kinds,
    "CODE": _rules,
    "LINE": _lines,
    "NAME": _queries,
    "event|fin|query": lambda _: [(kind.value, "") for kind in sorted(spec.ALL)],
    "R|E": lambda _: [(spec.RECEIVED, "received"), (spec.ISSUED, "issued")],
    "SHELL": lambda _: [(shell, "") for shell in SCRIPTS],
}
