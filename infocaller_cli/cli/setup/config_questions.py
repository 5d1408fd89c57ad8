"""What `infocaller config init` asks. Questions go to stderr; what cannot be right is asked again."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ...codec import spec
from ...config import vault
from ...config.keys import BY_KEY, Setting, is_number
from ...config.template import toml
from ...errors import UsageError
from ...streams import stdin, visible
from ...traffic.send import request, urls
from ..waking import waking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NONE = "none"
# What is typed -> the key of the line's entry
_SOURCES = {"file": "password_file", "command": "password_command", "keyring": "keyring", _NONE: ""}


def ask(folder: Path) -> dict[str, str]:
    """The settings a person wants (dotted key -> TOML), for a file in a folder.

    Raises UsageError without a terminal, KeyboardInterrupt at the end of the input.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("there is no terminal to ask on", "the file is made of answers", "--yes writes it without asking")
    print("Return takes what stands in brackets; Ctrl-C ends without a file.", file=sys.stderr)
    values = _line(folder)
    for key, question in (("format", "Format of what is sent (xml, json)"), ("country", "Country code of international numbers")):
        default = BY_KEY[key].default
        text = _question(question, default, partial(_wrong_value, BY_KEY[key]))
        if text != default:
            values[key] = toml(text)
    url = _question("URL your application takes events at", _NONE, _wrong_url)
    if url != _NONE:
        values |= {f"urls.{event}": toml(url) for event in spec.EVENTS}
    return values


def _line(folder: Path) -> dict[str, str]:
    line = _question("Your line (LineNumber, digits only)", _NONE, lambda text: "" if text == _NONE or is_number(text) else "digits only")
    if line == _NONE:
        return {}
    source = _SOURCES[_question(f"Its telephone password is in a ({', '.join(_SOURCES)})", "file", _wrong_source)]
    if source == "password_file":
        name = _question(f"Password file (a relative name starts at {folder.resolve()})", "infocaller.password", lambda _: "")
        if not (folder / name).expanduser().exists():
            print("  it is not there yet: write the password into it, and chmod 600 it", file=sys.stderr)
        value = toml(name)
    elif source == "password_command":
        value = toml(_question("Command that prints it", "pass show infocaller", lambda _: ""))
    else:
        value = "true"
    return {f"lines.{line}.{source}": value} if source else {}


def _question(text: str, default: str, wrong: Callable[[str], str]) -> str:
    """What is typed, else the default. `wrong` says why an answer cannot be right, "" if it can."""
    while True:
        print(f"{visible(text)} [{default}]: ", end="", file=sys.stderr, flush=True)
        with waking():
            typed = stdin(typed=True).readline().decode("utf-8", "surrogateescape")
        if not typed:
            raise KeyboardInterrupt
        answer = typed.strip() or default
        why = wrong(answer) if answer.isprintable() else "it has characters that cannot be printed"
        if not why:
            return answer
        print(f"  {visible(why)}", file=sys.stderr)


def _wrong_value(setting: Setting, text: str) -> str:
    return "" if setting.fits is None or setting.fits(text) else f"it must be {setting.holds}"


def _wrong_source(text: str) -> str:
    if text not in _SOURCES:
        return f"one of {', '.join(_SOURCES)}"
    if text == "keyring" and not vault.is_installed():
        return f"the library keyring is not installed: {vault.INSTALL}"
    return ""


def _wrong_url(text: str) -> str:
    if text == _NONE:
        return ""
    try:
        request.request(text, "", b"")
        if "_NumDesvio" in urls.used(text):
            return "[_NumDesvio] is known at diversions only, and this URL is for all events: write it into the file"
    except UsageError as error:
        return f"{error}; {error.hint}" if error.hint else str(error)
    return ""
