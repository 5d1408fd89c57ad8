"""`show` of a capture: what only the record knows of a document."""

import base64
import gzip
import json
import zlib

import pytest

from infocaller_cli.testing import Infocaller

SIGNED = Infocaller("3956")
ANSWER = (
    '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
    "<VarName>{}</VarName><VarValue>2</VarValue></CustVar></CustVars></ApiCall>"
)


def record(message, url, status=200, answer="", ms=1.94):
    return {
        "ts": "2026-11-23T10:00:00.123456Z",
        "method": "POST",
        "url": url,
        "header": {"Content-Type": ["application/x-www-form-urlencoded"]},
        "body": base64.b64encode(message.body).decode(),
        "resp": {"status": status, "header": {"Content-Type": ["text/xml"]}, "body": base64.b64encode(answer.encode()).decode(), "ms": ms},
    }


def shown(run, tmp_path, *records):
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    done = run("show", "calls.ndjson", env={"INFOCALLER_PASSWORD": "3956"})
    assert done.code == 0
    return done.out.splitlines()


@pytest.mark.parametrize(
    ("url", "event"),
    [
        ("http://h/ev?e=inicio", "INICIO"),
        ("http://h/desvio_fallido.php", "DESVIO_FALLIDO"),
        ("http://h/ev?DESVIO_CORRECTO", "DESVIO_CORRECTO"),
    ],
)
def test_the_event_is_the_one_the_url_names(run, tmp_path, url, event):
    lines = shown(run, tmp_path, record(SIGNED.event("INICIO"), url))
    assert [line for line in lines if line.startswith("  event: ")] == [f"  event: {event}"]
    assert f"  url: POST {url}" in lines
    assert "  received: 2026-11-23T10:00:00.123456Z" in lines
    assert "  answer: 200, 1.9 ms" in lines


@pytest.mark.parametrize("url", ["http://h/ev", "http://[h/ev?e=inicio"])
def test_a_url_that_names_none_leaves_it_open(run, tmp_path, url):
    lines = shown(run, tmp_path, record(SIGNED.event("INICIO"), url))
    assert "  event: INICIO, DESVIO_CORRECTO or DESVIO_FALLIDO: only the URL it is sent to says which" in lines


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (200, ANSWER.format("PEDIDO"), "200, 1.9 ms: done"),
        (200, ANSWER.format("bad name"), "200, 1.9 ms: the answer is not valid (IC401): the error action runs"),
        (200, "<html><body>Error</body></html>", "200, 1.9 ms: the answer is not valid (IC001): the error action runs"),
        (500, ANSWER.format("PEDIDO"), "500, 1.9 ms: the status is 500: the error action runs"),
        (200, ANSWER.format("PEDIDO").replace(">0<", ">1<"), "200, 1.9 ms: Result is 1: the error action runs"),
    ],
    ids=["good", "name", "html", "status", "result"],
)
def test_an_answer_to_a_query_is_judged_as_send_query_does(run, tmp_path, status, answer, told):
    (tmp_path / "calls.ndjson").write_text(json.dumps(record(SIGNED.query("ESTADO PEDIDO"), "http://h/", status, answer)) + "\n")
    done = run("show", "calls.ndjson", env={"INFOCALLER_PASSWORD": "3956"})
    assert f"  answer: {told}" in done.out.splitlines()


@pytest.mark.parametrize(("name", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_answer_is_unpacked_before_it_is_judged(run, tmp_path, name, packed):
    packed_record = record(SIGNED.query("ESTADO PEDIDO"), "http://h/")
    packed_record["resp"]["header"]["Content-Encoding"] = [name]
    packed_record["resp"]["body"] = base64.b64encode(packed(ANSWER.format("PEDIDO").encode())).decode()
    assert "  answer: 200, 1.9 ms: done" in shown(run, tmp_path, packed_record)


def test_an_event_wants_a_success(run, tmp_path):
    lines = shown(run, tmp_path, record(SIGNED.event("FIN"), "http://h/", 404))
    assert "  answer: 404, 1.9 ms: no success" in lines


def test_a_login_is_not_shown_and_nothing_steers_the_terminal(run, tmp_path):
    lines = shown(run, tmp_path, {**record(SIGNED.event("FIN"), "http://u:geheim@h/\x1b[2J"), "method": "PO\x1b[0mST"})
    text = "\n".join(lines)
    assert "geheim" not in text
    assert "\x1b" not in text


def test_what_is_no_status_or_time_is_left_out(run, tmp_path):
    odd = record(SIGNED.event("FIN"), "http://h/")
    lines = shown(run, tmp_path, {**odd, "ts": 7, "resp": {"status": "200"}}, {**odd, "resp": None, "url": 5, "ts": None})
    assert not [line for line in lines if line.startswith("  answer: ")]
    assert "  received: 7" in lines


def test_a_program_gets_the_answer_field_by_field(run, tmp_path):
    records = [
        record(SIGNED.query("ESTADO PEDIDO", {"NUMPEDIDO": "7"}), "http://u:geheim@h/ev", answer=ANSWER.format("PEDIDO")),
        record(SIGNED.query("ESTADO PEDIDO", {"NUMPEDIDO": "7"}), "http://h/ev", answer=ANSWER.format("bad name")),
        record(SIGNED.event("INICIO", {}), "http://h/ev?e=inicio", 404),
    ]
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    done = run("show", "calls.ndjson", "--json", env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.err) == (0, "")
    rows = [row for row in map(json.loads, done.out.splitlines()) if row["part"] == "request"]
    assert [(row["event"], row["received"], row["method"]) for row in rows] == [
        (None, "2026-11-23T10:00:00.123456Z", "POST"),
        (None, "2026-11-23T10:00:00.123456Z", "POST"),
        ("INICIO", "2026-11-23T10:00:00.123456Z", "POST"),
    ]
    assert "geheim" not in rows[0]["url"]
    good, bad, event = (row["answer"] for row in rows)
    assert good == {
        "status": 200,
        "ms": 1.94,
        "content_type": "text/xml",
        "taken": True,
        "why": None,
        "valid": True,
        "result": "0",
        "text": "ok",
        "variables": {"PEDIDO": "2"},
        "call_variables": {"NUMPEDIDO": "7", "PEDIDO": "2"},
        "findings": [],
    }
    assert (bad["taken"], bad["why"], bad["call_variables"]) == (False, "the answer is not valid", {"NUMPEDIDO": "7"})
    assert "IC401" in {finding["code"] for finding in bad["findings"]}
    assert event == {"status": 404, "ms": 1.94, "content_type": "text/xml", "taken": False, "why": "no success"}


@pytest.mark.parametrize("ms", [10**400, True, "2", float("inf"), None])
def test_what_is_no_time_is_left_out(run, tmp_path, ms):
    (tmp_path / "calls.ndjson").write_text(json.dumps(record(SIGNED.event("FIN"), "http://h/", ms=ms)) + "\n")
    done = run("show", "calls.ndjson", "--json")
    assert done.code == 0
    assert json.loads(done.out)["answer"]["ms"] is None
