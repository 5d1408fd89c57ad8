"""What a shell can complete: commands, options and values. The scripts of `completion` ask with _INFOCALLER_COMPLETE set.

The command line so far comes as the arguments, the word to complete last. The answer is a line that says what kind of thing
comes, `values`, `files` or `folders`, then a value a line with its description behind a tab. Which words there are stands in
`texts/words.txt`; only the names of the user's queries and lines are looked up. Someone waits: nothing is imported for the rest.
"""

import io
import os
import sys

from . import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.file import Config

    Values = Iterable[tuple[str, str]]


def answer(words: list[str]) -> None:
    """Print the answer. Whatever goes wrong, nobody at a prompt wants to read about it."""
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        if "_INFOCALLER_WORDS" in os.environ:
            words = os.environ["_INFOCALLER_WORDS"].split("\n")
        if os.environ["_INFOCALLER_COMPLETE"] in ("bash", "fish"):
            words = list(map(_unquoted, words))
        kind, values = complete(words)
        lines = [kind, *(f"{value}\t{text}" if text else value for value, text in _seen(values))]
        sys.stdout.buffer.write("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
        sys.stdout.flush()
    except Exception:  # noqa: S110  see above
        pass
    finally:
        sys.stderr = stderr


def _seen(values: "Values") -> "Values":
    """What a terminal would obey is no word that anybody types; a description may hold it."""
    values = list(values)
    if all(value.isprintable() and text.isprintable() for value, text in values):
        return values
    from ..streams import visible

    return [(value, visible(text)) for value, text in values if visible(value) == value]


def _unquoted(word: str) -> str:
    """What a word as it was typed stands for; its last quote may be missing."""
    if not any(mark in word for mark in "'\"\\"):
        return word
    import shlex

    for end in ("", "'", '"'):
        try:
            return " ".join(shlex.split(word + end))
        except ValueError:
            continue
    return word


def complete(words: list[str]) -> "tuple[str, Values]":
    """What can stand in the place of the last word: its kind, and values with their descriptions."""
    current = words[-1] if words else ""
    line = _Line(texts.read(texts.WORDS))
    for word in words[:-1]:
        line.take(word)
    kind, values = line.offer(current)
    values = list(values)
    fitting = [one for one in values if one[0].startswith(current)]
    return kind, fitting or [one for one in values if one[0].lower().startswith(current.lower())]


class _Option:
    """An option: its names; what stands for its value ("" for a flag); whether it repeats; what it is for."""

    def __init__(self, names: str, value: str, repeats: str, text: str) -> None:
        self.names = names.split()
        self.value = value
        self.repeats = bool(repeats)
        self.text = text


class _Line:
    """The command line as far as it was read: which command, what it still takes."""

    def __init__(self, table: str) -> None:
        self._rows = [line.split("\t") for line in table.splitlines()]
        self._waiting: _Option | None = None  # the option whose value comes next
        self._places = 0  # how many arguments have come
        self._only_arguments = False
        self._config: str | None = None
        self._enter("")

    def _enter(self, path: str) -> None:
        """Read on as a command does, by its words."""
        self._path = path
        self._used: set[str] = set()
        start = next(index for index, row in enumerate(self._rows) if row[:2] == ["c", path])
        self._options: dict[str, _Option] = {}
        self._arguments: list[tuple[str, str]] = []
        for kind, *row in self._rows[start + 1 :]:
            if kind == "o":
                option = _Option(*row)
                self._options |= dict.fromkeys(option.names, option)
            elif kind == "a":
                self._arguments.append((row[0], row[1]))
            else:
                break
        commands = (row[1:3] for row in self._rows if row[0] == "c" and row[1])
        self._below = {name.rpartition(" ")[2]: text for name, text in commands if name.rpartition(" ")[0] == path}

    def take(self, word: str) -> None:
        """A word that is complete."""
        if self._waiting is not None:
            self._take_value(self._waiting, word)
            self._waiting = None
        elif word == "--" and not self._only_arguments:
            self._only_arguments = True
        elif word[:1] == "-" and len(word) > 1 and not self._only_arguments:
            self._take_option(word)
        elif not self._below:
            self._places += 1
        elif word in self._below:
            self._enter(f"{self._path} {word}".strip())

    def _take_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self._options.get(name)
        if option is None:
            return
        self._used.update(option.names)
        if equals:
            self._take_value(option, value)
        elif option.value:
            self._waiting = option

    def _take_value(self, option: _Option, value: str) -> None:
        if "--config" in option.names:
            self._config = value

    def offer(self, current: str) -> "tuple[str, Values]":
        """What can stand in the next place: its kind, and the values."""
        if self._waiting is not None:
            return self._values(self._waiting.value)
        if current[:1] == "-" and not self._only_arguments:
            name, equals, _ = current.partition("=")
            if not equals:
                return "values", self._names()
            option = self._options.get(name)
            kind, values = self._values(option.value if option else "")
            return kind, [(f"{name}={value}", text) for value, text in values]
        if self._below:
            return "values", self._below.items()
        if self._places < len(self._arguments):
            return self._values(self._arguments[self._places][0])
        if self._arguments and self._arguments[-1][1]:
            return self._values(self._arguments[-1][0])
        return "values", self._names()

    def _names(self) -> "Values":
        for name, option in self._options.items():
            if name.startswith("--") and (option.repeats or name not in self._used):
                yield name, option.text
        yield "--help", "Show the help"

    def _values(self, word: str) -> "tuple[str, Values]":
        """What can stand for a word of the help, such as FILE; nothing where nobody can know."""
        if word in FILES:
            return FILES[word], []
        if word in CONFIGURED:
            return "values", _configured(word, self._config)
        return "values", [(row[2], row[3]) for row in self._rows if row[:2] == ["v", word]]


def _configured(word: str, path: str | None) -> "Values":
    from .report import Report
    from .settings import Settings

    config: Config = Settings(Report(quiet=True), path).config
    return [(line, "") for line in config.lines] if word == "LINE" else list(config.queries.items())


# What stands for a value in the help -> what the shell completes there itself
FILES = {"FILE": "files", "OUT": "files", "SCRIPT": "files", "DIR": "folders"}
# What the configuration knows
CONFIGURED = ("LINE", "NAME")
