"""What people write who have not read the manual: each is understood, or told what was meant."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

ENV = {"INFOCALLER_PASSWORD": "3956"}


@pytest.fixture
def unused_port():
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("send FIN", 2, "try: did you mean send-event or send-query?"),
        ("send-event FIN --url http://127.0.0.1:1/", 2, "try: did you mean --to?"),
        ("replay a.ndjson --endpoint http://127.0.0.1:1/", 2, "try: did you mean --to?"),
        ("verify a.xml --password 3956", 2, "try: did you mean --password-file?"),
        ("convert a.xml --output b.json", 2, "try: did you mean --out?"),
        ("sample fin --action call", 2, "try: did you mean 2 (call)?"),
        ("sample fin --action keypad", 2, "try: did you mean 4 (keypad data entry)?"),
        ("send-event FIN --to http://127.0.0.1:1/ --action menu", 2, "try: did you mean 6 (numeric menu)?"),
        ("verify http://127.0.0.1/orders", 3, "try: a URL is no FILE: --to URL sends there"),
        ("send-event FIN https://127.0.0.1/orders --to http://127.0.0.1:1/", 3, "try: a URL is no FILE: --to URL sends there"),
        ("convert localhost:8000/ev", 3, "try: a URL is no FILE: --to URL sends there"),
        ("show localhost", 3, "try: a URL is no FILE: --to URL sends there"),
        ("validate localhost.xml", 3, "try: name a file; - is standard input"),
        ("send-event http://127.0.0.1:1/ev", 2, "try: infocaller send-event FIN --to http://127.0.0.1:1/ev"),
        ("send-event FIN localhost:1/ev", 2, "try: infocaller send-event FIN --to localhost:1/ev"),
        ("send-query localhost:1/ev", 2, 'try: infocaller send-query "ESTADO PEDIDO" --to localhost:1/ev'),
        ("send-event query --to http://127.0.0.1:1/", 2, "try: infocaller send-query NAME"),
        ("version", 2, "try: infocaller --version"),
    ],
)
def test_what_was_meant_is_named(run, command, code, told):
    done = run(*command.split(), env=ENV)
    assert (done.code, done.out) == (code, "")
    assert any(line.strip().startswith(told) for line in done.err.splitlines()), done.err


def test_a_file_in_the_place_of_the_event_or_the_name_is_not_taken_for_it(run, tmp_path):
    (tmp_path / "query.xml").write_text("<ApiCall/>")
    for command, meant in (("send-query", '"ESTADO PEDIDO"'), ("send-event", "FIN")):
        done = run(command, "query.xml", "--to", "http://127.0.0.1:1/", "--dry-run", env=ENV)
        assert (done.code, done.out) == (2, "")
        assert f"try: infocaller {command} {meant} query.xml" in done.err
    done = run("send-query", "query.yaml", "--to", "http://127.0.0.1:1/", "--dry-run", env=ENV)
    assert (done.code, "query.yaml" in done.out) == (0, True)


def test_a_login_in_a_url_at_the_wrong_place_is_not_told(run):
    done = run("send-event", "https://me:secret@127.0.0.1/ev", env=ENV)
    assert (done.code, "secret" in done.err) == (2, False)


def test_the_beginning_of_a_rules_code_lists_those_that_begin_so(run):
    done = run("rules", "ic4", "--json")
    codes = [json.loads(line)["code"] for line in done.out.splitlines()]
    assert done.code == 0
    assert codes[0] == "IC401"
    assert all(code.startswith("IC4") for code in codes)
    assert run("rules", "IC404").out.startswith("IC404 (warning)")
    assert run("rules", "IC9").code == 2


@pytest.mark.parametrize(
    ("to", "host", "target"),
    [
        ("localhost:8000/ev", "localhost:8000", "/ev"),
        ("localhost", "localhost", "/"),
        ("127.0.0.1:8000", "127.0.0.1:8000", "/"),
        ("www.example.com/a?b=c", "www.example.com", "/a?b=c"),
        ("app:80/x", "app", "/x"),
        ("[::1]:8080/", "[::1]:8080", "/"),
    ],
)
def test_a_url_without_a_scheme_is_http(run, to, host, target):
    done = run("send-event", "FIN", "--to", to, "--dry-run", env=ENV)
    assert done.code == 0
    assert done.out.splitlines()[:2] == [f"POST {target} HTTP/1.1", f"Host: {host}"]


@pytest.mark.parametrize("to", ["ev", "/ev", "ftp://h/", "mailto:a@b.c", "file:///x"])
def test_what_is_no_url_stays_none(run, to):
    assert run("send-event", "FIN", "--to", to, "--dry-run", env=ENV).code == 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is an image (PNG)"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "it is an image (JPEG)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "it is a PDF"),
        (b"PK\x03\x04\x14\0\x06\0", "it is a ZIP file"),
        (b"", "the body is empty"),
    ],
)
def test_what_is_another_kind_of_file_is_told(run, tmp_path, data, told):
    (tmp_path / "file").write_bytes(data)
    done = run("verify", "file", env=ENV)
    assert (done.code, done.out) == (3, "")
    assert told in done.err
    assert "try: " in done.err


ANSWERS = "an answer is a document, whatever happened"


@pytest.mark.parametrize(
    ("data", "why", "hint"),
    [
        (b"", "the body is empty", ANSWERS),
        (b" \r\n", "the body is empty", ANSWERS),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "it is an answer without a body (HTTP/1.1 200 OK)", ANSWERS),
        (b"HTTP/2 500\ncontent-type: text/html\n\n", "it is an answer without a body (HTTP/2 500)", ANSWERS),
        (b"%3CApiCall%3E%3CUserID%3E", "it is percent-encoded, without apiInfocaller= before it", "write apiInfocaller=, then the value"),
        (b"%253Capicall", "it is percent-encoded, without apiInfocaller= before it", "write apiInfocaller=, then the value"),
        (b"data=%3CApiCall%3E", "the form variable is data, not apiInfocaller", "name it apiInfocaller"),
        (b"apiInfocaller=<ApiCall><a>b&c</a></ApiCall>", "ends at an unencoded &", "encode it: curl --data-urlencode"),
        (b"<ApiCall><UserID><LineNumber>12", "it ends in the middle of LineNumber: was it cut off", ""),
    ],
)
@pytest.mark.parametrize("command", ["verify", "show", "convert"])
def test_what_cannot_be_read_says_what_it_looks_like(run, tmp_path, command, data, why, hint):
    (tmp_path / "file").write_bytes(data)
    done = run(command, "file", env=ENV)
    assert (done.code, done.out) == (3, "")
    assert why in done.err
    assert hint in done.err


def test_an_empty_answer_is_judged(run, tmp_path):
    (tmp_path / "answer.xml").write_bytes(b"")
    for more in ((), ("--as", "response")):
        done = run("validate", *more, "answer.xml", env=ENV)
        assert (done.code, "the body is empty" in done.out, ANSWERS in done.out) == (1, True, True)


def test_a_server_says_of_a_request_what_it_looks_like(server, tmp_path):
    (tmp_path / "app.py").write_text("def answer(query): return {}\n")
    one = server("serve-query", "--handler", "app:answer")
    assert one.post(b"%3CApiCall%3E%3C%2FApiCall%3E", **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 400
    assert "it is percent-encoded, without apiInfocaller= before it" in one.wait_for("percent")


# ---- the line and the call of what is made up ----


def configured(tmp_path, *lines):
    (tmp_path / "infocaller.toml").write_text("".join(f'[lines.{line}]\npassword = "77{line}"\n' for line in lines))
    (tmp_path / "infocaller.toml").chmod(0o600)
    return ("--config", "infocaller.toml")


def test_one_configured_line_is_the_line(run, tmp_path):
    config = configured(tmp_path, "600000001")
    made = run(*config, "sample", "fin")
    assert (made.code, made.err) == (0, "")
    assert "<LineNumber>600000001</LineNumber>" in made.out
    assert run(*config, "verify", "-", stdin=made.out).code == 0
    sent = run(*config, "send-query", "A", "--to", "http://127.0.0.1:1/", "--dry-run")
    assert "600000001" in sent.out
    assert "<LineNumber>7</LineNumber>" in run(*config, "sample", "fin", "--line", "7").out


def test_a_simulated_call_is_on_that_line_too(run, tmp_path):
    config = configured(tmp_path, "600000001")
    (tmp_path / "script.toml").write_text('[[step]]\nmessage = "a"\n')
    done = run(*config, "simulate", "script.toml", "--keys", "hangup")
    assert " of line 600000001, " in done.out
    (tmp_path / "cases.toml").write_text('[[step]]\nmessage = "a"\n[[case]]\nname = "one"\n')
    done = run(*config, "simulate", "cases.toml", "--test", "--out", "c.ndjson", "--to", "http://127.0.0.1:1/")
    assert '"line":"600000001"' in (tmp_path / "c.ndjson").read_text()


def test_of_several_lines_a_notice_names_them(run, tmp_path):
    made = run(*configured(tmp_path, "600000001", "600000002"), "sample", "fin")
    assert "<LineNumber>123456789</LineNumber>" in made.out
    assert "--line takes one of the configuration's, 600000001, 600000002" in made.err


def test_a_new_call_is_another_each_time(run):
    calls = set()
    for _ in range(3):
        row = run("verify", "--json", "-", stdin=run("sample", "fin", "--call", "new", env=ENV).out, env=ENV).out
        calls.add(json.loads(row)["call"])
    assert len(calls) == 3
    assert all(call.isdigit() and len(call) == 8 for call in calls)


# ---- a server that is starting ----


def test_wait_is_for_a_server_that_is_starting(run, unused_port):
    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    started = []

    def start():
        time.sleep(1)
        started.append(HTTPServer(("127.0.0.1", unused_port), Takes))
        started[0].serve_forever()

    threading.Thread(target=start, daemon=True).start()
    done = run("send-event", "FIN", "--to", f"http://127.0.0.1:{unused_port}/", "--wait", "30", env=ENV)
    started[0].shutdown()
    started[0].server_close()
    assert done.code == 0


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("replay c.ndjson --to localhost:1/x --dry-run", "POST http://localhost:1/x"),
        ("check-endpoint localhost:1/x --query A", "http://localhost:1 gives no answer"),
        ("simulate s.toml --to localhost:1 --keys hangup", "http://localhost:1 cannot be reached"),
    ],
)
def test_every_command_that_sends_takes_a_url_without_a_scheme(run, tmp_path, command, expected):
    (tmp_path / "s.toml").write_text('[[step]]\nmessage = "a"\n')
    record = {"method": "POST", "url": "/", "header": {}, "body": "YXBpSW5mb2NhbGxlcj0lM0NBcGlDYWxsLyUzRQ=="}
    (tmp_path / "c.ndjson").write_text(json.dumps(record) + "\n")
    done = run(*command.split(), env=ENV)
    assert expected in done.out + done.err


def test_a_simulated_call_is_another_each_time(run, tmp_path):
    (tmp_path / "s.toml").write_text('[[step]]\nmessage = "a"\n')
    calls = {run("simulate", "s.toml", "--keys", "hangup", env=ENV).out.split()[1] for _ in range(3)}
    assert len(calls) == 3
    help_of = " ".join(run("simulate", "--help").out.split())
    assert "--call ID CallSequence. Else a fresh one. " in help_of
    assert "--cost-rx COST CostRX of the fin. Else 0. " in help_of


@pytest.mark.parametrize("command", [("send-event", "FIN"), ("send-query", "A")])
def test_who_does_not_come_is_told_of_as_without_waiting(run, unused_port, command):
    done = run(*command, "--to", f"http://127.0.0.1:{unused_port}/", "--wait", "0.2", env=ENV)
    assert (done.code, done.out) == (4, "")
    assert "Connection refused" in done.err
