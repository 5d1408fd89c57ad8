"""A document pasted into a terminal arrives whole, and the terminal is as it was afterwards."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from infocaller_cli.testing import Infocaller

PATIENCE = 60
NOTICE = b"standard input is awaited"


def body(size):
    """A form body on one line, at least so long."""
    made = Infocaller("3956").event("FIN", {f"N{number}": "x" * 200 for number in range(size // 200)}).body
    assert len(made) > size
    assert b"\n" not in made
    return made


def test_a_line_of_more_than_4095_characters_arrives_whole(terminal, tmp_path):
    pasted = body(10_000)
    done = terminal("convert", "-", "-o", "out.json", answers=[(NOTICE, pasted + b"\n\x04")])
    assert done.code == 0
    (tmp_path / "body").write_bytes(pasted)
    again = terminal("convert", "body", "-o", "again.json")
    assert again.code == 0
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "again.json").read_bytes()


@pytest.fixture
def at_a_terminal(tmp_path):
    """A function: the command on a terminal, once it awaits input; with the terminal's modes before."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [sys.executable, "-m", "infocaller_cli", "verify", "-"],
        stdin=slave, stdout=slave, stderr=slave, cwd=tmp_path, start_new_session=True,
        env=os.environ | {"INFOCALLER_PASSWORD": "3956"},
    )  # fmt: skip
    shown = b""
    while NOTICE not in shown:
        assert select.select([master], [], [], PATIENCE)[0], shown
        shown += os.read(master, 65536)
    deadline = time.monotonic() + PATIENCE
    while termios.tcgetattr(slave)[3] & termios.ICANON:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield process, master, slave, before
    process.kill()
    process.wait()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_as_it_was_however_it_ends(at_a_terminal, number):
    process, _, slave, before = at_a_terminal
    process.send_signal(number)
    assert process.wait(PATIENCE) in (130, -number)
    assert termios.tcgetattr(slave) == before


def test_ctrl_d_ends_the_input_and_gives_the_terminal_back(at_a_terminal):
    process, master, slave, before = at_a_terminal
    os.write(master, b"\x04")
    assert process.wait(PATIENCE) == 3
    assert termios.tcgetattr(slave) == before
