"""One URL, three doors: `send-event`, `replay` and `capture --forward-to` write the same request line, Host and Authorization."""

import json

import pytest

# What follows the host -> the target that is written
TARGETS = {
    "": "/",
    "/\u00e9/a b": "/%C3%A9/a%20b",
    "/a/../b/.": "/b/",
    "/x?\u00f1=a b&c=%E9": "/x?%C3%B1=a%20b&c=%E9",
    '/"<\\>{}?#part': "/%22%3C%5C%3E%7B%7D",
}
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def send(run, server, url):
    assert run("send-event", "FIN", "--to", url).code == 0


def replay(run, server, url):
    assert run("replay", "-", "--to", url, stdin=json.dumps({"method": "POST", "url": "/other", "body": ""})).code == 0


def forward(run, server, url):
    assert server("capture", "--out", "passed.ndjson", "--forward-to", url).post(b"x")[0] == 204


@pytest.mark.parametrize("door", [send, replay, forward])
@pytest.mark.parametrize("path", TARGETS)
def test_the_request_line_of_a_url(run, server, endpoint, door, path):
    sink = endpoint(OK)
    door(run, server, f" HTTP://\u00f1%20o:%E9x@127.0.0.1:{sink.port}{path}")
    ((head, _),) = sink.requests
    lines = head.split(b"\r\n")
    assert lines[0] == f"POST {TARGETS[path]} HTTP/1.1".encode()
    assert [line for line in lines if line.startswith((b"Host:", b"Authorization:"))] == [
        b"Host: 127.0.0.1:%d" % sink.port,
        b"Authorization: Basic w7EgbzrpeA==",
    ]


@pytest.mark.parametrize("url", ["http://127.0.0.1:0/", "http://a b/", "http://me:s3/cret@h/", "ftp://h/"])
def test_what_no_door_takes(run, url):
    said = set()
    for command in (
        ("send-event", "FIN", "--to"),
        ("replay", "/dev/null", "--to"),
        ("capture", "--out", "x", "--port", "0", "--forward-to"),
    ):
        done = run(*command, url)
        assert done.code == 2
        assert "cret" not in done.err
        said.add(done.err.partition("URL")[2])
    assert len(said) == 1
