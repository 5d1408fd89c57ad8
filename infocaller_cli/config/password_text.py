"""A password as text: that of a file, of standard input, of a variable, of what a command prints."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, UsageError
from ..streams import stdin
from .bounded import LONGEST, read_file, read_stream
from .permissions import warn_if_readable

if TYPE_CHECKING:
    from ..streams import Notices


def from_file(name: str, report: Notices, hint: str = "") -> str:
    """The password in a file; - is standard input. `hint` is for who wrote no file's name. Raises InputError, UsageError."""
    try:
        data = read_stream(stdin(), LONGEST) if name == "-" else read_file(Path(name), LONGEST)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise InputError(f"the password file {name} cannot be read", error.strerror or str(error), hint if missing else "") from None
    except ValueError as error:  # a zero byte in its name
        raise InputError("the password file cannot be read", str(error)) from None
    if name != "-":
        warn_if_readable(Path(name), report)
    report.detail(f"password: from {name}")
    text = to_text(data)
    if not text:
        raise UsageError(f"the password file {name} is empty", "no signature can be made or checked without a password")
    return text


def to_text(data: bytes) -> str:
    """UTF-8 if valid, else ISO-8859-1; one trailing line break is dropped."""
    data = data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")
