"""Writing results: to stdout, or to a file that is complete or not there at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..files import appearing
from ..streams import Output, stdout

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(data: bytes, out: str | None) -> None:
    """Write bytes to OUT, or to stdout without one. Raises UsageError."""
    with open_out(out) as stream:
        stream.write(data)


@contextmanager
def open_out(out: str | None) -> Iterator[Output]:
    """What takes a command's result. A regular file appears under its name once all is written.

    Raises UsageError where OUT cannot be written.
    """
    import sys

    if out is None or out == "-":
        yield stdout()
        sys.stdout.flush()
        return
    path = Path(out)
    try:
        # A device or a pipe is written to as it is (and a folder, which open refuses)
        with path.open("wb") if path.exists() and not path.is_file() else appearing(path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(out, error) from None


def refuse_input(files: list[str], out: str | Path | None) -> None:
    """Raises UsageError where OUT is one of the FILEs, by whatever name: the original would be gone."""
    if out is None or not os.path.isfile(out):
        return
    from .inputs.source import record_named

    for file in files:
        name, _ = record_named(file)
        if name != "-" and os.path.exists(name) and os.path.samefile(name, out):
            raise UsageError(f"{out} is also a FILE", "the document would be overwritten by what is made of it", "write elsewhere")


def cannot_write(out: str, error: OSError) -> UsageError:
    """The error for an OUT that cannot be written."""
    return UsageError(f"{out} cannot be written", error.strerror or str(error))
