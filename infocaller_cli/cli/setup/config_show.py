"""Every setting in force: its value, and whether an option, the environment, the file or nobody set it."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from ...config.keys import NAME, NUMBER, SETTINGS, Setting
from ...config.places import HERE
from ...config.sources import File
from ...errors import UsageError
from ...streams import visible
from ...traffic.http.url import masked
from ..terminal import columns, no_color_because

if TYPE_CHECKING:
    import typer

    from ...config.file import Config
    from ..report import Report
    from ..settings import Settings

_MASK = "***"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Row(NamedTuple):
    """A setting. `origin`: flag, environment, file or default; `source`: which option, variable or file. `value` None: not set."""

    key: str
    value: str | None
    origin: str
    source: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """One object of `--json`."""
        row: dict[str, Any] = {"key": self.key, "value": self.value, "origin": self.origin, "source": self.source or None}
        return row | ({"note": self.note} if self.note else {})

    def shown(self) -> str:
        """The value for a person."""
        return visible(" ".join(filter(None, ("none" if self.value is None else self.value, self.note))))


def settings_in_force(context: typer.Context, settings: Settings) -> list[Row]:
    """Every setting, in the order of the table. Reads the configuration, but no password. Raises UsageError."""
    config = settings.config
    rows = []
    for setting in SETTINGS:
        if setting.key == "config":
            rows.append(_file(config))
        elif setting.key == "color":
            rows.append(_color(context, settings, setting))
        elif setting.fits is None:
            rows.append(_of_environment(setting))
        elif NUMBER not in setting.key:
            rows += _of_file(setting, config)
    rows += [_line(number, config) for number in config.lines]
    return rows + [Row(name, masked(os.environ[name]), "environment", name) for name in _proxies()]


def _file(config: Config) -> Row:
    if config.path is None:
        return Row("config", None, "default", "", "(no file is named, none is in the current folder or yours)")
    origin = {"--config": "flag", "INFOCALLER_CONFIG": "environment"}.get(config.found, "default")
    source = config.found if origin != "default" else ""
    trusted = ", and trusted" if config.found == HERE and not config.stranger else ""
    return Row("config", _path(config), origin, source, "" if source else f"(found in {config.found}{trusted})")


def _path(config: Config) -> str:
    return os.path.abspath(config.path or "")


def _color(context: typer.Context, settings: Settings, setting: Setting) -> Row:
    given = context.find_root().get_parameter_source("color")
    because = no_color_because() if settings.report.color == "auto" else ""
    if because:
        return Row("color", "never", "environment", because)
    if given is not None and given.name == "COMMANDLINE":
        return Row("color", settings.report.color, "flag", setting.flag)
    return Row("color", setting.default, "default")


def _of_environment(setting: Setting) -> Row:
    value = os.environ.get(setting.variable)
    if not value:
        return Row(setting.key, setting.default or None, "default")
    if setting.key == "password":
        return Row(setting.key, _MASK, "environment", setting.variable, "for every line")
    return Row(setting.key, "; ".join(filter(None, value.splitlines())), "environment", setting.variable)


def _of_file(setting: Setting, config: Config) -> list[Row]:
    """The rows of a setting that only a file may hold: those of its table, or its value and its default."""
    table, _, name = setting.key.partition(".")
    held = getattr(config, table)
    source = _path(config)
    if not name:
        return [Row(table, held, "file", source) if table in config.given else Row(table, held, "default")]
    urls = held if name == NAME else {name: held[name]} if name in held else {}
    if not urls and name != NAME:
        return [Row(setting.key, None, "default")]
    return [Row(f"{table}.{key}", masked(url), "file", source) for key, url in urls.items()]


def _line(number: str, config: Config) -> Row:
    source = config.lines[number]
    note = "in this file" if source.key == "password" else f"from {source.key}"
    if isinstance(source, File):
        note += f" {os.path.abspath(source.path)}"
    try:
        config.refuse_untrusted(number)
    except UsageError:
        note += ", refused until `infocaller config trust`"
    return Row(f"lines.{number}", _MASK, "file", _path(config), note)


def _proxies() -> list[str]:
    return [name for name in os.environ if name.lower() in _PROXIES and os.environ[name]]


def print_plain(rows: list[Row], report: Report) -> None:
    """A line a setting: `country: 34 (default)`."""
    for row in rows:
        report.out(f"{row.key}: {row.shown()} ({' '.join(filter(None, (row.origin, row.source)))})")


def print_table(rows: list[Row], report: Report) -> None:
    """Aligned columns on a terminal: key, value, origin. The file is named once, by `config`. A long value keeps its words whole."""
    origins = [row.origin if row.origin == "file" else f"{row.origin} {row.source}".rstrip() for row in rows]
    keys = max(len(visible(row.key)) for row in rows)
    room = max(columns() - keys - 2, 1)
    column = min(max(len(row.shown()) for row in rows), max(room - max(map(len, origins)) - 2, 0))
    for row, origin in zip(rows, origins, strict=True):
        lines = textwrap.wrap(row.shown(), room, break_long_words=False, break_on_hyphens=False) or [""]
        if len(lines[-1]) > column:
            lines.append("")
        lines[-1] = f"{lines[-1]:{column}}  {origin}"
        for key, line in zip((visible(row.key), *[""] * len(lines)), lines, strict=False):
            report.out(f"{key:{keys}}", "bold" if key else "", f"  {line}")
