"""The live lines of `capture`: what somebody sees who leaves it open on a second screen."""

import http.client
import json
import re
import socket
import sys
from pathlib import Path

import pytest

from infocaller_cli.cli.network.capture_lines import CALLS, VARIABLES, Variables
from infocaller_cli.testing import Infocaller

SIGNED = Infocaller("3956")
GOOD = (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
    b"<VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar></CustVars></ApiCall>"
)


def answers(body, status="200 OK"):
    """What an endpoint does that answers so."""

    def behave(connection, _request):
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return behave


def lines_of(one):
    return [line for line in one.lines() if re.match(r"\d\d:\d\d:\d\d  ", line)]


@pytest.fixture
def watched(server):
    """A `capture` without an application behind it."""
    return server("capture", "--out", "calls.ndjson")


def test_a_line_has_time_event_caller_call_signature_and_what_is_new(watched):
    for message, path in (
        (SIGNED.event("INICIO", {"NUMPEDIDO": "7"}, call="70700001", caller="600111222"), "/?e=inicio"),
        (SIGNED.query("ESTADO PEDIDO", {"NUMPEDIDO": "7", "X": "1"}, call="70700001", caller="600111222"), "/"),
        (SIGNED.event("DESVIO_FALLIDO", {"NUMPEDIDO": "8"}, call="70700001", caller="X", password="0"), "/desvio_fallido"),
        (SIGNED.event("INICIO", {}, call="70700002", caller="600111222"), "/elsewhere"),
        (SIGNED.event("FIN", {"NUMPEDIDO": "8"}, call="70700001", caller="600111222"), "/"),
    ):
        assert watched.post(message.body, path)[0] == 200
    watched.wait_for("FIN ")
    first, second, third, fourth, fifth = lines_of(watched)
    assert re.fullmatch(r".{8}  INICIO +600111222 +70700001 +valid +200  NUMPEDIDO=7", first)
    assert re.fullmatch(r".{8}  query ESTADO PEDIDO +600111222 +70700001 +valid +200  X=1", second)
    assert re.fullmatch(r".{8}  DESVIO_FALLIDO +X +70700001 +invalid +200  NUMPEDIDO=8", third)
    assert re.fullmatch(r".{8}  event +600111222 +70700002 +valid +200  at /elsewhere", fourth)
    assert re.fullmatch(r".{8}  FIN +600111222 +70700001 +valid +200", fifth)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (GOOD, "200 OK", "-> PEDIDO=2"),
        (GOOD.replace(b">0<", b">4<"), "200 OK", "-> Result is 4 (ok); the error action runs"),
        (GOOD.replace(b"PEDIDO", b"bad name"), "200 OK", "-> the answer is not valid: IC401: "),
        (b"<html><body>Error</body></html>", "200 OK", "-> the answer is not valid: IC001: "),
        (GOOD, "500 Oops", "-> the status is 500"),
    ],
    ids=["good", "result", "name", "html", "status"],
)
def test_the_applications_answer_is_judged_as_send_query_does(server, endpoint, body, status, told):
    one = server("capture", "--out", "calls.ndjson", "--forward-to", endpoint(answers(body, status)).url)
    assert one.post(SIGNED.query("ESTADO PEDIDO", {}).body)[2] == body
    line = one.wait_for("ESTADO PEDIDO")
    assert re.search(r" \d{3} [\d.]+ ms  ", line)
    assert told in line


@pytest.mark.parametrize(
    ("body", "status", "color", "said"),
    [(GOOD, "200 OK", 32, "-> PEDIDO=2"), (b"<html>", "200 OK", 31, "-> the answer is not valid: IC001")],
)
def test_in_colour_an_answer_that_would_not_be_taken_is_red(server, endpoint, body, status, color, said):
    one = server("--color", "always", "capture", "--out", "calls.ndjson", "--forward-to", endpoint(answers(body, status)).url)
    one.post(SIGNED.query("ESTADO PEDIDO", {}).body)
    line = one.wait_for("ESTADO PEDIDO")
    assert f"\x1b[{color}m{said}" in line
    assert "\x1b[1mquery ESTADO PEDIDO\x1b[0m" in line


def test_a_refused_request_says_why_and_how_it_began(watched, tmp_path):
    for data in (b"GET / HTTP/1.1\r\nContent-Length: \x1b[2Jmany\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"):
        with watched.connect() as client:
            client.sendall(data)
            assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    first, second = watched.wait_for("is not recorded"), watched.wait_for("is not recorded", 2)
    assert re.search(r"400 Bad Request: \S.*, in b'GET / HTTP/1.1\\r\\nContent-Length: \\x1b\[2Jmany", first)
    assert re.search(r"in b'\\x16\\x03.*\(TLS, and this port is plain: the URL begins with http://", second)
    assert (tmp_path / "calls.ndjson").read_bytes() == b""


def test_an_event_wants_a_success(server, endpoint):
    one = server("capture", "--out", "calls.ndjson", "--forward-to", endpoint(answers(b"", "404 Not Found")).url)
    assert one.post(SIGNED.event("FIN", {}).body)[0] == 404
    assert "refused: Infocaller wants a status of 2xx" in one.wait_for("  FIN ")


def test_what_is_bad_is_told_to_the_quiet_too(server, endpoint):
    quiet = server("-q", "capture", "--out", "calls.ndjson", "--forward-to", endpoint(answers(b"<html>")).url)
    quiet.post(SIGNED.query("BAD", {}).body)
    assert "IC001" in quiet.wait_for("query BAD")


def test_nothing_that_comes_steers_the_terminal(watched):
    assert watched.post(SIGNED.event("FIN", {}).body, "/%1b[2J")[0] == 200
    assert watched.post(b"apiInfocaller=%3CApiCall%1b%5B2J")[0] == 200
    watched.wait_for("POST /")
    assert not any("\x1b" in line for line in watched.lines())


def test_at_the_start_it_says_which_url_to_enter_and_at_the_end_what_came(server, tmp_path):
    one = server("capture", "--out", "calls.ndjson", "--host", "127.0.0.1")
    before = "\n".join(one.lines())
    one.post(SIGNED.event("FIN", {}).body)
    assert one.stop() == 0
    told = one.wait_for("recorded")
    one.wait_for("validate calls.ndjson")
    said = "\n".join(one.lines())
    assert "section 'API'" in said
    assert "cloudflared tunnel --url http://localhost:" in said
    assert "1 request recorded in calls.ndjson" in told
    for line in ("show calls.ndjson", "replay calls.ndjson --to URL", "validate calls.ndjson"):
        assert f"\n  infocaller {line}" in said
    assert "listening on" in before
    assert len((tmp_path / "calls.ndjson").read_text().splitlines()) == 1


@pytest.mark.parametrize("columns", [80, 160])
def test_a_terminal_breaks_notices_between_words_and_commands_nowhere(tmp_path, columns):
    pexpect = pytest.importorskip("pexpect")
    name = "a_name_as_long_as_a_folder_and_a_file_may_be_together_if_they_tell_what_is_in_them.ndjson"
    arguments = ["-m", "infocaller_cli", "capture", "--out", name, "--port", "0"]
    path = {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "NO_COLOR": "1"}
    child = pexpect.spawn(sys.executable, arguments, cwd=str(tmp_path), env=path, dimensions=(24, columns), encoding="utf-8", timeout=60)
    child.expect(r"(?s)(.*)listening on (\S+)")
    said, url = child.match.groups()
    host, _, number = url.partition("://")[2].rpartition(":")
    with socket.create_connection((host, int(number))) as client:
        client.sendall(b"\x16\x03\x01\x02" * 20 + b"\r\n\r\n")  # TLS, and this port is plain
        assert client.recv(100)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sender = http.client.HTTPConnection(url.partition("://")[2])
    sender.request("POST", "/", SIGNED.event("FIN", {}).body, form)
    assert sender.getresponse().status == 200
    sender.close()
    child.sendintr()
    child.expect(pexpect.EOF)
    said += child.before
    assert f"  infocaller validate {name}\r\n" in said
    lines = said.split("\r\n")
    assert [line for line in lines if len(line) > columns and name not in line] == []
    beginnings = ("note: ", "warning: ", "error: ", "  ", "time ", "^C")
    assert [line for line in lines if line and not line.startswith(beginnings) and not re.match(r"\d\d:", line)] == []


def test_nothing_recorded_is_said(server):
    one = server("capture", "--out", "calls.ndjson")
    assert one.stop() == 0
    one.wait_for("no request was recorded")


def test_memory_is_bounded():
    variables = Variables()
    many = [(f"N{number}", "1") for number in range(VARIABLES + 50)]
    assert variables.new(("1", "1"), many, dict(many), last=False) == many
    assert len(variables.new(("1", "1"), many, dict(many), last=False)) == 50
    for number in range(CALLS):
        variables.new(("1", f"9{number}"), [], {}, last=False)
    assert len(variables._seen) == CALLS
    assert variables.new(("1", "1"), many[:1], {}, last=True) == many[:1]  # forgotten: new once more


def test_the_record_holds_what_it_did(watched, tmp_path):
    watched.post(SIGNED.event("FIN", {}, call="70700001").body)
    row = json.loads((tmp_path / "calls.ndjson").read_bytes())
    assert (row["kind"], row["line"], row["call"], row["resp"]["status"]) == ("fin", "123456789", "70700001", 200)
