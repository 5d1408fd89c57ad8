"""Many callers: Locust plays the cases of a script, in worker processes too, and its figures have a row for everything."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infocaller_cli import convert, decode, validate
from infocaller_cli.codec.form import open_body

ROOT = Path(__file__).parents[1]
# Importing Locust patches the sockets of the process: it is imported in those of its own only
pytestmark = pytest.mark.skipif(importlib.util.find_spec("locust") is None, reason="Locust is not installed (extra load)")
# A run ends when it has shown what is wanted, however slow the machine; Locust's own file of figures can be a second old at the end
LOCUSTFILE = """
import json, os
import gevent
from locust import events
from infocaller_cli.load import Caller

@events.init.add_listener
def follow(environment, **_):
    def end():
        kind, _, rows = os.environ["UNTIL"].partition(" ")
        while sum(method == kind for _, method in environment.stats.entries) < int(rows):
            gevent.sleep(0.1)
        environment.runner.quit()

    def write(**_):
        with open("figures.json", "w") as stream:
            json.dump([entry.to_dict() for entry in environment.stats.entries.values()], stream)

    if environment.parsed_options and not environment.parsed_options.worker:
        gevent.spawn(end)
        environment.events.quit.add_listener(write)

class Orders(Caller):
    script = "order-status.toml"
"""
# One call in a process of its own, without the command; a line of JSON for each figure Locust is given
ONE_CALL = """
import json, sys
from locust.env import Environment
from locustfile import Orders

found = []
environment = Environment(user_classes=[Orders], host=sys.argv[1])
environment.events.request.add_listener(lambda **figure: found.append({**figure, "exception": str(figure["exception"] or "")}))
Orders(environment).call()
print(json.dumps(found))
"""
ANSWER = (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
    b"<VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar></CustVars></ApiCall>"
)
HANDLER = """
def status(query):
    return {"PEDIDO": {"100": 0, "101": 1, "102": 2}.get(query.variables["NUMPEDIDO"], 3)}

def wrong(query):
    return {"PEDIDO": "no number"}
"""


@pytest.fixture
def locust(tmp_path):
    """A function: Locust against a URL until it has so many rows of a type; its exit code, what it said, its figures by (type, name)."""
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    (tmp_path / "orders.py").write_text(HANDLER)
    (tmp_path / "order-status.toml").write_bytes((ROOT / "infocaller_cli/calls/examples/order-status.toml").read_bytes())

    def run(url, *options, until="CALL 7", seconds=60):
        command = [sys.executable, "-m", "locust", "--headless", "-u", "4", "-r", "4", "-t", f"{seconds}s"]
        environment = {
            **os.environ,
            "UNTIL": until,
            "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")]))),
        }
        done = subprocess.run(
            [*command, *(("--host", url) if url else ()), *options],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        path = tmp_path / "figures.json"
        rows = json.loads(path.read_text()) if path.exists() else []
        return done.returncode, done.stdout + done.stderr, {(row["method"], row["name"]): row for row in rows}

    return run


def counts(figures, name):
    row = figures[name]
    return row["num_requests"], row["num_failures"]


@pytest.fixture
def orders(server, tmp_path):
    """A function: the URL of a server with a handler."""

    def start(handler="status"):
        (tmp_path / "orders.py").write_text(HANDLER)
        return f"{server('-q', 'serve-query', '--handler', f'orders:{handler}').url}/orders"

    return start


def test_two_worker_processes_play_the_cases(locust, orders):
    code, said, figures = locust(orders(), "--processes", "2")
    assert code == 0, said
    calls = {name: counts(figures, (kind, name)) for kind, name in figures if kind == "CALL"}
    assert len(calls) == 7  # every case of the script
    assert all(count > 0 and failed == 0 for count, failed in calls.values()), calls
    kinds = {(kind, name) for kind, name in figures if kind in ("EVENT", "QUERY")}
    assert kinds == {("QUERY", "ESTADO PEDIDO"), *(("EVENT", name) for name in ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN"))}
    assert all(counts(figures, name)[1] == 0 for name in kinds)
    # Every call begins; those that the end of the run cut off have not ended
    begun = counts(figures, ("EVENT", "INICIO"))[0]
    assert sum(count for count, _ in calls.values()) <= begun <= sum(count for count, _ in calls.values()) + 8
    assert figures["QUERY", "ESTADO PEDIDO"]["avg_content_length"] > 100


@pytest.mark.parametrize(
    ("options", "pace"), [([], "0"), ([], "1.0"), (["--stop-timeout", "20s"], "0.1")], ids=["at once", "hung up", "with time"]
)
def test_every_call_has_its_end_at_the_end_of_the_run(locust, orders, tmp_path, options, pace):
    url = orders()
    (tmp_path / "locustfile.py").write_text(f"{LOCUSTFILE}    pace = {pace}\n")
    if pace == "1.0":
        (tmp_path / "order-status.toml").write_text(f"[[step]]\nmessage = '{'Bienvenida ' * 60}'\n")  # a minute
    code, said, figures = locust(url, *options, until="EVENT 1")
    assert code == 0, said
    assert "Traceback" not in said
    begun, ended = (counts(figures, ("EVENT", name))[0] for name in ("INICIO", "FIN"))
    assert begun == ended > 0
    if pace == "1.0":
        assert counts(figures, ("CALL", "a call"))[0] == begun  # it was told to hang up; what Locust kills has no row


def test_a_wrong_answer_is_a_failure_of_the_query_and_of_the_call(locust, endpoint):
    one = endpoint(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")
    code, said, figures = locust(one.url)
    assert code == 1, said
    for name in (("QUERY", "ESTADO PEDIDO"), ("EVENT", "INICIO"), ("CALL", "an order that was sent")):
        count, failed = counts(figures, name)
        assert count == failed > 0
    assert counts(figures, ("CALL", "the caller hangs up"))[1] == 0  # it came to what it expects
    assert "the status is 500" in said


def test_expectations_that_are_missed_are_failures_of_the_call_alone(locust, orders):
    code, said, figures = locust(orders("wrong"))
    assert code == 1, said
    assert counts(figures, ("QUERY", "ESTADO PEDIDO"))[1] == 0
    count, failed = counts(figures, ("CALL", "an order that was sent"))
    assert count == failed > 0
    assert "variable PEDIDO: expected '2', 'no number' at the end" in said


def test_nobody_there_is_a_failure_in_words(locust):
    code, said, figures = locust("http://127.0.0.1:1/orders")
    assert code == 1
    count, failed = counts(figures, ("QUERY", "ESTADO PEDIDO"))
    assert count == failed > 0
    assert "there was no answer" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("wrong", "words"), [("mesage = 'x'", "mesage"), ("", "cannot be read")], ids=["a script with a mistake", "no script"]
)
def test_a_script_that_cannot_be_played_is_said(locust, tmp_path, wrong, words):
    if wrong:
        (tmp_path / "other.toml").write_text(f"[[step]]\n{wrong}\n")
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE.replace("order-status", "other"))
    _, said, figures = locust("http://127.0.0.1:1/orders", seconds=2)
    assert words in said
    assert not any(kind == "CALL" for kind, _ in figures)


def test_a_call_takes_its_own_time_where_it_is_asked_to(locust, orders, tmp_path):
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE + "    pace = 1.0\n")
    (tmp_path / "order-status.toml").write_text("[[step]]\nmessage = 'Bienvenida'\n")  # a second
    code, said, figures = locust(orders(), until="CALL 1")
    assert code == 0, said
    assert 0 < counts(figures, ("CALL", "a call"))[0] <= 4 * 5


# ------------------------------------------------------------------------------------------------------------ one call


@pytest.fixture
def one_call(tmp_path):
    """A function: one call of a script against a URL; the figures that Locust got, by name. `more` are lines of the user's class."""

    def run(url, script, *more):
        (tmp_path / "locustfile.py").write_text(LOCUSTFILE + "".join(f"    {line}\n" for line in more))
        (tmp_path / "order-status.toml").write_text(script)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))}
        done = subprocess.run(
            [sys.executable, "-c", ONE_CALL, url], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr  # old versions of gevent grumble as the interpreter ends
        return {figure["name"]: figure for figure in json.loads(done.stdout)}

    return run


def answered(body, *headers, status=b"200 OK"):
    head = b"".join(header + b"\r\n" for header in (b"Content-Length: %d" % len(body), *headers))
    return b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n" + body


QUERY = "[[step]]\nkeypad = 'k'\nvariable = 'NUMPEDIDO'\n[[step]]\nquery = 'ESTADO PEDIDO'\n[[step]]\nmessage = 'Es [PEDIDO]'\n"
CASE = "[[case]]\nname = 'c'\nkeys = ['123*']\nexpect = { heard = ['Es 2'] }\n"


@pytest.mark.parametrize("format", ["xml", "json"])
def test_its_requests_are_those_of_simulate(one_call, endpoint, run, tmp_path, format):
    content_type = b"Content-Type: text/xml" if format == "xml" else b"Content-Type: application/json"
    one = endpoint(answered(ANSWER if format == "xml" else convert(ANSWER, "json"), content_type))
    figures = one_call(one.url, QUERY + CASE, f"format = {format!r}", "password = 'clave'")
    assert {name: figure["exception"] for name, figure in figures.items()} == {"INICIO": "", "ESTADO PEDIDO": "", "FIN": "", "c": ""}
    sent = [body for _, body in one.requests]
    assert len(sent) == 3
    decoded = decode(open_body(sent[-1]).document)
    assert validate(decoded, password="clave") == []
    start = decoded.document.get("Infocaller", "StartDate")
    (tmp_path / "password").write_text("clave")
    done = run(
        "simulate", str(tmp_path / "order-status.toml"), "--to", one.url, "--keys", "123*", "--format", format, "--start", start,
        "--call", decoded.document.call, "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert done.code == 0, done.stderr
    assert [body for _, body in one.requests[3:]] == sent


def test_a_packed_answer_is_read(one_call, endpoint):
    one = endpoint(answered(gzip.compress(ANSWER), b"Content-Encoding: gzip", b"Content-Type: text/xml", b"Content-Type: text/plain"))
    figures = one_call(one.url, QUERY + CASE)
    assert {figure["exception"] for figure in figures.values()} == {""}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answered(b"\0\1\2", b"Content-Encoding: br"), "the answer cannot be unpacked"),
        (answered(b"\0\xff\xfe", b"Content-Encoding: gzip"), "the answer cannot be unpacked"),
        (b"this is no HTTP\r\n\r\n", "there was no answer"),
        (answered(b"ok")[:-1], "no answer"),
        (answered(b"", b"Location: /elsewhere", status=b"302 Found"), "the status is 302"),
    ],
    ids=["br", "no gzip", "no HTTP", "cut off", "redirected"],
)
def test_what_is_no_answer_is_a_failure_in_words(one_call, endpoint, answer, words):
    def behave(connection, number):
        while one.read(connection):
            connection.sendall(answer)
            if b"Content" not in answer or answer.endswith(b"o"):  # there is no end to it but that of the connection
                return

    one = endpoint(behave)
    figures = one_call(one.url, QUERY + CASE, "timeout = 2.0")
    assert words in figures["ESTADO PEDIDO"]["exception"]
    assert words in figures["FIN"]["exception"]


def test_an_answer_that_is_later_than_its_step_waits_is_none(one_call, endpoint):
    def behave(connection, number):
        while asked := one.read(connection):
            if b"QueryName" in asked[1]:
                time.sleep(0.5)
            connection.sendall(answered(ANSWER, b"Content-Type: text/xml"))

    one = endpoint(behave)
    figures = one_call(one.url, QUERY.replace("'ESTADO PEDIDO'", "'ESTADO PEDIDO'\nwait = 0.1") + CASE)
    assert "there was none within 0.1 s" in figures["ESTADO PEDIDO"]["exception"]
    assert figures["FIN"]["exception"] == ""


def test_what_goes_along(one_call, endpoint):
    one = endpoint(answered(ANSWER, b"Content-Type: text/xml", b"Set-Cookie: a=b"))
    host = f"{one.url.replace('//', '//ana:se%20creto@')}a ñ/?c=[_IdLlamada]"
    figures = one_call(host, QUERY + CASE, "default_headers = {'X-Test': 'yes', 'User-Agent': 'mine'}")
    assert {figure["exception"] for figure in figures.values()} == {""}
    call = decode(open_body(one.requests[0][1]).document).document.call
    for head, _ in one.requests:
        lines = head.decode("latin-1").split("\r\n")
        assert lines[0] == f"POST /a%20%C3%B1/?c={call} HTTP/1.1"
        assert {"Authorization: Basic YW5hOnNlIGNyZXRv", "X-Test: yes", "User-Agent: mine", "Accept-Encoding: identity"} <= set(lines)
        assert "Content-Type: application/x-www-form-urlencoded" in lines
        assert not [line for line in lines if line.lower().startswith("cookie")]


def test_a_host_that_is_no_url_is_said(one_call):
    figures = one_call("ftp://127.0.0.1/", QUERY + CASE)
    assert "it is no http or https URL with a host" in figures["c"]["exception"]
