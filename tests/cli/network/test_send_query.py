"""`send-query` against real servers: the answer judged, the variables after it, expectations, repetition."""

import json
import re
import time

import pytest

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
XML = '<?xml version="1.0" encoding="ISO-8859-1"?><ApiCall xmlns="http://tempuri.org/"><Status>{status}</Status><CustVars>{variables}</CustVars></ApiCall>'
DONE = "<Result>0</Result><ResultText>fine</ResultText>"


def variable(name, value):
    return f"<CustVar><VarName>{name}</VarName><VarValue>{value}</VarValue></CustVar>"


def answer(body, status="200 OK", content_type="text/xml"):
    body = body if isinstance(body, bytes) else body.encode("iso-8859-1")
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


GOOD = XML.format(status=DONE, variables=variable("PEDIDO", "2") + variable("CITY", "A Coru\u00f1a"))


@pytest.fixture
def ask(run, endpoint):
    """A function: the command against an endpoint that answers so."""

    def start(reply, *arguments, name="ESTADO PEDIDO"):
        sink = endpoint(reply)
        done = run("send-query", name, "--to", sink.url, "--var", "NUMPEDIDO=1", "--var", "PEDIDO=1", *arguments, env=KNOWN)
        return done, sink

    return start


def test_a_good_answer(ask):
    done, sink = ask(answer(GOOD), "--expect", "PEDIDO=2", "--expect", "NUMPEDIDO=1")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert re.fullmatch(r"200 OK: [\d.]+ ms, \d+ bytes, text/xml", lines[0])
    assert lines[1:] == [
        "  Result 0 (fine)",
        "  variable NUMPEDIDO = 1",
        "  variable PEDIDO = 2 (was 1)",
        "  variable CITY = A Coru\u00f1a (new)",
    ]
    assert b"ESTADO+PEDIDO" in sink.requests[0][1]


def test_json(ask):
    body = '{"ApiCall":{"Status":{"Result":"0","ResultText":""},"CustVars":{"CustVar":[{"VarName":"PEDIDO","VarValue":"2"}]}}}'
    done, _ = ask(answer(body, content_type="application/json"), "--format", "json", "--json", "--expect", "PEDIDO=3")
    assert done.code == 1
    row = json.loads(done.stdout)
    assert row["kind"] == "query"
    assert row["format"] == "json"
    assert (row["status"], row["valid"], row["result"], row["text"]) == (200, True, "0", "")
    assert row["variables"] == {"PEDIDO": "2"}
    assert row["call_variables"] == {"NUMPEDIDO": "1", "PEDIDO": "2"}
    assert row["missed"] == [{"name": "PEDIDO", "expected": "3", "found": "2"}]
    assert row["findings"] == []
    assert row["ms"] > 0


WRONG = {
    "result": (
        answer(XML.format(status="<Result>1</Result><ResultText>no</ResultText>", variables=variable("PEDIDO", "2"))),
        "Result is 1",
    ),
    "no result": (answer(XML.format(status="<ResultText/>", variables="")), "IC501"),
    "name": (answer(XML.format(status=DONE, variables=variable("A_B", "2"))), "IC401"),
    "html": (answer("<html><body>Fatal error</body></html>", content_type="text/html"), "IC001"),
    "warning before": (answer("Notice: x\n" + GOOD), "IC001"),
    "empty": (answer(""), "IC001"),
    "another format": (answer('{"ApiCall":{"Status":{"Result":"0","ResultText":""},"CustVars":{"CustVar":[]}}}'), "IC504"),
    "status": (answer(GOOD, status="500 Oops"), "the status is 500"),
    "redirect": (answer("", status="302 Found\r\nLocation: /x"), "redirected to /x"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_answer_that_does_not_count_changes_nothing(ask, case):
    reply, why = WRONG[case]
    done, _ = ask(reply)
    assert done.code == 1
    assert why in done.out
    assert "the query's error action runs, and no variable changes" in done.out
    assert "  variable PEDIDO = 1\n" in done.out
    row = json.loads(ask(reply, "--json")[0].stdout)
    assert row["call_variables"] == {"NUMPEDIDO": "1", "PEDIDO": "1"}


def test_a_warning_is_told_and_the_answer_counts(ask):
    done, _ = ask(answer(GOOD, content_type="text/html"))
    assert done.code == 0
    assert "warning IC504" in done.out
    assert "PEDIDO = 2 (was 1)" in done.out


@pytest.mark.parametrize(
    ("came", "form", "said"),
    [
        ("A Coru\ufffda", ("--encoding", "iso-8859-1"), True),
        ("A Coru\ufffda", ("--as-printed",), True),
        ("A%20Coru%F1a", ("--as-printed",), True),
        ("A Coru\ufffda", ("--encoding", "utf-8"), False),
        ("A Coru\u00f1a", ("--as-printed",), False),
    ],
)
def test_the_usual_cause_of_a_value_that_comes_back_damaged(run, endpoint, came, form, said):
    body = '<?xml version="1.0" encoding="UTF-8"?>' + GOOD.partition("?>")[2].replace("A Coru\u00f1a", came)
    sink = endpoint(answer(body.encode()))
    done = run("send-query", "Q", "--to", sink.url, "--var", "CITY=A Coru\u00f1a", *form, env=KNOWN)
    assert ("sent as ISO-8859-1; your parser or framework assumed UTF-8: decode the raw bytes first" in done.err) == said
    assert ("that was sent: " in done.out) == (came != "A Coru\u00f1a")


def test_a_missed_expectation(ask):
    done, _ = ask(answer(GOOD), "--expect", "PEDIDO=3", "--expect", "OTHER=1")
    assert done.code == 1
    assert "expected PEDIDO = 3: it is 2" in done.out
    assert "expected OTHER = 1: it is not set" in done.out


def test_no_answer_in_time(run, endpoint):
    def behave(connection, number):
        sink.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n")
        time.sleep(5)

    sink = endpoint(behave)
    began = time.monotonic()
    done = run("send-query", "Q", "--to", sink.url, "--timeout", "0.5", env=KNOWN)
    assert (done.code, done.stdout) == (4, b"")
    assert "none within 0.5 s" in done.err
    assert time.monotonic() - began < 4


def test_repeat(ask):
    done, sink = ask(answer(GOOD), "--repeat", "5")
    assert done.code == 0
    assert len(sink.requests) == 5
    assert re.fullmatch(
        r"5 sent, 5 ok, 0 failed: p50 [\d.]+ ms, p95 [\d.]+ ms, max [\d.]+ ms; the deadline is 10 s", done.out.splitlines()[-1]
    )
    rows = [json.loads(line) for line in ask(answer(GOOD), "--repeat", "3", "--json")[0].stdout.splitlines()]
    assert [row["status"] for row in rows[:3]] == [200] * 3
    assert (rows[3]["sent"], rows[3]["ok"], rows[3]["deadline_ms"]) == (3, 3, 10000)
    assert rows[3]["ms"]["p50"] > 0


def test_repeat_goes_on_after_a_failure(run, endpoint):
    def behave(connection, number):
        sink.read(connection)
        if number != 1:
            connection.sendall(answer(GOOD))

    sink = endpoint(behave)
    done = run("send-query", "Q", "--to", sink.url, "--repeat", "3", env=KNOWN)
    assert done.code == 4
    assert "3 sent, 2 ok, 1 failed" in done.out


def test_a_given_query(run, endpoint, tmp_path, signed):
    sink = endpoint(answer(GOOD))
    (tmp_path / "query.xml").write_text(signed(call_fields="<QueryName> ESTADO PEDIDO</QueryName>"))
    assert run("send-query", "ESTADO PEDIDO", "query.xml", "--to", sink.url).code == 0
    another = run("send-query", "OTHER", "query.xml", "--to", sink.url)
    assert another.code == 2
    assert "is another query" in another.err
    (tmp_path / "event.xml").write_text(signed())
    assert run("send-query", "Q", "event.xml", "--to", sink.url).code == 2
    assert len(sink.requests) == 1


def test_the_configuration_knows_the_url(run, endpoint, tmp_path):
    sink = endpoint(answer(GOOD))
    (tmp_path / "infocaller.toml").write_text(f'[queries]\n" ESTADO PEDIDO" = "{sink.url}q"\n')
    assert run("send-query", "ESTADO PEDIDO ", env=KNOWN).code == 0
    assert sink.requests[0][0].startswith(b"POST /q ")
    done = run("send-query", "OTHER", env=KNOWN)
    assert done.code == 2
    assert '"OTHER" = URL in [queries]' in done.err


def test_a_variable_in_a_querys_url_is_warned_about(ask, run, endpoint):
    sink = endpoint(answer(GOOD))
    done = run("send-query", "Q", "--to", f"{sink.url}[_IdLlamada]", env=KNOWN)
    assert done.code == 0
    assert "the URLs of events only" in done.err
    assert sink.requests[0][0].startswith(b"POST /98565656 ")


def test_the_fields_of_a_fin_are_not_offered_and_still_refused_in_plain_words(run):
    shown = run("send-query", "--help").out
    assert "--country" in shown
    for option in ("--seconds", "--start", "--cost-rx", "--cost-tx", "--action"):
        assert option not in shown
        done = run("send-query", "X", option, "1", "--to", "http://127.0.0.1:9/")
        assert (done.code, done.err.splitlines()[0]) == (2, f"error: {option} does not go with query")
        assert option in run("send-event", "--help").out
