"""A terminal of a given width."""

import fcntl
import os
import struct
import termios
import threading
from contextlib import suppress

import pytest


@pytest.fixture
def screen(run):
    """A function: what `show` writes to a terminal of so many columns, without a pager, its line ends as in a file."""
    pty = pytest.importorskip("pty")

    def show(columns, *arguments, env=None, **more):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        shown = []
        reader = threading.Thread(target=_read_all, args=(master, shown))
        reader.start()
        try:
            done = run(*arguments, stdout=slave, env={"PAGER": "cat", **(env or {})}, **more)
        finally:
            os.close(slave)
            reader.join(60)
            os.close(master)
        assert (done.code, done.err) == (0, "")
        return b"".join(shown).decode().replace("\r\n", "\n")

    return show


def _read_all(master, shown):
    """Until the last one has closed the terminal, which Linux calls an error."""
    with suppress(OSError):
        while data := os.read(master, 65536):
            shown.append(data)
