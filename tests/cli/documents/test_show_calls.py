"""`show --calls`: the records of a call as one."""

import base64
import json

import pytest

from infocaller_cli.testing import Infocaller

SIGNED = Infocaller("3956")
ENV = {"INFOCALLER_PASSWORD": "3956"}
ANSWER = (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
    b"<VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar></CustVars></ApiCall>"
)


def record(message, second, query="", answer=b""):
    return {
        "ts": f"2026-11-23T10:00:{second:02}.000000Z",
        "method": "POST",
        "url": f"http://h/ev?{query}",
        "header": {"Content-Type": ["application/x-www-form-urlencoded"]},
        "body": base64.b64encode(message.body).decode(),
        "resp": {"status": 200, "header": {"Content-Type": ["text/xml"]}, "body": base64.b64encode(answer).decode(), "ms": 2},
    }


def one_call(call, start=0):
    return [
        record(SIGNED.event("INICIO", call=call), start, "e=inicio"),
        record(SIGNED.query("ESTADO PEDIDO", {"NUMPEDIDO": "7"}, call=call), start + 5, answer=ANSWER),
        record(SIGNED.event("DESVIO_FALLIDO", {"NUMPEDIDO": "7", "PEDIDO": "2"}, call=call), start + 8, "e=desvio_fallido"),
        record(SIGNED.event("FIN", {"NUMPEDIDO": "7", "PEDIDO": "2"}, call=call), start + 10, "e=fin"),
    ]


@pytest.fixture
def capture(tmp_path):
    """Two calls at the same time; the second has not ended."""
    first, second = one_call("70700001"), one_call("70700002", 2)[:3]
    mixed = [first[0], second[0], first[1], first[2], second[1], first[3], second[2]]
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in mixed))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_call_is_one_object(run, capture, jobs):
    done = run("show", "--calls", "--json", "--jobs", jobs, "calls.ndjson", env=ENV)
    first, second = map(json.loads, done.out.splitlines())
    assert (done.code, done.err) == (0, "")
    assert (first["line"], first["call"], first["ended"]) == ("123456789", "70700001", True)
    told = [(each["name"], each["what"], each["offset"], each["answer"]) for each in first["records"]]
    assert told == [
        ("calls.ndjson#1", "INICIO", 0.0, "200, 2.0 ms"),
        ("calls.ndjson#3", "ESTADO PEDIDO", 5.0, "200, 2.0 ms: done"),
        ("calls.ndjson#4", "DESVIO_FALLIDO", 8.0, "200, 2.0 ms"),
        ("calls.ndjson#6", "FIN", 10.0, "200, 2.0 ms"),
    ]
    assert {each["signature"] for each in first["records"]} == {"valid"}
    assert (second["call"], second["ended"], [each["what"] for each in second["records"]]) == (
        *("70700002", False),
        ["INICIO", "ESTADO PEDIDO", "DESVIO_FALLIDO"],
    )


def test_lines_have_one_axis_and_the_variables_that_are_new(run, capture):
    done = run("show", "--calls", "calls.ndjson", env=ENV)
    first = done.out.splitlines()[:7]
    assert first[0].startswith("call 70700001 of line 123456789: ")
    assert first[0].endswith("; records: 4, 10 s")
    axes = [line.split()[1] for line in first if ".." in line]
    assert [axis.index("*") for axis in axes] == [0, 12, 18, 23]
    assert [line.strip() for line in first if " = " in line] == ["NUMPEDIDO = 7", "PEDIDO = 2"]
    assert "no FIN" in done.out.splitlines()[7]


def test_documents_without_a_time_stand_in_their_order(run, tmp_path):
    (tmp_path / "a.xml").write_bytes(run("sample", "fin", env=ENV).out.encode())
    done = run("show", "--calls", "a.xml", "a.xml", env=ENV)
    assert done.code == 0
    assert done.out.count("call 98565656") == 2


def test_what_cannot_be_read_hides_nothing(run, capture, tmp_path):
    with (tmp_path / "calls.ndjson").open("a") as stream:
        stream.write('{"body":"!!"}\n')
    done = run("show", "--calls", "calls.ndjson", env=ENV)
    assert done.code == 3
    assert done.out.count("call 7070000") == 2
    assert "calls.ndjson#8" in done.err


def test_open_calls_are_bounded(monkeypatch):
    from infocaller_cli.cli.documents import show_calls

    monkeypatch.setattr(show_calls, "MOST_OPEN", 2)
    shown = []
    calls = show_calls.Calls(lambda steps: shown.append([one.key[1] for one in steps]))
    for number in "123":
        calls.add(show_calls.Step(("1", number), "", "INICIO", False, "", "", (), "", ""))
    assert shown == [["1"]]
    calls.finish()
    assert shown == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize("times", [("2026-11-23T10:00:00Z", "2026-11-23T10:00:00"), ("nonsense", "9" * 5000)])
def test_times_of_any_kind_end_in_no_traceback(run, tmp_path, times):
    records = [{**record(SIGNED.event("INICIO"), 0), "ts": ts} for ts in times]
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    done = run("show", "--calls", "calls.ndjson", env=ENV)
    assert (done.code, done.err) == (0, "")


def test_it_goes_with_lines_and_json_alone(run):
    done = run("show", "--calls", "--html", "x.html", "a.xml")
    assert (done.code, done.out) == (2, "")
    assert "--calls" in done.err
