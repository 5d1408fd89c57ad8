"""`capture` as a real process: what it records, how it passes on, and what it survives."""

import base64
import contextlib
import gzip
import json
import os
import re
import signal
import socket
import stat
import struct
import threading
import time
from datetime import UTC, datetime

import pytest


def records(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def body_of(message):
    return base64.b64decode(message["body"], validate=True)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "calls.ndjson"


def test_a_request_is_recorded_byte_for_byte(server, out, form):
    one = server("capture", "--out", out)
    body = form()[:-1] + bytes(range(256))
    with one.connect() as connection:
        head = b"POST /ev?eve=fin&x=%2F%c3 HTTP/1.1\r\nHoSt: here:1\r\nX-Two: a\r\nx-two: b\r\nX-Two: c \xe9\r\n"
        connection.sendall(head + f"Content-LENGTH: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    (record,) = records(out)
    assert body_of(record) == body
    assert (record["method"], record["url"]) == ("POST", "http://here:1/ev?eve=fin&x=%2F%c3")
    expected = {"HoSt": ["here:1"], "X-Two": ["a", "c \u00e9"], "x-two": ["b"], "Content-LENGTH": [str(len(body))], "Connection": ["close"]}
    assert record["header"] == expected
    assert list(record["header"]) == list(expected)
    assert record["resp"]["status"] == 200
    when = datetime.fromisoformat(record["ts"])
    assert abs((datetime.now(UTC) - when).total_seconds()) < 60
    assert record["ts"].endswith("Z")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert one.stop() == 0


def test_what_is_said_of_a_document(server, out, form, run, tmp_path):
    one = server("capture", "--out", out)
    assert one.post(form())[::2] == (200, b"")
    assert one.post(form(password="wrong"))[0] == 200
    status, headers, body = one.post(form("Q"))
    assert (status, headers["Content-Type"]) == (200, "text/xml")
    assert b"<Result>1</Result>" in body
    assert one.post(b"hello \x1b[31m")[0] == 200
    assert one.request("GET", "/health\x7f".replace("\x7f", "%7f"))[0] == 200
    rows = records(out)
    assert [row.get("kind") for row in rows] == ["event", "event", "query", None, None]
    assert [(row.get("line"), row.get("call")) for row in rows[:3]] == [("123456789", "98565656")] * 3
    assert body_of(rows[2]["resp"]) == body
    one.wait_for("GET /health")  # a line may come after its answer
    shown = [line for line in one.lines() if re.match(r"\d\d:\d\d:\d\d  ", line)]
    assert re.match(r".{8}  event +\S+ +98565656 +valid +200\b", shown[0])
    assert re.match(r".{8}  event +\S+ +98565656 +invalid +200\b", shown[1])
    assert re.match(r".{8}  query Q +\S+ +98565656 +valid +200\b", shown[2])
    assert "no document" in shown[3]
    assert "GET /health" in shown[4]
    assert not any("\x1b" in line for line in shown)
    one.stop()
    done = run("verify", "calls.ndjson", env={"INFOCALLER_PASSWORD": "3956"})
    assert done.out.count(": valid") == 2


def test_without_a_password_nothing_is_checked(server, out, form):
    one = server("capture", "--out", out, env={"INFOCALLER_PASSWORD": ""})
    one.post(form(password="anything"))
    one.wait_for(" unchecked ")


def test_a_torn_last_line_is_ended_before_appending(server, out, form, run):
    out.write_bytes(b'{"ts":"2026-11-23T10:00:00Z","method":"PO')
    one = server("capture", "--out", out)
    one.post(form())
    one.stop()
    lines = out.read_bytes().splitlines()
    assert (len(lines), lines[0]) == (2, b'{"ts":"2026-11-23T10:00:00Z","method":"PO')
    done = run("verify", "calls.ndjson", env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out.count(": valid")) == (0, 1)
    assert "calls.ndjson#1: no complete record, skipped" in done.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--out", "payload.xml"), "is no capture"),
        (("--out", "payload.json"), "is no capture"),
        (("--out", "pretty.json"), "is no capture"),
        (("--out", "log.har"), "is no capture"),
        (("--out", "journal"), "is no capture"),
        (("--out", "missing/calls.ndjson"), "cannot be written"),
        (("--out", "."), "cannot be written"),
        (("--out", "c", "--rotate", "0"), "--rotate cannot be"),
        (("--out", "-", "--rotate", "1M"), "--rotate needs a file"),
        (("--out", "c", "--forward-to", "ftp://x/"), "no http or https URL"),
        (("--out", "c", "--forward-to", "http://a b/"), "is no URL"),
        (("--out", "c", "--timeout", "0"), "--timeout cannot be 0"),
        (("--out", "c", "--insecure"), "need --forward-to"),
        (("--out", "c", "--tls-key", "k"), "--tls-key needs --tls-cert"),
        ((), "--out"),
    ],
)
def test_wrong_usage(run, tmp_path, arguments, why):
    files = {
        "payload.xml": "<ApiCall/>",
        "payload.json": '{"ApiCall":{"UserID":{}}}\n',
        "pretty.json": '{\n  "ApiCall": {}\n}\n',
        "log.har": '{"log":{"entries":[]}}',
        "journal": '{"file":"c","size":1,"line":1}\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = run("capture", "--port", "0", *arguments)
    assert (done.code, done.stdout) == (2, b"")
    assert why in done.err
    assert {name: (tmp_path / name).read_text() for name in files} == files


def test_one_file_takes_one_capture(server, out, run):
    server("capture", "--out", out)
    done = run("capture", "--out", "calls.ndjson", "--port", "0")
    assert done.code == 2
    assert "is in use" in done.err


def test_rotation(server, out, form, run):
    one = server("capture", "--out", out, "--rotate", "8K")
    for number in range(40):
        one.post(form(call=str(number)))
    one.stop()
    parts = sorted(out.parent.glob("calls*.ndjson"))
    assert len(parts) > 2
    assert all(part.stat().st_size <= 8192 for part in parts)
    turned = [part for part in parts if part != out]
    assert turned[0].name == "calls.0001.ndjson"
    calls = [row["call"] for part in [*turned, out] for row in records(part)]
    assert calls == [str(number) for number in range(40)]
    assert all(stat.S_IMODE(part.stat().st_mode) == 0o600 for part in parts)


def test_standard_output(server, form):
    one = server("capture", "--out", "-")
    one.post(form())
    assert json.loads(one.process.stdout.readline())["kind"] == "event"


def test_fsync(server, out, form):
    one = server("-q", "capture", "--out", out, "--fsync")
    threads = [threading.Thread(target=one.post, args=(form(call=str(number)),)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(row["call"]) for row in records(out)) == list(range(50))
    assert one.stop() == 0


def test_a_body_over_the_limit_is_refused_and_not_recorded(server, out, form):
    one = server("capture", "--out", out)
    assert one.post(b"x" * (16 * 1024 * 1024 + 1))[0] == 413
    assert one.post(b"x" * (16 * 1024 * 1024))[0] == 200
    assert [len(body_of(row)) for row in records(out)] == [16 * 1024 * 1024]


# ------------------------------------------------------------------------------------------------------------ passing on


def test_it_passes_on_and_back(server, out, form, endpoint):
    packed = gzip.compress(b"<html>")
    behind = endpoint(
        b"HTTP/1.1 418 Teapot\r\nX-App: one\r\nx-app: two\r\nContent-Encoding: gzip\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
        b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )
    one = server("capture", "--out", out, "--forward-to", f"{behind.url}app?key=1")
    body = form()
    with one.connect() as connection:
        head = (
            b"PUT /ev?eve=fin HTTP/1.1\r\nHost: here\r\nX-Mine: 1\r\nx-mine: 2\r\nConnection: close, x-hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
        )
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, back = answer.partition(b"\r\n\r\n")
    assert back == packed
    assert head.startswith(b"HTTP/1.1 418 ")
    for line in (b"x-app: one", b"x-app: two", b"set-cookie: a=1", b"set-cookie: b=2", b"content-encoding: gzip"):
        assert line in head.lower().split(b"\r\n")
    assert b"x-hop" not in head.lower()
    ((sent, passed),) = behind.requests
    assert passed == body
    lines = sent.split(b"\r\n")
    assert lines[0] == b"PUT /app?key=1&eve=fin HTTP/1.1"
    assert b"Host: 127.0.0.1:%d" % behind.port in lines
    assert lines[2:4] == [b"X-Mine: 1", b"x-mine: 2"]
    assert not any(line.lower().startswith((b"te:", b"x-hop:", b"connection:")) for line in lines)
    (record,) = records(out)
    assert record["resp"]["status"] == 418
    assert record["resp"]["header"]["Set-Cookie"] == ["a=1", "b=2"]
    assert body_of(record["resp"]) == packed


def test_the_path_of_the_request_where_the_url_has_none(server, out, endpoint):
    behind = endpoint(b"HTTP/1.1 204 No Content\r\n\r\n")
    one = server("capture", "--out", out, "--forward-to", behind.url.rstrip("/"))
    assert one.request("HEAD", "/a/b%20c?d")[0] == 204
    assert one.request("POST", "/", b"x")[0] == 204
    assert [head.split(b"\r\n")[0] for head, _ in behind.requests] == [b"HEAD /a/b%20c?d HTTP/1.1", b"POST / HTTP/1.1"]


def test_chunked_and_unending_answers(server, out, endpoint):
    def behave(connection, number):
        behind.read(connection)
        if number:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nto the end")
        else:
            connection.sendall(
                b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            )
            connection.sendall(b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")

    behind = endpoint(behave)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    assert one.post(b"x")[::2] == (200, b"abcdef")
    assert one.post(b"x")[::2] == (200, b"to the end")


def test_redirects_are_passed_back(server, out, endpoint):
    behind = endpoint(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n")
    one = server("capture", "--out", out, "--forward-to", behind.url)
    status, headers, _ = one.post(b"x")
    assert (status, headers["Location"]) == (302, "http://elsewhere/")


def hang(behind):
    def behave(connection, number):
        behind[0].read(connection)
        connection.recv(1)

    return behave


DEAD = {
    "closes": lambda connection: None,
    "garbage": lambda connection: connection.sendall(b"hello\r\n\r\n"),
    "half": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "half a head": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-"),
    "resets": lambda connection: connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
}


@pytest.mark.parametrize("how", DEAD)
def test_a_broken_application_is_a_502_and_recorded(server, out, form, endpoint, how):
    def behave(connection, number):
        behind.read(connection)
        DEAD[how](connection)

    behind = endpoint(behave)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    status, _, body = one.post(form("Q"))
    assert status == 502
    assert b"<Result>1</Result>" in body
    (record,) = records(out)
    assert record["resp"]["status"] == 502
    one.wait_for("gave no answer")


def test_a_dead_application_and_a_slow_one(server, out, form, endpoint):
    behind = []
    behind.append(endpoint(hang(behind)))
    slow = server("capture", "--out", out, "--forward-to", behind[0].url, "--timeout", "0.5")
    assert slow.post(form("Q"))[0] == 504
    slow.stop()
    behind[0].close()
    dead = server("capture", "--out", out, "--forward-to", behind[0].url)
    assert dead.post(form())[0] == 502
    dead.wait_for("refused")
    assert [row["resp"]["status"] for row in records(out)] == [504, 502]


def test_an_application_that_closes_idle_connections(server, out, form, endpoint):
    """A kept-alive connection that has gone stale is no failure."""

    def behave(connection, number):
        behind.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    behind = endpoint(behave)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    assert [one.post(form())[0] for _ in range(10)] == [200] * 10


# ---------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_and_recorded_before_the_end(server, out, endpoint, number):
    reached = threading.Event()

    def behave(connection, which):
        behind.read(connection)
        reached.set()
        time.sleep(0.5)  # until the signal has come; were it not, this test would only prove less
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    behind = endpoint(behave)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    answers = []
    post = threading.Thread(target=lambda: answers.append(one.post(b"x")))
    post.start()
    assert reached.wait(60)
    assert one.stop(number) == 0
    post.join()
    assert answers[0][::2] == (200, b"ok")
    assert len(records(out)) == 1


def test_killed_under_load_nothing_answered_is_missing(server, out, form, run):
    one = server("-q", "capture", "--out", out)
    answered = []

    def post(worker):
        with contextlib.suppress(OSError):
            for number in range(10_000):
                call = f"{worker}{number:06}"
                if one.post(form(call=call))[0] == 200:
                    answered.append(call)

    threads = [threading.Thread(target=post, args=(worker,)) for worker in range(1, 9)]
    for thread in threads:
        thread.start()
    while len(answered) < 300:
        time.sleep(0.01)
    assert one.stop(signal.SIGKILL) == -signal.SIGKILL
    for thread in threads:
        with contextlib.suppress(Exception):
            thread.join()
    with out.open("ab") as stream:  # what a kill in the middle of a write leaves
        stream.write(b'{"ts":"2026-11-23T10:0')
    two = server("-q", "capture", "--out", out)
    two.post(form(call="7"))
    two.stop()
    done = run("verify", "--json", "calls.ndjson", env={"INFOCALLER_PASSWORD": "3956"})
    assert "no complete record, skipped" in done.err
    seen = {json.loads(line)["call"] for line in done.stdout.splitlines()}
    assert set(answered) | {"7"} <= seen


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a file system of its own")
@pytest.mark.parametrize("more", [(), ("--fsync",)])
def test_a_full_disk(server, tmp_path, form, more):
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        out = small / "calls.ndjson"
        one = server("capture", "--out", out, *more)
        statuses = [one.post(form(call=str(number)))[0] for number in range(60)]
        assert set(statuses) == {200, 503}
        assert "records cannot be written (No space left on device)" in one.wait_for("error:")
        assert sum(line.startswith("error:") for line in one.lines()) == 1
        kept = records(out)  # nothing is torn
        assert [row["call"] for row in kept] == [str(number) for number, status in enumerate(statuses) if status == 200]
        assert one.post(form("Q"))[0] == 503
        os.truncate(out, 0)
        assert one.stop() == 0
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def test_a_disk_that_is_full_from_the_start(server, form):
    one = server("capture", "--out", "/dev/full")
    status, _, body = one.post(form("Q"))
    assert status == 503
    assert b"<Result>1</Result>" in body
    assert one.stop() == 0
