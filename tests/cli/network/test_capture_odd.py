"""`capture` where things are unusual: answers no server may give, files that are no captures or go away, readers that leave."""

import contextlib
import http.client
import json
import os

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def records(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "calls.ndjson"


@pytest.mark.parametrize("status", [b"600", b"999"])
def test_a_status_that_is_none_is_a_502_and_recorded(server, out, endpoint, status):
    behind = endpoint(b"HTTP/1.1 %s Odd\r\nContent-Length: 2\r\n\r\nok" % status)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    assert one.post(b"x")[0] == 502
    assert f"answered {status.decode()}, which is no status" in one.wait_for("POST")
    assert records(out)[0]["resp"]["status"] == 502


def test_a_304_with_a_length_leaves_the_connection_open(server, out, endpoint):
    behind = endpoint(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 123\r\n\r\n")
    one = server("capture", "--out", out, "--forward-to", behind.url)
    connection = http.client.HTTPConnection(one.host, one.port, timeout=60)
    for _ in range(2):
        connection.request("POST", "/", b"x")
        with connection.getresponse() as answer:
            assert (answer.status, answer.headers["ETag"], answer.read()) == (304, "x", b"")
        assert connection.sock is not None
    connection.close()
    one.wait_for("POST", 2)


def test_a_url_in_a_path_is_a_path(server, out, endpoint, run):
    """What looks like `http://` further on names no host."""
    behind = endpoint(OK)
    one = server("capture", "--out", out, "--forward-to", behind.url.rstrip("/"))
    for target in ("/go/http://other:99/x?u=http://z/", "http://other:99/y?z"):
        with one.connect() as connection:
            connection.sendall(f"POST {target} HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert [row["url"] for row in records(out)] == ["http://here/go/http://other:99/x?u=http://z/", "http://other:99/y?z"]
    assert run("replay", out, "--to", behind.url, "--keep-path", "--concurrency", "1").code == 0
    expected = [b"/go/http://other:99/x?u=http://z/", b"/y?z"]
    assert [head.split(b" ")[1] for head, _ in behind.requests] == expected * 2


@pytest.mark.parametrize("first", [b'{"note":1,"url":"http://h/"}\n', b'{"ts":"2026', b'{"t', b"\n\n", b""], ids=repr)
def test_what_a_capture_may_begin_with(server, out, first):
    out.write_bytes(first)
    one = server("capture", "--out", out)
    assert one.post(b"x")[0] == 200
    assert out.read_bytes().startswith(first)
    assert json.loads(out.read_bytes().splitlines()[-1])["method"] == "POST"


@pytest.mark.parametrize("more", [(), ("--fsync",), ("--rotate", "1K")])
def test_a_file_that_is_removed_begins_anew(server, out, more):
    one = server("capture", "--out", out, *more)
    assert one.post(b"1")[0] == 200
    out.unlink()
    assert [one.post(body)[0] for body in (b"2", b"3")] == [200, 200]
    assert [row["body"] for row in records(out)] == ["Mg==", "Mw=="]


def test_a_file_that_others_make_shorter(server, out):
    """What is taken back where a write fails is what was written, not what was once there."""
    resource = pytest.importorskip("resource")
    one = server("capture", "--out", out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)))
    assert {one.post(b"x")[0] for _ in range(12)} == {200, 503}
    os.truncate(out, 0)
    statuses = [one.post(b"x")[0] for _ in range(12)]
    assert set(statuses) == {200, 503}
    assert len(records(out)) == statuses.count(200)


def test_a_reader_that_leaves_ends_it(server):
    """As in `capture --out - | head -n 1`."""
    one = server("capture", "--out", "-")
    assert one.post(b"x")[0] == 200
    assert one.process.stdout.readline()
    one.process.stdout.close()
    assert one.post(b"x")[0] == 503
    assert one.process.wait(60) == 0
    assert not any(line.startswith("error") for line in one.lines())


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", "431 Request Header Fields Too Large"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"),
    ],
)
def test_what_cannot_be_recorded_is_said(server, out, data, status):
    one = server("-q", "capture", "--out", out)
    with one.connect() as connection:
        connection.sendall(data)
        assert one.wait_for("refused").startswith(f"error: what 127.0.0.1 sent was refused and is not recorded: {status}")
    assert one.post(b"x")[0] == 200
    assert len(records(out)) == 1


def test_a_target_that_is_not_ascii_is_recorded_and_passed_on_as_it_came(server, out, endpoint):
    behind = endpoint(OK)
    one = server("capture", "--out", out, "--forward-to", behind.url.rstrip("/"))
    target = b"/ca\xf1a?eve=fin&x=\xc3\xa9%E9"
    with one.connect() as connection:
        for _ in range(2):
            connection.sendall(b"POST " + target + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert [record["url"] for record in records(out)] == ["http://x" + target.decode("latin-1")] * 2 + ["http://x/a"]
    assert behind.requests[0][0].startswith(b"POST " + target + b" HTTP/1.1\r\n")


def test_trailers_are_no_headers(server, out, endpoint):
    """Even after a body that is larger than a head may be."""
    behind = endpoint(OK)
    one = server("capture", "--out", out, "--forward-to", behind.url)
    with one.connect() as connection:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        connection.sendall(head + b"186a0\r\n" + b"x" * 100_000 + b"\r\n0\r\nAuthorization: no\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert "Authorization" not in records(out)[0]["header"]
    assert b"Authorization" not in behind.requests[0][0]
    assert len(behind.requests[0][1]) == 100_000


def limited(soft, hard=None):
    """What lets a process have so many open files."""
    resource = pytest.importorskip("resource")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard or most))


def test_more_connections_than_a_process_is_given_at_first(server, out):
    one = server("-q", "capture", "--out", out, preexec_fn=limited(64))
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(one.connect())
        assert one.post(b"x")[0] == 200
        assert one.stop() == 0
    assert one.lines() == [f"listening on {one.url}"]


def test_more_connections_than_a_process_may_have(server, out):
    one = server("-q", "capture", "--out", out, preexec_fn=limited(40, 40))
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(one.connect())
        one.wait_for("error: connections have to wait (Too many open files)")
    assert one.post(b"x")[0] == 200
    assert one.stop() == 0
    assert [line for line in one.lines() if "wait" not in line] == [f"listening on {one.url}"]


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_it_says_what_a_capture_gives_away_and_who_can_read_it(server, out, mode):
    out.touch()
    out.chmod(mode)
    said = "\n".join(server("capture", "--out", out).lines())
    assert "the lines' passwords can be computed from it" in said
    assert ("other users can read" in said) == (mode == 0o666)
