"""The commented configuration file that `infocaller config init` writes.

A line that begins with # and a blank is a comment, one with # alone is an example.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from .keys import NAME, NUMBER, SETTINGS, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 100
_HEAD = """\
Configuration of infocaller. An option beats the environment, the environment beats this file.
Examples begin with # alone: take it away to use them. `infocaller config show` prints what is in force.
"""
_TABLES = {
    "urls": "Where events are sent without --to.",
    "queries": "Where queries are sent without --to, by name.",
    "lines": "Where the telephone password of a line comes from: one key a line. INFOCALLER_PASSWORD and --password-file beat it.",
}
_QUERY = "ESTADO PEDIDO"
_LINE = 123456789


def toml(value: str) -> str:
    """Printable text as a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def render(values: Mapping[str, str]) -> str:
    """The file with these settings (dotted key -> TOML); every other is an example."""
    parts = [_comment(_HEAD)]
    table = ""
    number = _LINE
    for setting in (one for one in SETTINGS if one.fits is not None):
        name, _, rest = setting.key.partition(".")
        if rest and name != table:
            table = name
            parts.append(_comment(_TABLES[name]) + ("" if NUMBER in rest else f"[{name}]\n"))
        if NUMBER in rest:
            parts.append(_line(setting, values, number))
            number += 1
        else:
            parts.append(_plain(setting, values, rest or name))
    return "\n".join(parts)


def _plain(setting: Setting, values: Mapping[str, str], name: str) -> str:
    value = values.get(setting.key)
    key = toml(_QUERY) if name == NAME else name
    default = f" Default: {setting.default}." if setting.default else ""
    return _comment(setting.meaning + default) + (f"#{key} = {setting.example}\n" if value is None else f"{key} = {value}\n")


def _line(setting: Setting, values: Mapping[str, str], number: int) -> str:
    """The examples have numbers of their own: each may be used beside the others."""
    source = setting.key.rpartition(".")[2]
    text = _comment(setting.meaning)
    used = [key for key in values if key.startswith("lines.") and key.endswith(f".{source}")]
    for key in used:
        text += f"[{key.rpartition('.')[0]}]\n{source} = {values[key]}\n"
    return text if used else text + f"#[lines.{number}]\n#{source} = {setting.example}\n"


def _comment(text: str) -> str:
    return "".join(f"{line}\n" for line in textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False))
