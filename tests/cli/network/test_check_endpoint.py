"""`check-endpoint` as a command: what it lists, reports, keeps, and how it ends."""

import json
import re
import shlex
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
HANDLER = """
def status(query):
    return {"PEDIDO": "2"} | {"ECO": value for name, value in query.variables.items() if name == "NOMBRE"}


def ended(event):
    print(event.call)
"""
QUERY = ("--query", "ESTADO PEDIDO")


@pytest.fixture
def ours(server, tmp_path):
    """The URL of a `serve-query` that answers ESTADO PEDIDO and takes events."""
    (tmp_path / "orders.py").write_text(HANDLER)
    return server("serve-query", "--handler", "ESTADO PEDIDO=orders:status", "--on", "event=orders:ended").url


def rows_of(done):
    *rows, last = map(json.loads, done.out.splitlines())
    return rows, last["summary"]


def test_serve_query_passes_all_of_it_in_both_formats(ours, run):
    asked = (*QUERY, "--expect", "PEDIDO=2", "--echo", "NOMBRE=ECO", "--strict", "--format", "both", "--output", "json")
    done = run("check-endpoint", ours, *asked, env=PASSWORD)
    rows, summary = rows_of(done)
    assert [row for row in rows if row["verdict"] not in ("pass", "skip")] == []
    assert {row["code"] for row in rows if row["verdict"] == "skip"} == {"CE608", "CE713", "CE714"}  # no https, no --observe
    assert done.code == 0
    assert {row["format"] for row in rows} == {"xml", "json"}
    assert summary["requests"] <= 300


def test_serve_query_takes_all_events_in_both_formats(ours, run):
    done = run("check-endpoint", ours, "--event", "all", "--strict", "--format", "both", "--output", "json", env=PASSWORD)
    rows, summary = rows_of(done)
    assert [row for row in rows if row["verdict"] not in ("pass", "skip")] == []
    assert done.code == 0
    assert {"CE701", "CE702", "CE706", "CE101", "CE401"} <= {row["code"] for row in rows if row["verdict"] == "pass"}
    assert summary["requests"] <= 300


@pytest.mark.parametrize("echo", ["ECO", "NOMBRE", "NOMBRE=PEDIDO"])
def test_an_echo_that_does_not_come_back_is_told_once(ours, run, echo):
    """And not as a failure of every check that compares values."""
    done = run("check-endpoint", ours, *QUERY, "--echo", echo, "--output", "json", env=PASSWORD)
    rows, _ = rows_of(done)
    assert [row["code"] for row in rows if row["verdict"] == "fail"] == ["CE001"]
    assert "--echo SENT=CAME names both" in rows[0]["came"]
    assert done.code == 1


# ---- what it says ----

REFUSES_ALL = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 153\r\n\r\n" + (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>'
).ljust(153)


def test_a_failure_says_all_and_repeats_alone(endpoint, run):
    """Whoever asks is answered: the command that is printed fails in the same way, by itself."""
    url = endpoint(REFUSES_ALL).url
    done = run("check-endpoint", url, *QUERY, "--only", "CE301", "--var", "NUMPEDIDO=1 2", env=PASSWORD)
    assert done.code == 1
    assert max(map(len, (line for line in done.out.splitlines() if " alone " not in line))) <= 80
    assert re.search(r"(?m)^fail  CE301 xml   a wrong signature is refused$", done.out)
    for label in ("sent", "came", "why", "mend", "alone"):
        assert re.search(rf"(?m)^      {label:5} \S", done.out), label
    command = shlex.split(re.search(r"(?m)^      alone (.*)$", done.out)[1])
    again = run(*command[1:], env=PASSWORD)
    assert (again.code, re.findall(r"(?m)^fail  (\w+)", again.out)) == (1, ["CE301"])


def test_known_failures_do_not_count_and_what_is_mended_is_told(endpoint, ours, run, tmp_path):
    asked = (*QUERY, "--only", "CE3", "--skip", "CE305")
    before = run("check-endpoint", endpoint(REFUSES_ALL).url, *asked, "--output", "json", env=PASSWORD)
    assert before.code == 1
    (tmp_path / "known.ndjson").write_text(before.out)
    same = run("check-endpoint", endpoint(REFUSES_ALL).url, *asked, "--baseline", "known.ndjson", env=PASSWORD)
    assert (same.code, "(known)" in same.out) == (0, True)
    better = run("check-endpoint", ours, *asked, "--baseline", "known.ndjson", env=PASSWORD)
    assert better.code == 0
    assert "CE301 (xml) is mended" in better.err


@pytest.mark.parametrize("text", [None, "x", '{"code": "CE301"}', "[" * 100_000], ids=["missing", "text", "half a row", "deep"])
def test_a_baseline_that_is_none(text, run, tmp_path):
    if text is not None:
        (tmp_path / "known").write_text(text)
    done = run("check-endpoint", "http://127.0.0.1:1/", *QUERY, "--baseline", "known", env=PASSWORD)
    assert (done.code, done.out) == (3, "")
    assert "known" in done.err


def test_a_baseline_without_end(run):
    done = run("check-endpoint", "http://127.0.0.1:1/", *QUERY, "--baseline", "/dev/zero", env=PASSWORD)
    assert (done.code, done.out) == (3, "")
    assert "it is no regular file" in done.err


def test_junit(endpoint, run):
    done = run("check-endpoint", endpoint(REFUSES_ALL).url, *QUERY, "--only", "CE30", "--output", "junit", env=PASSWORD)
    suite = ElementTree.fromstring(done.stdout)[0]
    assert suite.get("name") == "infocaller check-endpoint"
    cases = {case.get("name").split()[0]: case for case in suite}
    assert cases["CE301"].find("failure").get("type") == "CE301"
    assert cases["CE001"].find("failure") is None
    assert (suite.get("tests"), suite.get("failures")) == (str(len(cases)), str(len(suite.findall("testcase/failure"))))
    assert done.code == 1


def test_github(endpoint, run):
    done = run("check-endpoint", endpoint(REFUSES_ALL).url, *QUERY, "--only", "CE301", "--output", "github", env=PASSWORD)
    assert re.fullmatch(r"::error title=CE301::a wrong signature is refused: it was not refused: .*\n", done.out)


def test_all_that_was_sent_is_kept(ours, run, tmp_path):
    done = run(
        "check-endpoint", ours, *QUERY, "--only", "CE3", "--call", "700100", "--out", "calls.ndjson", "--output", "json", env=PASSWORD
    )
    rows = [json.loads(line) for line in (tmp_path / "calls.ndjson").read_text().splitlines()]
    assert len(rows) == rows_of(done)[1]["requests"]
    ids = [int(row["call"]) for row in rows if int(row["call"]) < 10**17]
    assert min(ids) == 700100
    assert len({row["call"] for row in rows}) == len(ids)
    assert {row["resp"]["status"] for row in rows} > {200}
    shown = run("show", "calls.ndjson", env=PASSWORD)
    assert "700100" in shown.out


# ---- how it ends ----


def test_who_is_not_there(run):
    done = run("check-endpoint", "http://127.0.0.1:1/", *QUERY, env=PASSWORD)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("error: http://127.0.0.1:1 gives no answer\n  why: ")


def test_no_valid_answer_to_the_plain_request(endpoint, run):
    url = endpoint(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n").url
    done = run("check-endpoint", url, *QUERY, "--output", "json", env=PASSWORD)
    rows, summary = rows_of(done)
    verdicts = {row["code"]: row["verdict"] for row in rows}
    assert (done.code, verdicts["CE001"], verdicts["CE507"], verdicts["CE301"]) == (1, "fail", "fail", "skip")
    assert summary["requests"] == 1


def test_ctrl_c_reports_what_was_found_so_far(endpoint, tmp_path):
    asked = []

    def behave(connection, number):
        while one.read(connection):
            asked.append(number)
            if len(asked) > 5:
                return process.send_signal(signal.SIGINT)
            connection.sendall(REFUSES_ALL)
        return None

    one = endpoint(behave)
    command = [sys.executable, "-m", "infocaller_cli", "check-endpoint", one.url, *QUERY]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env={"PATH": "", "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)} | PASSWORD, **streams)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "pass  CE001" in out
    assert out.splitlines()[-1].endswith("requests, interrupted")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "one of the two"),
        (QUERY, "the configuration has none for the query 'ESTADO PEDIDO'"),
        (("--event", "FIN"), "the configuration has none for FIN"),
        (("http://127.0.0.1:1/", *QUERY, "--observe", " "), "--observe cannot be empty"),
        (("http://127.0.0.1:1/",), "one of the two"),
        (("http://127.0.0.1:1/", *QUERY, "--event", "FIN"), "one of the two"),
        (("http://127.0.0.1:1/", "--event", "query"), "--event all"),
        (("http://127.0.0.1:1/", *QUERY, "--only", "CE9"), "there is no check 'CE9'"),
        (("http://127.0.0.1:1/", *QUERY, "--echo", "=x"), "SENT=CAME"),
        (("http://127.0.0.1:1/", *QUERY, "--timeout", "0"), "--timeout"),
        (("--list", "CE999"), "there is no check 'CE999'"),
    ],
    ids=["nothing", "query", "events", "observe", "neither", "both", "event", "only", "echo", "timeout", "list"],
)
def test_wrong_usage(words, why, run):
    done = run("check-endpoint", *words, env=PASSWORD)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_a_stranger_is_warned_before_the_first_request(run):
    done = run("check-endpoint", "http://infocaller.invalid/", *QUERY, env=PASSWORD)
    assert done.code == 4
    assert done.err.startswith("warning: made-up requests, nonsense among them, go to http://infocaller.invalid: at most 300")


def test_on_a_terminal_the_number_is_said_and_progress_is_shown(terminal, endpoint):
    done = terminal("check-endpoint", endpoint(REFUSES_ALL).url, *QUERY, "--only", "CE101", env=PASSWORD)
    assert b"at most 300, each with a call id of its own" in b" ".join(done.stderr.split())
    assert b"CE101: " in done.stderr


# ---- the list ----


def test_the_list(run):
    done = run("check-endpoint", "--list")
    assert done.code == 0
    assert done.out.startswith("CE001 must    the plain request gets a valid answer\n")
    assert max(map(len, done.out.splitlines())) <= 80


def test_one_explained(run):
    done = run("check-endpoint", "--list", "ce101")
    assert done.code == 0
    assert done.out.startswith("CE101 (must, reading) ISO-8859-1 bytes as the page prints them\n")
    for language in ("PHP", "ASP.NET", "Node", "Django, Flask"):
        assert f"mend: {language}: " in done.out
    row = json.loads(run("check-endpoint", "--list", "CE101", "--output", "json").out)
    assert (row["code"], row["kinds"], row["formats"]) == ("CE101", ["query", "event"], ["xml"])
