"""`infocaller config`: the configuration shown, begun, and completed with a password in the keyring."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...config.places import FILE_NAME
from ...errors import ExitCode, InfocallerError, UsageError
from .. import options

if TYPE_CHECKING:
    from ...config.file import Config
    from ..report import Report
    from ..settings import Settings


def config() -> None:
    """Show what is in force and why, write a configuration file, trust one, put a password into the system's keyring."""


def show(context: typer.Context, json: options.Json = False) -> int:
    """Print every setting in force, its value and where it comes from. Passwords are masked, files and commands left alone."""
    from .config_show import print_plain, print_table, settings_in_force

    settings = options.settings(context)
    report = settings.report
    report.json = json
    rows = settings_in_force(context, settings)
    if json:
        for row in rows:
            report.row(row.as_json())
    else:
        (print_table if sys.stdout.isatty() else print_plain)(rows, report)
    return ExitCode.OK


def init(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: every setting stands there as a commented example.")] = False,
    out: Annotated[str, typer.Option("--out", "-o", metavar="OUT", help="Write here (mode 0600); - is standard output.")] = FILE_NAME,
    force: Annotated[bool, typer.Option("--force", help="Overwrite OUT.")] = False,
) -> int:
    """Write a commented configuration file, after asking what it should hold."""
    from ...config.edit import create, refuse_existing
    from ...config.template import render

    report = options.settings(context).report
    path = Path(out)
    if out != "-":
        refuse_existing(path, force=force)
    values: dict[str, str] = {}
    if not yes:
        from .config_questions import ask

        values = ask(path.parent)
    text = render(values)
    if out == "-":
        report.data(text.encode())
        return ExitCode.OK
    create(path, text, force=force)
    report.note(f"{out} is written; infocaller config show prints what is in force")
    if values:
        _adopt(path, text.encode(), report)
    for key in values:
        if key.endswith(".keyring"):
            report.note(f"next: infocaller config set-password {key.split('.')[1]}")
    return ExitCode.OK


def _adopt(path: Path, text: bytes, report: Report) -> None:
    """Trust what was typed just now, and say what is wrong with the password it names."""
    from ...config.file import parse
    from ...config.sources import File
    from ...config.trust import trust

    try:
        trust(path, text)
    except UsageError as error:
        report.warn(str(error))
    for line, source in parse(text, path).lines.items():
        if isinstance(source, File):
            with suppress(InfocallerError):  # it is not there yet
                _say_guessable(line, source.password(line, report), report)


def _say_guessable(line: str, password: str, report: Report) -> None:
    from ...codec.signature import GUESSABLE, is_guessable

    if is_guessable(password):
        report.note(f"the password of line {line}: {GUESSABLE}")


def trust(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The configuration; else ./infocaller.toml.")] = FILE_NAME,
) -> int:
    """Let a configuration found in the current folder run commands as you and read files elsewhere, while it stays as it is.

    Read it first: whoever wrote it could have anything run. One that is named, by --config or INFOCALLER_CONFIG, needs no trust.
    """
    from ...config.file import parse, read
    from ...config.trust import trust

    report = options.settings(context).report
    path = Path(file)
    text = read(path)
    for line, source in parse(text, path).lines.items():
        danger = source.reaches_out_of(path.parent)
        if danger:
            report.note(f"the {source.key} of line {line}: {danger}")
    trust(path, text)
    report.note(f"{path} is trusted while it stays as it is")
    return ExitCode.OK


def set_password(
    context: typer.Context,
    line: Annotated[str, typer.Argument(metavar="LINE", help="The LineNumber, digits only.")],
    password_file: Annotated[
        str | None,
        typer.Option("--password-file", metavar="FILE", help="File with the password, - is standard input. Else it is asked for."),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the password from the keyring.")] = False,
) -> int:
    """Put the telephone password of a line into the system's keyring, and say so in the configuration.

    It needs the extra `keyring`: pip install 'infocaller-cli[keyring]'.
    """
    from ...config import vault
    from ...config.keys import is_number

    settings = options.settings(context)
    if not is_number(line):
        raise UsageError(f"{line!r} is no line", "a line is a LineNumber, digits only", "infocaller config set-password 123456789")
    if delete:
        if password_file is not None:
            raise UsageError("--delete and --password-file exclude each other", "nothing is stored")
        found = settings.config
        vault.delete(line)
        _say_deleted(found, line, settings.report)
        return ExitCode.OK
    from ...config.edit import add_keyring, check_addable
    from ...config.places import user_path

    found = settings.config
    check_addable(found, line)
    name = vault.name()
    password = _new_password(line, password_file, settings)
    vault.put(line, password)
    added = add_keyring(found, line, user_path())
    settings.report.note(f"the password of line {line} is in the keyring ({name})")
    _say_guessable(line, password, settings.report)
    if added:
        settings.report.note(f"{found.path or user_path()} says so now: [lines.{line}] keyring = true")
    return ExitCode.OK


def _say_deleted(found: Config, line: str, report: Report) -> None:
    report.note(f"the keyring has no password of line {line} any more")
    entry = found.lines.get(line)
    if entry is not None and entry.key == "keyring":
        report.note(f"[lines.{line}] keyring = true stays in {found.path}: take it out, or nothing signs for this line")


def _new_password(line: str, password_file: str | None, settings: Settings) -> str:
    from ...codec.signature import check_password
    from ...config import password_text, terminal

    if password_file is not None:
        return check_password(password_text.from_file(password_file, settings.report))
    if not terminal.is_there():
        raise UsageError("no password was given", "there is no terminal to ask on", "--password-file FILE, or - for standard input")
    while True:
        first = terminal.hidden(f"Telephone password of line {line}: ")
        if not first:
            raise UsageError("no password was given", "an empty one signs nothing")
        check_password(first)
        if terminal.hidden("The same once more: ") == first:
            return first
        settings.report.warn("the two are not the same; once more, or Ctrl-C")
