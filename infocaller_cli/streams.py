"""The standard streams as bytes."""

from __future__ import annotations

import errno
import io
import sys


def stdin() -> io.BufferedReader:
    """Standard input as bytes. Raises OSError where it was closed (`<&-`)."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer  # type: ignore[return-value]
