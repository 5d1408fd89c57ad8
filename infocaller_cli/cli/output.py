"""Writing results: to stdout, or to a file that is complete or not there at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(data: bytes, out: str | None) -> None:
    """Write bytes to OUT, or to stdout without one. Raises UsageError."""
    with open_out(out) as stream:
        stream.write(data)


@contextmanager
def open_out(out: str | None) -> Iterator[IO[bytes]]:
    """A binary stream for a command's result. A regular file appears under its name once all is written.

    Raises UsageError where OUT cannot be written.
    """
    import sys

    if out is None or out == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    try:
        if path.exists() and not path.is_file():  # a device or a pipe (or a folder, which open refuses)
            with path.open("wb") as stream:
                yield stream
            return
        import tempfile

        target = path.resolve()
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise cannot_write(out, error) from None
    try:
        with open(handle, "wb") as stream:
            yield stream
            written = stream.tell()
        if not written:  # every document was refused: what OUT held is worth more than nothing
            os.unlink(temporary)
            return
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise cannot_write(out, error) from None
        raise


def _mode(path: Path) -> int:
    """The mode the file has, or a new one would have."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def cannot_write(out: str, error: OSError) -> UsageError:
    """The error for an OUT that cannot be written."""
    return UsageError(f"{out} cannot be written", error.strerror or str(error))
