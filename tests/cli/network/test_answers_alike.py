"""One table of raw answers, four judges: `send-query`, `replay`, `capture --forward-to`, and curl where it is installed."""

import json
import shutil
import subprocess
from base64 import b64decode

import pytest

from infocaller_cli.errors import UnreachableError
from infocaller_cli.traffic.send.request import request
from infocaller_cli.traffic.send.sender import send

OK = b"HTTP/1.1 200 OK\r\nX-App: one\r\n"
LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"2\r\nok\r\n0\r\n\r\n"
# Answers that all four take: status 200, the body `ok`, X-App: one
TAKEN = {
    "plain": OK + LENGTH + b"\r\nok",
    "bare-lf": (OK + LENGTH + b"\r\nok").replace(b"\r\n", b"\n"),
    "bare-lf-chunks": (OK + CHUNKED + b"\r\n" + CHUNKS).replace(b"\r\n", b"\n"),
    "folded": OK + b"X-Long: a\r\n\tb\r\n" + LENGTH + b"\r\nok",
    "length-twice": OK + LENGTH + LENGTH + b"\r\nok",
    "length-list": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "length-and-chunks": OK + b"Content-Length: 99\r\n" + CHUNKED + b"\r\n" + CHUNKS,
    "chunked-twice": OK + CHUNKED + CHUNKED + b"\r\n" + CHUNKS,
    "identity": OK + b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\nok",
    "identity-to-the-end": OK + b"Transfer-Encoding: identity\r\n\r\nok",
    "blank-before-colon": OK.replace(b":", b" :") + LENGTH + b"\r\nok",
    "control-character": OK + b"X-Odd: \x1b\r\n" + LENGTH + b"\r\nok",
    "bare-cr": OK + b"X-Odd: a\rb\r\n" + LENGTH + b"\r\nok",
    "odd-name": OK + b"X Odd[]: a\r\n" + LENGTH + b"\r\nok",
    "no-reason": OK.replace(b" OK", b"") + LENGTH + b"\r\nok",
    "accents": OK.replace(b"OK", "Est\u00e1 bien".encode()) + LENGTH + b"\r\nok",
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nX-App: no\r\n\r\n" + OK + LENGTH + b"\r\nok",
    "trailers": OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\nX-App: two\r\nContent-Type: text/evil\r\n\r\n",
    "two-answers": OK + LENGTH + b"\r\nok" + b"HTTP/1.1 500 No\r\nX-App: two\r\nContent-Length: 3\r\n\r\nbad",
}
# Answers that nobody takes, but for those that curl makes something of
REFUSED = {
    "no-http": b"<html>\r\n\r\n",
    "no-colon": OK + b"hello\r\n" + LENGTH + b"\r\nok",
    "zero-byte": OK + b"X: \0\r\n" + LENGTH + b"\r\nok",
    "folded-from-the-start": b"HTTP/1.1 200 OK\r\n X: y\r\n" + LENGTH + b"\r\nok",
    "length-below-zero": OK + b"Content-Length: -2\r\n\r\nok",
    "length-cut-off": OK + b"Content-Length: 9\r\n\r\nok",
    "two-lengths": OK + LENGTH + b"Content-Length: 3\r\n\r\nok",
    "two-lengths-in-a-list": OK + b"Content-Length: 2, 3\r\n\r\nok",
    "unknown-coding": OK + b"Transfer-Encoding: odd, chunked\r\n\r\n" + CHUNKS,
    "chunk-too-long": OK + CHUNKED + b"\r\n2\r\nokay\r\n0\r\n\r\n",
    "chunk-size": OK + CHUNKED + b"\r\nx\r\nok\r\n0\r\n\r\n",
    "chunks-cut-off": OK + CHUNKED + b"\r\n2\r\nok\r\n",
}
CURL_TAKES = {"two-lengths-in-a-list"}
CURL_IS_NOT_ASKED = {"blank-before-colon", "control-character", "bare-cr", "odd-name"}  # its versions differ


@pytest.fixture
def application(endpoint):
    """Answers each path with the answer of that name, then closes."""

    def behave(connection, number):
        found = one.read(connection)
        if found:
            connection.sendall((TAKEN | REFUSED)[found[0].split()[1].decode().strip("/")])

    one = endpoint(behave)
    return one


def test_send(application):
    for name in TAKEN | REFUSED:
        asked = request(application.url + name, "text/plain", b"x")
        if name in TAKEN:
            answer = send(asked, 10)
            assert (answer.status, answer.body, answer.content_type) == (200, b"ok", None), name
        else:
            with pytest.raises(UnreachableError, match="not complete, or no HTTP"):
                send(asked, 10)
    assert send(request(application.url + "accents", "text/plain", b"x"), 10).reason == "Est\u00e1 bien"


def test_replay(run, application, tmp_path):
    rows = [json.dumps({"method": "POST", "url": f"/{name}", "body": "eA=="}) for name in TAKEN | REFUSED]
    (tmp_path / "all.ndjson").write_text("\n".join(rows))
    done = run("replay", "all.ndjson", "--to", application.url, "--keep-path", "--failed", "failed.ndjson", "--json")
    failed = [json.loads(line)["url"].strip("/") for line in (tmp_path / "failed.ndjson").read_text().splitlines()]
    assert sorted(failed) == sorted(REFUSED)
    assert json.loads(done.stdout)["by_status"]["200"] == len(TAKEN)
    assert len(application.requests) == len(rows)  # none was sent again


def test_forward(server, application, tmp_path):
    one = server("capture", "--out", "all.ndjson", "--forward-to", application.url.rstrip("/"))
    for name in TAKEN | REFUSED:
        status, headers, body = one.post(b"x", f"/{name}")
        assert status == (200 if name in TAKEN else 502), name
        if name in TAKEN:
            assert (body, headers.get_all("X-App"), headers["Content-Type"]) == (b"ok", ["one"], None), name
    records = [json.loads(line)["resp"] for line in (tmp_path / "all.ndjson").read_text().splitlines()]
    assert [b64decode(record["body"]) for record in records] == [b"ok"] * len(TAKEN) + [b""] * len(REFUSED)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_curl(application):
    for name in (TAKEN | REFUSED).keys() - CURL_IS_NOT_ASKED:
        command = ["curl", "--silent", "--max-time", "10", "--data", "x", application.url + name]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        taken = name in TAKEN or name in CURL_TAKES
        assert (done.returncode == 0) == taken, name
        assert done.stdout == b"ok" or not taken


def test_an_accented_reason_is_shown(run, application):
    done = run("send-event", "FIN", "--to", application.url + "accents")
    assert done.out.startswith("200 Est\u00e1 bien: ")
