"""`capture` where things are unusual: answers no server may give, files that are no captures or go away, readers that leave."""

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
