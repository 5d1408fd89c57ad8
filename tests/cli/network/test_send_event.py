"""`send-event` against real servers: what goes out, what is reported, which exit code."""

import base64
import hashlib
import json
import re
import shutil
import socket
import struct
import subprocess
import time
from urllib.parse import unquote_to_bytes

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
KNOWN = {"INFOCALLER_PASSWORD": "3956"}
SIGNATURE = "ae73e4b16a280726fb2e0e6bfb43902a"  # md5sum of 123456789985656563956


def document(body):
    assert body.startswith(b"apiInfocaller=")
    return unquote_to_bytes(body.removeprefix(b"apiInfocaller=").replace(b"+", b" "))


def test_a_made_up_event(run, endpoint):
    sink = endpoint(OK)
    done = run("send-event", "fin", "--to", f"{sink.url}ev?a=%20b", "--var", "CITY=A Coru\u00f1a", "--caller", "x", env=KNOWN)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"200 OK: [\d.]+ ms, 2 bytes, text/plain\n  ok\n", done.out)
    ((head, body),) = sink.requests
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /ev?a=%20b HTTP/1.1"
    assert f"Host: 127.0.0.1:{sink.port}" in lines
    assert "Content-Type: application/x-www-form-urlencoded" in lines
    text = document(body).decode("ascii")
    assert f"<Signature>{SIGNATURE}</Signature>" in text
    assert "<VarName>CITY</VarName><VarValue>A Coru&#241;a</VarValue>" in text
    assert "<CallerNumber>X</CallerNumber>" in text


def test_without_a_password_the_example_one_is_used_and_said(run, endpoint):
    sink = endpoint(OK)
    done = run("send-event", "INICIO", "--to", sink.url)
    assert done.code == 0
    assert "example password of the provider's page, 3956" in done.err
    assert SIGNATURE.encode() in sink.requests[0][1]


def test_a_given_file_goes_out_byte_for_byte(run, endpoint, tmp_path, signed, form):
    sink = endpoint(OK)
    bare = signed(signature="0" * 32).encode() + b"<!-- \xc3\xb1 -->\n"
    (tmp_path / "payload.xml").write_bytes(bare)
    (tmp_path / "payload.form").write_bytes(form() + b"&more=1")
    multipart = b'--B\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n' + signed().encode() + b"\r\n--B--\r\n"
    (tmp_path / "payload.multipart").write_bytes(multipart)
    for name in ("payload.xml", "payload.form", "payload.multipart"):
        done = run("send-event", "inicio", name, "--to", sink.url)
        assert (done.code, done.err) == (0, "")  # no password is needed
    with (tmp_path / "payload.xml").open("rb") as stream:
        assert run("send-event", "inicio", "-", "--to", sink.url, stdin=stream).code == 0
    bodies = [body for _, body in sink.requests]
    assert document(bodies[0]) == document(bodies[3]) == bare
    assert bodies[1] == form() + b"&more=1"
    assert bodies[2] == multipart
    assert b'multipart/form-data; boundary="B"' in sink.requests[2][0]


def test_a_given_file_with_a_field_is_rewritten_and_signed_anew(run, endpoint, tmp_path):
    sample = run("sample", "fin", "--start", "2026-11-23T10:00:00", env=KNOWN)
    (tmp_path / "payload.xml").write_bytes(sample.stdout)
    sink = endpoint(OK)
    options = ("--call", "7", "--caller", "600", "--seconds", "100", "--cost-rx", "1.5", "--var", "PEDIDO=9", "--var", "NEW=1")
    done = run("send-event", "FIN", "payload.xml", "--to", sink.url, *options, "--format", "json", env=KNOWN)
    assert done.code == 0, done.err
    root = json.loads(document(sink.requests[0][1]), parse_float=str)["ApiCall"]
    assert root["UserID"]["CallSequence"] == "7"
    assert root["UserID"]["Signature"] == hashlib.md5(b"12345678973956").hexdigest()
    call = root["Infocaller"]
    assert (call["CallerNumber"], call["CallerNumberInt"]) == ("600", "34600")
    assert (call["CallSeconds"], call["StartDate"], call["EndDate"]) == ("100", "2026-11-23T10:00:00", "2026-11-23T10:01:40")
    assert call["CostRX"] == "1.500000"
    variables = [(one["VarName"], one["VarValue"]) for one in root["CustVars"]["CustVar"]]
    assert variables == [("NUMPEDIDO", "123456789"), ("PEDIDO", "9"), ("NEW", "1")]
    (tmp_path / "sent").write_bytes(sink.requests[0][1])
    assert run("verify", "sent", env=KNOWN).code == 0


def test_as_printed(run, endpoint):
    sink = endpoint(OK)
    assert run("send-event", "FIN", "--to", sink.url, "--as-printed", "--var", "CITY=\u00d1", env=KNOWN).code == 0
    sent = document(sink.requests[0][1])
    assert sent.startswith(b"<ApiCall xmlns='http://tempuri.org/' encoding=\" ISO-8559-1\">")
    assert b"<VarValue>\xd1</VarValue>" in sent


def test_url_variables(run, endpoint):
    sink = endpoint(OK)
    url = f"{sink.url}[_IdLlamada]?c=[_NumLlamante]&l=%5B_NumInfocaller%5D&n=[_NumLlamado]&d=[_NumDesvio]&u=[_UUID]"
    done = run("send-event", "DESVIO-CORRECTO", "--to", url, "--diverted-to", "+34 6&1", "--caller", "X", env=KNOWN)
    assert done.code == 0, done.err
    target = sink.requests[0][0].split(b" ")[1].decode()
    found = re.fullmatch(r"/98565656\?c=X&l=123456789&n=123456789&d=%2B34%206%261&u=([0-9a-f-]{36})", target)
    assert found
    again = run("send-event", "FIN", "--to", f"{sink.url}[_UUID]", env=KNOWN)
    assert again.code == 0
    assert sink.requests[1][0].split(b" ")[1].decode() == f"/{found[1]}"  # the same call


def test_the_configuration_knows_the_url(run, endpoint, tmp_path):
    sink = endpoint(OK)
    (tmp_path / "infocaller.toml").write_text(f'format = "json"\n[urls]\nFIN = "{sink.url}fin"\n')
    assert run("send-event", "FIN", env=KNOWN).code == 0
    assert sink.requests[0][0].startswith(b"POST /fin ")
    assert document(sink.requests[0][1]).startswith(b'{"ApiCall":')
    done = run("send-event", "INICIO", env=KNOWN)
    assert done.code == 2
    assert "INICIO = URL in [urls]" in done.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("FIM", "--to", "http://x/"), "did you mean FIN?"),
        (("QUERY", "--to", "http://x/"), "infocaller send-query NAME"),
        (("FIN", "--to", "ftp://x/"), "no http or https URL"),
        (("FIN", "--to", "http:///x"), "no http or https URL"),
        (("FIN", "--to", "http://x:99999/"), "is no URL"),
        (("FIN", "--to", "http://a..b/"), "its host is no name"),
        (("FIN", "--to", f"http://{64 * 'a'}.com/"), "its host is no name"),
        (("FIN", "--to", "http://x/[_Numllamante]"), "did you mean _NumLlamante?"),
        (("FIN", "--to", "http://x/[_NumDesvio]"), "[_NumDesvio] is not known at FIN"),
        (("DESVIO_FALLIDO", "--to", "http://x/[_NumDesvio]"), "--diverted-to NUMBER"),
        (("FIN", "--to", "http://x/[_UUID]", "--uuid", "1"), "--uuid cannot be '1'"),
        (("FIN", "--to", "http://x/", "--timeout", "0"), "--timeout cannot be 0"),
        (("FIN", "--to", "http://x/", "--timeout", "1e300"), "--timeout cannot be 1e+300"),
        (("INICIO", "--to", "http://x/", "--seconds", "1"), "--seconds does not go with inicio"),
        (("FIN", "--to", "http://x/", "--var", "A_B=1"), "IC401"),
        (("FIN", "--to", "http://x/", "--var", "A"), "--var cannot be 'A'"),
        (("FIN", "payload.xml", "--to", "http://x/"), "payload.xml is no fin"),
        (("INICIO", "calls", "--to", "http://x/"), "infocaller replay calls"),
        (("FIN", "--to", "http://x/", "--format", "json", "--as-printed"), "about XML"),
        (("FIN", "--to", "https://x/", "--ca-bundle", "payload.xml"), "--ca-bundle payload.xml cannot be used"),
    ],
)
def test_wrong_usage(run, tmp_path, signed, arguments, why):
    (tmp_path / "payload.xml").write_text(signed())
    (tmp_path / "calls").write_text(2 * (signed().replace("\n", "") + "\n"))
    done = run("send-event", *arguments, env=KNOWN)
    assert (done.code, done.stdout) == (2, b"")
    assert why in done.err


def test_a_malformed_or_missing_file(run, tmp_path):
    (tmp_path / "bad.xml").write_text("<ApiCall>")
    for name in ("bad.xml", "missing.xml"):
        done = run("send-event", "FIN", name, "--to", "http://x/")
        assert (done.code, done.stdout) == (3, b"")
        assert done.err.startswith(f"error: {name}:")
        row = json.loads(run("send-event", "FIN", name, "--to", "http://x/", "--json").stderr)
        assert (row["exit"], row["file"]) == (3, name)


def test_the_one_request_of_a_capture(run, endpoint, tmp_path, form):
    body = form() + b"&more=1"
    record = {"method": "POST", "url": "http://x/", "body": base64.b64encode(body).decode()}
    (tmp_path / "calls").write_text(json.dumps(record) + "\n")
    sink = endpoint(OK)
    assert run("send-event", "INICIO", "calls", "--to", sink.url).code == 0
    assert sink.requests[0][1] == body


def test_a_diverted_number_that_nothing_carries(run, endpoint):
    done = run("send-event", "DESVIO_CORRECTO", "--to", endpoint(OK).url, "--diverted-to", "600", env=KNOWN)
    assert done.code == 0
    assert "--diverted-to has no effect" in done.err


@pytest.mark.parametrize("answer", [b"404 Not Found", b"500 Oops"])
def test_other_statuses(run, endpoint, answer):
    sink = endpoint(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")
    done = run("send-event", "FIN", "--to", sink.url, env=KNOWN)
    assert done.code == 1
    assert done.out.startswith(answer.decode())


REDIRECTS = {
    (302, "/elsewhere\x1b"): "redirected to /elsewhere\\x1b: not followed, as a POST would become a GET",
    (307, "/elsewhere"): "redirected to /elsewhere: not followed, though it would stay a POST: nothing says that Infocaller follows it",
    (308, "app/"): "redirected to app/: not followed: the path ends in a slash there, so give Infocaller the URL with it",
    (
        301,
        "{base}app/?a=1",
    ): "redirected to {base}app/?a=1: not followed: the path ends in a slash there, so give Infocaller the URL with it",
}


@pytest.mark.parametrize("redirect", REDIRECTS)
def test_what_is_said_of_a_redirect(run, endpoint, redirect):
    def behave(connection, number):
        sink.read(connection)
        head = f"HTTP/1.1 {redirect[0]} X\r\nLocation: {redirect[1]}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.format(base=sink.url).encode())

    sink = endpoint(behave)
    done = run("send-event", "FIN", "--to", f"{sink.url}app?a=1", env=KNOWN)
    assert (done.code, len(sink.requests)) == (1, 1)
    assert done.out.splitlines()[1].strip() == REDIRECTS[redirect].format(base=sink.url)


def test_redirects_are_told_and_not_followed(run, endpoint):
    sink = endpoint(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    done = run("send-event", "FIN", "--to", sink.url, env=KNOWN)
    assert done.code == 1
    assert "redirected to /elsewhere: not followed" in done.out
    assert len(sink.requests) == 1
    row = json.loads(run("send-event", "FIN", "--to", sink.url, "--json", env=KNOWN).stdout)
    assert (row["status"], row["location"], row["kind"], row["line"], row["file"]) == (302, "/elsewhere", "fin", "123456789", None)


def test_a_charset_label(run, endpoint):
    sink = endpoint(OK)
    assert run("send-event", "FIN", "--to", sink.url, "--charset-label", "ISO-8859-15", env=KNOWN).code == 0
    assert b"Content-Type: application/x-www-form-urlencoded; charset=ISO-8859-15\r\n" in sink.requests[0][0]
    done = run("send-event", "FIN", "--to", sink.url, "--charset-label", "a\r\nX: b", env=KNOWN)
    assert (done.code, len(sink.requests)) == (2, 1)
    assert "--charset-label cannot be" in done.err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--as-printed", "--var", "CITY=A Coru\u00f1a"], b"500 Oops", True),
        (["--encoding", "iso-8859-1", "--var", "CITY=A Coru\u00f1a"], b"500 Oops", True),
        (["--as-printed", "--var", "CITY=A Coru\u00f1a"], b"404 Not Found", False),
        (["--as-printed", "--var", "CITY=Bilbao"], b"500 Oops", False),
        (["--encoding", "utf-8", "--var", "CITY=A Coru\u00f1a"], b"500 Oops", False),
    ],
)
def test_the_usual_cause_where_iso_8859_1_is_answered_by_500(run, endpoint, arguments, status, said):
    sink = endpoint(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
    done = run("send-event", "INICIO", "--to", sink.url, *arguments, env=KNOWN)
    assert ("sent as ISO-8859-1; your parser or framework assumed UTF-8" in done.err) == said


def test_what_the_answer_holds_is_shown_and_not_obeyed(run, endpoint):
    sink = endpoint(b"HTTP/1.1 200 O\x1b[2JK\r\nContent-Length: 12\r\n\r\n\x1b[31m[/x]\xf1\n!")
    done = run("send-event", "FIN", "--to", sink.url, env=KNOWN)
    assert done.out.startswith("200 O\\x1b[2JK: ")
    assert "\\x1b[31m[/x]\u00f1" in done.out
    assert "\x1b" not in done.out


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection):
    for _ in range(100):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: "[:1])
        time.sleep(0.1)


def drip_body(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.1)


BROKEN = {
    "closes": lambda connection: None,
    "resets": reset,
    "garbage": lambda connection: connection.sendall(b"hello\r\n\r\n"),
    "half": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    "hangs": lambda connection: time.sleep(5),
    "drips its head": drip,
    "drips its body": drip_body,
}


@pytest.mark.parametrize("how", BROKEN)
def test_no_answer_in_time_or_a_broken_one(run, endpoint, how):
    def behave(connection, number):
        sink.read(connection)
        BROKEN[how](connection)

    sink = endpoint(behave)
    began = time.monotonic()
    done = run("send-event", "FIN", "--to", sink.url, "--timeout", "1", env=KNOWN)
    assert (done.code, done.stdout) == (4, b"")
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert time.monotonic() - began < 5


def test_nobody_there(run):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = run("send-event", "FIN", "--to", f"http://user:hunter2@127.0.0.1:{port}/", "--json", env=KNOWN)
    assert (done.code, done.stdout) == (4, b"")
    row = json.loads(done.err)
    assert (row["exit"], row["error"], row["why"]) == (4, f"http://127.0.0.1:{port} cannot be reached", "Connection refused")
    assert "hunter2" not in done.err
    assert run("send-event", "FIN", "--to", "http://no-such-host.invalid/", env=KNOWN).code == 4


def test_an_answer_without_end_is_given_up(run, endpoint):
    def behave(connection, number):
        sink.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    sink = endpoint(behave)
    done = run("send-event", "FIN", "--to", sink.url, env=KNOWN)
    assert done.code == 4
    assert "too large" in done.err


def test_a_proxy_of_the_environment(run, endpoint):
    proxy = endpoint(OK)
    assert run("send-event", "FIN", "--to", "http://far.invalid/ev", env=KNOWN | {"HTTP_PROXY": proxy.url}).code == 0
    assert proxy.requests[0][0].startswith(b"POST http://far.invalid/ev HTTP/1.1\r\n")


def test_dry_run(run, endpoint):
    sink = endpoint(OK)
    script = "import sys\nfrom infocaller_cli.cli.main import main\nmain(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    command = ("send-event", "FIN", "--to", f"{sink.url}a b?\u00f1=[_NumLlamado]")
    done = run(*command, "--dry-run", env=KNOWN, code=script)
    head, _, body = done.stdout.partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[0] == "POST /a%20b?%C3%B1=123456789 HTTP/1.1"
    assert f"Content-Length: {len(body) - 1}" in lines
    assert document(body)
    assert not sink.requests
    assert not set(done.err.split()) & {"httpx", "rich", "asyncio", "uvicorn", "ssl"}
    assert run(*command, env=KNOWN).code == 0
    assert sink.requests[0][0].decode().split("\r\n") == lines


@pytest.mark.parametrize(
    ("path", "sent"),
    [("a/../b/./c", "/b/c"), ("a/b/..", "/a/"), ("a/.", "/a/"), ("../x", "/x"), ("/..//x", "//x"), ("a/.../..b", "/a/.../..b")],
)
def test_a_path_with_dots_is_shown_as_it_is_sent(run, endpoint, path, sent):
    sink = endpoint(OK)
    command = ("send-event", "FIN", "--to", f"{sink.url}{path}")
    assert run(*command, env=KNOWN).code == 0
    assert sink.requests[0][0].startswith(f"POST {sent} ".encode())
    assert run(*command, "--dry-run", env=KNOWN).out.startswith(f"POST {sent} ")
    assert f"{sink.url[:-1]}{sent}" in run(*command, "--curl", env=KNOWN).out


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize("case", ["made up", "bytes", "large", "user"])
def test_the_curl_command_delivers_the_same_request(run, endpoint, tmp_path, signed, case):
    sink = endpoint(OK)
    url = f"{sink.url}a'b?x=[1]&y={{2}}&z=$HOME`id`"
    command = ["send-event", "INICIO", "--to", url]
    if case == "bytes":
        body = b'--B\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n' + signed().encode() + b"\r\n--B--\r\n\xff\0%s\\"
        (tmp_path / "body").write_bytes(body)
        command.append("body")
    if case == "large":
        (tmp_path / "body").write_text(signed() + f"<!--{'x' * 300_000}-->")
        command.append("body")
    if case == "user":
        command[3] = url.replace("//", "//us er:p'w@").replace(" ", "%20")
    curl = run(*command, "--curl", env=KNOWN)
    assert curl.code == 0, curl.err
    assert "3956" not in curl.out.replace(SIGNATURE, "")
    done = subprocess.run(["bash"], input=curl.stdout, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert run(*command, env=KNOWN).code == 0
    (by_curl, by_us) = sink.requests
    assert by_curl[1] == by_us[1]
    assert sorted(by_curl[0].split(b"\r\n")) == sorted(by_us[0].split(b"\r\n"))
