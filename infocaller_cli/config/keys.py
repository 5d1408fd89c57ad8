"""Every setting, as one table: what a configuration file may hold, and what stands in options and the environment alone.

It drives the check of the file, `infocaller config show`, the commented file of `infocaller config init`, and the manual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..codec import spec

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = "NUMBER"
NAME = "NAME"


class Setting(NamedTuple):
    """One setting.

    `key` is its dotted name; NUMBER and NAME in it stand for any line and any name. `holds` says what it must be, as errors say it;
    `meaning` is a sentence; `example` is TOML; `variable` and `flag` beat the file, "" where there is none. `fits` judges a value of
    the file; without it the setting is none of the file.
    """

    key: str
    holds: str
    meaning: str
    default: str = ""
    variable: str = ""
    flag: str = ""
    example: str = ""
    fits: Callable[[Any], bool] | None = None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def is_number(value: Any) -> bool:
    """Whether it is a text of digits, as a line or a country code."""
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _is_command(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and bool(value) and all(map(_is_text, value)))


_URL = "a URL in quotes"
# A parameter and a variable for each event
_URL_EXAMPLES = (("caller", "[_NumLlamante]"), ("to", "[_NumDesvio]"), ("to", "[_NumDesvio]"), ("call", "[_IdLlamada]"))
_TEXT = "text in quotes (a number loses its leading zeros)"

SETTINGS = (
    Setting(
        "config",
        "a file",
        "The configuration file; else infocaller.toml in the current folder, else infocaller/infocaller.toml in your configuration folder.",
        variable="INFOCALLER_CONFIG",
        flag="--config",
    ),
    Setting("color", "auto, always or never", "When the output is coloured.", "auto", "NO_COLOR", "--color"),
    Setting(
        "password",
        "a telephone password",
        "The telephone password of every line, whatever the configuration has.",
        variable="INFOCALLER_PASSWORD",
        flag="--password-file",
    ),
    Setting(
        "handler",
        "[NAME=]MODULE:FUNCTION, several one a line",
        "The functions that answer queries.",
        variable="INFOCALLER_HANDLER",
        flag="--handler",
    ),
    Setting("timeout", "seconds above 0", "What a handler of `serve-query` may take, in seconds.", "5", "INFOCALLER_TIMEOUT", "--timeout"),
    Setting(
        "format",
        '"xml" or "json"',
        "The format that `sample`, `send-event` and `send-query` write, and `schema` describes.",
        spec.XML,
        flag="--format",
        example='"json"',
        fits=lambda value: value in spec.FORMATS,
    ),
    Setting(
        "country",
        'a country code in quotes, such as "34"',
        "The country code of international forms of numbers.",
        spec.COUNTRY,
        flag="--country",
        example='"351"',
        fits=is_number,
    ),
    *(
        Setting(
            f"urls.{event}",
            _URL,
            f"Where `send-event {event}` sends; variables such as {variable} are filled in.",
            flag="--to",
            example=f'"http://127.0.0.1:8080/event?name={event.lower()}&{name}={variable}"',
            fits=_is_text,
        )
        for event, (name, variable) in zip(spec.EVENTS, _URL_EXAMPLES, strict=True)
    ),
    Setting(
        f"queries.{NAME}",
        _URL,
        "Where `send-query NAME` sends the query of that name.",
        flag="--to",
        example='"http://127.0.0.1:8080/orders"',
        fits=_is_text,
    ),
    Setting(
        f"lines.{NUMBER}.password_file",
        _TEXT,
        "A file that holds the line's telephone password; a relative name starts at this file's folder, ~ is your home.",
        example='"password"',
        fits=_is_text,
    ),
    Setting(
        f"lines.{NUMBER}.password_command",
        "a command in quotes, or a list of a program and its arguments",
        "A command that prints the line's telephone password: text is run by the shell, a list without one, in this file's folder.",
        example='"pass show infocaller"',
        fits=_is_command,
    ),
    Setting(
        f"lines.{NUMBER}.keyring",
        "true",
        "The line's telephone password is in the system's keyring: `infocaller config set-password NUMBER` stores it there.",
        example="true",
        fits=lambda value: value is True,
    ),
    Setting(
        f"lines.{NUMBER}.password",
        _TEXT,
        "The line's telephone password itself; keep this file to yourself.",
        example='"3956"',
        fits=_is_text,
    ),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
# Where the password of a line may come from: exactly one of these
SOURCES = tuple(setting.key.rpartition(".")[2] for setting in SETTINGS if setting.key.startswith("lines."))

Tree = dict[str, "Setting | Tree"]


def tree() -> Tree:
    """What a file may hold, nested as the file is."""
    root: Tree = {}
    for setting in SETTINGS:
        if setting.fits is not None:
            *tables, key = setting.key.split(".")
            node = root
            for name in tables:
                below = node.setdefault(name, {})
                assert isinstance(below, dict)
                node = below
            node[key] = setting
    return root
