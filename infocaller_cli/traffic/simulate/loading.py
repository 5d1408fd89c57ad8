"""Scripts and cases from files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...calls import Case, Script, read, read_cases, script_named
from ...errors import InputError

# Far above any script that people draw; a file that is none is not read for ever. Bytes
LARGEST = 4 << 20


class Loaded(NamedTuple):
    """A script and the cases to play on it: its own, or those of a file of their own. `file` is where the cases stand,
    `script_file` where the steps do.
    """

    script: Script
    cases: tuple[Case, ...]
    file: str
    script_file: str


def load(path: str | Path) -> Loaded:
    """Read a script, or a file of cases and the script that it names. Raises InputError, and ScriptError for a mistake in either."""
    file = str(path)
    text = read_text(file)
    name = script_named(text)
    if not name:
        script = read(text, file)
        return Loaded(script, script.cases, file, file)
    other = str(Path(file).parent / name)
    script = read(read_text(other), other)
    return Loaded(script, read_cases(text, script, file), file, other)


def read_text(file: str) -> str:
    """The text of a script's file. Raises InputError."""
    try:
        with open(file, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read", error.strerror or str(error)) from None
    return text_in(data, file)


def text_in(data: bytes, file: str) -> str:
    """The text that a script's file holds. Raises InputError."""
    if len(data) > LARGEST:
        raise InputError(f"{file} is no script", f"it is larger than {LARGEST >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} cannot be read", f"it is not UTF-8 (byte {error.start})", "save it as UTF-8, as TOML is") from None
