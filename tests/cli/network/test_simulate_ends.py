"""Whatever ends `simulate`, the application gets a FIN: the reader of the output, a signal, the terminal, a disk that is full."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SCRIPT = """
end_of_call = [{ sms = "s" }]
[[step]]
message = "Bienvenida"
[[step]]
query = "Q"
[[step]]
message = "Adios"
[[case]]
name = "c"
"""


def kind(body):
    """FIN alone has an end, a query alone a name."""
    return "FIN" if b"EndDate" in body else "QUERY" if b"QueryName" in body else "EVENT"


@pytest.fixture
def started(endpoint, tmp_path):
    """A function: the command; `at(process)` is called while the request of that kind waits for its answer."""
    (tmp_path / "s.toml").write_text(SCRIPT)
    processes = []

    def start(*words, when, at):
        def behave(connection, number):
            _, body = one.read(connection)
            if kind(body) == when:
                at(processes[0])
            connection.sendall(OK)

        one = endpoint(behave)
        # Unbuffered: each line is written by itself
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "INFOCALLER_PASSWORD": "3956", "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "infocaller_cli", "simulate", "s.toml", "--to", one.url, *words],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        return process, one

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            stream.close()


@pytest.mark.parametrize("when", ["EVENT", "QUERY", "FIN"])
@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
def test_the_reader_has_seen_enough(started, words, when):
    process, one = started("--keys", "", *words, when=when, at=lambda process: process.stdout.close())
    assert process.wait(30) == 0
    assert process.stderr.read() == b""
    kinds = [kind(body) for _, body in one.requests]
    assert kinds == {"EVENT": ["EVENT", "FIN"]}.get(when, ["EVENT", "QUERY", "FIN"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("when", ["EVENT", "QUERY"])
def test_a_signal_hangs_up(started, number, when):
    process, one = started("--keys", "", when=when, at=lambda process: process.send_signal(number))
    assert process.wait(30) == -number
    assert process.stderr.read() == b""
    assert kind(one.requests[-1][1]) == "FIN"
    assert b"SMS" not in one.requests[-1][1]
    assert b"end of call: the caller hung up" in process.stdout.read()


def test_cases_that_go_on_have_their_end_before_a_signal_ends_them(started):
    process, one = started("--test", when="QUERY", at=lambda process: process.send_signal(signal.SIGTERM))
    assert process.wait(30) == -signal.SIGTERM
    assert process.stderr.read() == b""
    assert [kind(body) for _, body in one.requests] == ["EVENT", "QUERY", "FIN"]


def test_a_capture_that_cannot_be_written_ends_the_call_too(started):
    process, one = started("--keys", "", "--out", "/dev/full", when="", at=None)
    assert process.wait(30) == 2
    assert b"--out cannot be written" in process.stderr.read()
    assert [kind(body) for _, body in one.requests] == ["EVENT", "FIN"]


def test_the_terminal_is_gone(endpoint, tmp_path):
    pexpect = pytest.importorskip("pexpect")
    (tmp_path / "s.toml").write_text("[[step]]\nkeypad = 'k'\nvariable = 'A'\n")
    one = endpoint(OK)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "infocaller_cli", "simulate", str(tmp_path / "s.toml"), "--to", one.url],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TERM": "xterm", "INFOCALLER_PASSWORD": "3956"},
        encoding="utf-8",
        timeout=30,
    )
    child.expect("A> ")
    os.close(child.child_fd)
    _, status = os.waitpid(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGHUP
    assert [kind(body) for _, body in one.requests] == ["EVENT", "FIN"]
