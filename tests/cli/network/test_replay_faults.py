"""`replay` and endpoints that misbehave; interrupted and killed replays; full disks."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LINES = 40


@pytest.fixture
def calls(tmp_path):
    """A function: a capture of so many requests, each a call of its own, the body its number."""

    def write(count=LINES, name="calls.ndjson"):
        rows = [
            {"method": "POST", "url": "http://x/", "kind": "fin", "line": "1", "call": str(n), "body": b64encode(b"%d" % n).decode()}
            for n in range(count)
        ]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return name

    return write


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def says(*pieces, closes=False):
    def act(connection):
        for piece in pieces:
            connection.sendall(piece)
        if closes:
            connection.close()

    return act


HEAD = b"HTTP/1.1 200 OK\r\n"
FAULTS = {
    "5xx": (says(OK.replace(b"200 OK", b"503 No")), "503"),
    "redirect": (says(OK.replace(b"200 OK", b"302 Found\r\nLocation: /x")), "302"),
    "closes": (says(closes=True), "closed"),
    "resets": (reset, "reset"),
    "garbage": (says(b"\x00\xffhello\r\n\r\n"), "garbage"),
    "half a head": (says(HEAD, b"Conte", closes=True), "closed"),
    "half a body": (says(HEAD, b"Content-Length: 9\r\n\r\nhalf", closes=True), "closed"),
    "half a chunk": (says(HEAD, b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", closes=True), "closed"),
    "hangs": (lambda connection: time.sleep(3), "timeout"),
    "an endless head": (says(HEAD, b"X: y\r\n" * 100_000), "garbage"),
    "an endless header": (says(HEAD, b"X: " + b"y" * 600_000), "garbage"),
    "another protocol": (says(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), "garbage"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_endpoint_that_misbehaves_once_in_four(run, calls, endpoint, tmp_path, fault):
    act, word = FAULTS[fault]

    def behave(connection, number):
        while found := sink.read(connection):
            if int(found[1]) % 4 == 3:
                act(connection)
                return
            connection.sendall(OK)

    sink = endpoint(behave)
    done = run("replay", calls(), "--to", sink.url, "--failed", "failed.ndjson", "--timeout", "1", "--json")
    assert done.code == 1, done.err
    row = json.loads(done.stdout)
    assert row["by_status"] == {"200": 30, word: 10}
    failed = (tmp_path / "failed.ndjson").read_text().splitlines()
    original = (tmp_path / "calls.ndjson").read_text().splitlines()
    assert sorted(failed) == sorted(original[3::4])  # as it was: a capture
    assert "Traceback" not in done.err


def test_a_request_whose_answer_began_is_not_sent_again(run, calls, endpoint):
    """On a connection that was used before: the other side has seen the request, and may have done what it asks."""

    def behave(connection, number):
        while found := sink.read(connection):
            if found[1] == b"3":
                connection.sendall(b"HTTP/1.1 2")
                return
            connection.sendall(OK)

    sink = endpoint(behave)
    done = run("replay", calls(), "--to", sink.url, "--concurrency", "1", "--json")
    assert json.loads(done.stdout)["by_status"] == {"200": LINES - 1, "closed": 1}
    assert [body for _, body in sink.requests] == [b"%d" % number for number in range(LINES)]


def test_a_connection_that_is_said_to_close_is_not_used_again(run, calls, endpoint):
    """Whoever says so need not do it at once, and reads nothing more."""

    def behave(connection, number):
        sink.read(connection)
        connection.sendall(OK[:-2] + b"Connection: close\r\n\r\n")
        while sink.read(connection):  # and answers no more
            pass

    sink = endpoint(behave)
    done = run("replay", calls(5), "--to", sink.url, "--concurrency", "1", "--timeout", "2", "--json")
    assert json.loads(done.stdout)["by_status"] == {"200": 5}


ANSWERS = {
    "no length": (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", True),
    "http 1.0": (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", True),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", False),
    "early hints": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, False),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, False),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", False),
    "says close": (OK[:-2] + b"Connection: close\r\n\r\n", True),
    "closes in silence": (OK, True),
    "twice": (OK + OK, False),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_every_way_to_answer(run, calls, endpoint, case):
    answer, closes = ANSWERS[case]

    def behave(connection, number):
        while sink.read(connection):
            connection.sendall(answer)
            if closes:
                return

    sink = endpoint(behave)
    done = run("replay", calls(), "--to", sink.url, "--json")
    assert done.code == 0, (done.out, done.err)
    assert sum(json.loads(done.stdout)["by_status"].values()) == LINES
    if case != "twice":
        assert sorted(int(body) for _, body in sink.requests) == list(range(LINES))


def test_nobody_there(run, calls):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = run("replay", calls(), "--to", f"http://127.0.0.1:{port}/", "--json")
    assert done.code == 4
    assert json.loads(done.stdout)["by_status"] == {"refused": LINES}
    unknown = run("replay", "calls.ndjson", "--to", "http://no-such-host.invalid/", "--json")
    assert (unknown.code, json.loads(unknown.stdout)["by_status"]) == (4, {"unresolved": LINES})


def test_retries(run, calls, endpoint):
    """503 with Retry-After, then a closed connection, then an answer; the call waits, others do not."""
    tries = {}
    done_at = {}

    def behave(connection, number):
        while found := sink.read(connection):
            which = int(found[1])
            tries[which] = tries.get(which, 0) + 1
            if which == 3 and tries[which] == 1:
                connection.sendall(OK.replace(b"200 OK", b"503 No\r\nRetry-After: 1"))
            elif which == 3 and tries[which] == 2:
                return
            else:
                done_at[which] = time.monotonic()
                connection.sendall(OK)

    sink = endpoint(behave)
    done = run("replay", calls(), "--to", sink.url, "--retries", "2", "--concurrency", "1", "--json")
    assert done.code == 0, done.err
    row = json.loads(done.stdout)
    assert (row["sent"], row["ok"], row["by_status"]) == (LINES, LINES, {"200": LINES})
    assert tries[3] == 3
    assert done_at[3] - done_at[4] > 0.9


def test_what_is_not_retried(run, calls, endpoint):
    sink = endpoint(OK.replace(b"200 OK", b"404 No"))
    row = json.loads(run("replay", calls(4), "--to", sink.url, "--retries", "3", "--json").stdout)
    assert (row["failed"], len(sink.requests)) == (4, 4)


def start(tmp_path, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "infocaller_cli", *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def slow_sink(endpoint, counted, reached):
    def behave(connection, number):
        while found := one.read(connection):
            counted.append(int(found[1]))
            if len(counted) >= 100:
                reached.set()
            time.sleep(0.005)
            connection.sendall(OK)

    one = endpoint(behave)
    return one


def lines_of(path):
    return [json.loads(line)["line"] for line in path.read_bytes().splitlines()]


def test_killed_and_resumed_by_its_journal(run, calls, endpoint, tmp_path):
    counted, reached = [], threading.Event()
    sink = slow_sink(endpoint, counted, reached)
    command = ("replay", calls(400), "--to", sink.url, "--journal", "journal", "--failed", "failed", "--concurrency", "8")
    process = start(tmp_path, *command)
    assert reached.wait(60)
    process.kill()
    process.communicate()
    with (tmp_path / "journal").open("ab") as stream:  # torn by the kill
        stream.write(b'{"file":"')
    done = run(*command, "--json")
    assert done.code == 0, done.err
    assert set(counted) == set(range(400))
    assert len(counted) <= 400 + 8  # at most one repeat per connection
    assert json.loads(done.stdout)["sent"] < 400
    again = run(*command, "--json")
    assert (again.code, json.loads(again.stdout)["sent"], json.loads(again.stdout)["skipped"]) == (0, 0, 400)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_with_the_table_and_a_complete_journal(calls, endpoint, tmp_path, number):
    counted, reached = [], threading.Event()
    sink = slow_sink(endpoint, counted, reached)
    process = start(tmp_path, "replay", calls(2000), "--to", sink.url, "--journal", "journal")
    assert reached.wait(60)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted" in out
    assert b"Traceback" not in err
    sent = int(out.split()[1].replace(b",", b""))
    journal = lines_of(tmp_path / "journal")
    assert len(journal) == sent == len(set(journal))
    assert {line - 1 for line in journal} <= set(counted)
    assert len(counted) - sent <= 8


def test_interrupted_while_nothing_answers(calls, endpoint, tmp_path):
    reached = threading.Event()

    def behave(connection, number):
        sink.read(connection)
        reached.set()
        time.sleep(60)

    sink = endpoint(behave)
    process = start(tmp_path, "replay", calls(), "--to", sink.url, "--timeout", "50")
    assert reached.wait(60)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - began < 10


def test_a_journal_is_about_one_file(run, calls, endpoint, tmp_path):
    sink = endpoint(OK)
    name = calls(4)
    assert run("replay", name, "--to", sink.url, "--journal", "journal").code == 0
    calls(4, "other.ndjson")
    refused = run("replay", "other.ndjson", "--to", sink.url, "--journal", "journal")
    assert refused.code == 2
    assert "is not about this replay" in refused.err
    calls(5)
    grown = run("replay", name, "--to", sink.url, "--journal", "journal")
    assert grown.code == 2
    assert "bytes then" in grown.err
    assert run("replay", "-", "--to", sink.url, "--journal", "journal", stdin=b"").code == 2
    assert len(sink.requests) == 4


def test_filters_may_change_with_a_journal(run, calls, endpoint):
    sink = endpoint(OK)
    name = calls(4)
    assert run("replay", name, "--to", sink.url, "--journal", "journal", "--call", "2").code == 0
    assert run("replay", name, "--to", sink.url, "--journal", "journal").code == 0
    assert sorted(int(body) for _, body in sink.requests) == [0, 1, 2, 3]


def test_a_dry_run_leaves_out_what_is_finished_and_writes_nothing(run, calls, endpoint, tmp_path):
    sink = endpoint(OK)
    name = calls(4)
    assert run("replay", name, "--to", sink.url, "--journal", "journal", "--call", "2").code == 0
    before = (tmp_path / "journal").read_bytes()
    done = run("replay", name, "--to", sink.url, "--journal", "journal", "--failed", "failed", "--dry-run")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == [f"{name}#{number}" for number in (1, 2, 4)]
    assert (tmp_path / "journal").read_bytes() == before
    assert run("replay", name, "--to", sink.url, "--journal", "new", "--dry-run").code == 0
    assert not (tmp_path / "failed").exists()
    assert not (tmp_path / "new").exists()
    assert len(sink.requests) == 1


@pytest.mark.parametrize(
    ("option", "text", "why"),
    [
        ("--journal", '{"method":"POST","url":"http://x/"}\n', "is no journal"),
        ("--journal", '{"log":{}}\n', "is no journal"),
        ("--journal", "notes\n", "is no journal"),
        ("--failed", "notes\n", "is no capture"),
        ("--failed", '{"file":"x","size":1,"line":1}\n', "is no capture"),
    ],
)
def test_other_files_are_not_spoilt(run, calls, tmp_path, option, text, why):
    (tmp_path / "precious").write_text(text)
    done = run("replay", calls(1), "--to", "http://127.0.0.1:1/", option, "precious")
    assert (done.code, done.stdout) == (2, b"")
    assert f"precious {why}" in done.err
    assert (tmp_path / "precious").read_text() == text


def test_a_journal_is_a_file_of_its_own(run, calls):
    name = calls(1)
    for out in ("-", "both"):
        done = run("replay", name, "--to", "http://127.0.0.1:1/", "--journal", out, "--failed", "both")
        assert (done.code, done.stdout) == (2, b"")


@pytest.mark.parametrize("path", ["/dev/zero", ".", "fifo"])
def test_a_journal_is_a_regular_file(run, calls, tmp_path, path):
    os.mkfifo(tmp_path / "fifo")
    done = run("replay", calls(1), "--to", "http://127.0.0.1:1/", "--journal", path)
    assert (done.code, done.stdout) == (2, b"")
    assert f"the journal {path} cannot be read" in done.err
    assert "it is no regular file" in done.err


def test_what_failed_is_journalled_only_once_it_is_kept(run, calls, endpoint, tmp_path):
    sink = endpoint(OK.replace(b"200 OK", b"500 No"))
    name = calls(4)
    assert run("replay", name, "--to", sink.url, "--journal", "a").code == 1
    assert lines_of(tmp_path / "a") == []
    assert run("replay", name, "--to", sink.url, "--journal", "b", "--failed", "failed").code == 1
    assert sorted(lines_of(tmp_path / "b")) == [1, 2, 3, 4]
    assert len((tmp_path / "failed").read_text().splitlines()) == 4
    resumed = run("replay", name, "--to", sink.url, "--journal", "b", "--failed", "failed")
    assert resumed.code == 0
    assert len((tmp_path / "failed").read_text().splitlines()) == 4
    good = endpoint(OK)
    assert run("replay", "failed", "--to", good.url).code == 0
    assert sorted(int(body) for _, body in good.requests) == [0, 1, 2, 3]


def test_a_full_disk(run, calls, endpoint):
    sink = endpoint(OK.replace(b"200 OK", b"500 No"))
    done = run("replay", calls(), "--to", sink.url, "--failed", "/dev/full")
    assert done.code == 2
    assert "No space left on device" in done.err
    assert "sent: " in done.out
