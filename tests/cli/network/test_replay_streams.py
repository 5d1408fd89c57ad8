"""`replay` from an input that makes one wait: `capture --out - | infocaller replay -`, a named pipe."""

import json
import os
import signal
import subprocess
import sys
import threading
from base64 import b64encode

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def line(number):
    row = {
        "method": "POST",
        "url": "http://x/",
        "kind": "fin",
        "line": "1",
        "call": str(number),
        "body": b64encode(b"%d" % number).decode(),
    }
    return json.dumps(row | {"note": "x" * 500}).encode() + b"\n"


@pytest.fixture
def start(tmp_path):
    """A function: a replay with a pipe to its standard input. It is killed at the end."""
    started = []

    def begin(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "infocaller_cli", "replay", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def sink(endpoint):
    """An endpoint that says what has come: `came.wait_for(count)`."""
    told = threading.Condition()

    def behave(connection, number):
        while one.read(connection):
            with told:
                told.notify_all()
            connection.sendall(OK)

    def wait_for(count):
        with told:
            assert told.wait_for(lambda: len(one.requests) >= count, 60), one.requests

    one = endpoint(behave)
    one.wait_for = wait_for
    return one


def give(process, data):
    process.stdin.write(data)
    process.stdin.flush()


def test_what_was_read_is_sent_while_more_is_awaited(start, sink):
    process = start("-", "--to", sink.url, "--json")
    for number in range(3):
        give(process, line(number))
        sink.wait_for(number + 1)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["ok"] == 3


def test_an_answer_that_came_while_more_is_awaited_is_no_time_out(start, sink):
    process = start("-", "--to", sink.url, "--json", "--timeout", "1", "--concurrency", "2")
    give(process, line(0))
    sink.wait_for(1)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)
    give(process, line(1))
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["by_status"] == {"200": 2}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_more_is_awaited(start, sink, number):
    process = start("-", "--to", sink.url)
    give(process, line(0))
    sink.wait_for(1)
    process.send_signal(number)
    assert process.wait(60) == 130  # its input is still open
    assert b"ok: 1\n" in process.stdout.read()
    assert process.stderr.read() == b""


def test_an_output_that_fails_while_more_is_awaited(start, endpoint):
    sink = endpoint(OK.replace(b"200 OK", b"500 No"))
    process = start("-", "--to", sink.url, "--failed", "/dev/full")
    give(process, line(0))
    assert process.wait(60) == 2
    assert b"No space left" in process.stderr.read()


def test_a_named_pipe(start, sink, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = start("fifo", "missing", "--to", sink.url, "--json")
    with fifo.open("wb") as stream:
        stream.write(line(0))
        stream.flush()
        sink.wait_for(1)
        stream.write(b'{"torn')
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert json.loads(out)["ok"] == 1
    assert b"fifo#2: no complete record, skipped" in err


def test_from_a_capture_as_it_records(server, start, sink, form):
    one = server("-q", "capture", "--out", "-")
    process = start("-", "--to", sink.url, "--json")
    for number in range(3):
        assert one.post(form(call=str(number)))[0] == 200
        give(process, one.process.stdout.readline())
        sink.wait_for(number + 1)
    assert [body for _, body in sink.requests] == [form(call=str(number)) for number in range(3)]
