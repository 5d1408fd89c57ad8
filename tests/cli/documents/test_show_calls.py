"""`show --calls`: the records of a call as one."""

import base64
import dataclasses
import json
import re

import pytest

from infocaller_cli import decode
from infocaller_cli.cli.documents import show_calls
from infocaller_cli.cli.documents.show_summary import summarize
from infocaller_cli.cli.documents.show_timeline import picture
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
    times = {"start": f"2026-11-23T11:00:{start:02}", "seconds": 10, "actions": []}
    return [
        record(SIGNED.event("INICIO", call=call), start, "e=inicio"),
        record(SIGNED.query("ESTADO PEDIDO", {"NUMPEDIDO": "7"}, call=call), start + 5, answer=ANSWER),
        record(SIGNED.event("DESVIO_FALLIDO", {"NUMPEDIDO": "7", "PEDIDO": "2"}, call=call), start + 8, "e=desvio_fallido"),
        record(SIGNED.event("FIN", {"NUMPEDIDO": "7", "PEDIDO": "2"}, call=call, **times), start + 10, "e=fin"),
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
    told = [(each["name"], each["what"], each["offset"], each["answer"]["taken"]) for each in first["records"]]
    assert told == [
        ("calls.ndjson#1", "INICIO", 0.0, True),
        ("calls.ndjson#3", "query ESTADO PEDIDO", 5.0, True),
        ("calls.ndjson#4", "DESVIO_FALLIDO", 8.0, True),
        ("calls.ndjson#6", "FIN", 10.0, True),
    ]
    assert first["records"][1]["answer"]["call_variables"] == {"NUMPEDIDO": "7", "PEDIDO": "2"}
    assert (first["seconds"], first["left_out"], first["cut"], first["actions"]) == (10.0, 0, False, [])
    assert {each["signature"] for each in first["records"]} == {"valid"}
    assert (second["call"], second["ended"], [each["what"] for each in second["records"]]) == (
        *("70700002", False),
        ["INICIO", "query ESTADO PEDIDO", "DESVIO_FALLIDO"],
    )


def test_lines_have_one_axis_and_the_variables_that_are_new(run, capture):
    done = run("show", "--calls", "calls.ndjson", env=ENV)
    heads = [line for line in done.out.splitlines() if not line.startswith(" ")]
    assert [head.partition(",")[0] for head in heads] == [
        "calls.ndjson: call 70700001 of line 123456789",
        "calls.ndjson: call 70700002 of line 123456789",
    ]
    first, second = (part.splitlines() for part in done.out.split(heads[1]))
    told = [line.strip() for line in first if line.startswith("  record")]
    assert [re.sub(r": \S+ ", ": ", line, count=1) for line in told] == [
        "record #1: (+0:00) INICIO: -> 200, 2.0 ms",
        "record #3: (+0:05) query ESTADO PEDIDO: NUMPEDIDO = 7; -> 200, 2.0 ms: done, PEDIDO = 2",
        "record #4: (+0:08) DESVIO_FALLIDO: -> 200, 2.0 ms",
        "record #6: (+0:10) FIN: -> 200, 2.0 ms",
    ]
    assert "  total: 4 records, 10 s" in first
    assert "  end: no FIN has come" in second


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


@pytest.fixture
def entry(run):
    """A function: an event or a FIN of a call, as `show --calls` keeps it."""
    decoded = {kind: decode(run("sample", kind, env=ENV).stdout) for kind in ("inicio", "fin")}

    def make(call, kind="inicio", variables=()):
        summary = summarize(decoded[kind], None)
        return show_calls.Entry(("1", call), "x", None, dataclasses.replace(summary, variables=tuple(variables)))

    return make


@pytest.fixture
def shown():
    return []


@pytest.fixture
def calls(shown):
    return show_calls.Calls(shown.append)


def test_open_calls_are_bounded(monkeypatch, entry, calls, shown):
    monkeypatch.setattr(show_calls, "MOST_OPEN", 2)
    for number in "123":
        calls.add(entry(number))
    assert [(call.key[1], call.cut) for call in shown] == [("1", True)]
    calls.finish()
    assert [(call.key[1], call.cut) for call in shown[1:]] == [("2", False), ("3", False)]


def test_records_of_a_call_are_bounded_and_those_left_out_are_counted(monkeypatch, entry, calls, shown):
    monkeypatch.setattr(show_calls, "MOST_RECORDS", 3)
    for _ in range(5):
        calls.add(entry("1"))
    calls.add(entry("1", "fin"))
    (call,) = shown
    assert (len(call.entries), call.left_out, call.ended) == (4, 2, True)
    assert dict(picture(call).facts)["Left out"] == "2 more records of this call, before its end"


def test_what_a_call_keeps_is_bounded_in_characters(monkeypatch, entry, calls, shown):
    monkeypatch.setattr(show_calls, "MOST_OF_A_CALL", 100_000)
    monkeypatch.setattr(show_calls, "MOST_HELD", 240_000)
    for _ in range(5):
        calls.add(entry("1", variables=[("A", "x" * 40_000)]))
    assert shown == []
    for number in "234":
        calls.add(entry(number, variables=[("A", "x" * 80_000)]))
    assert [(call.key[1], len(call.entries), call.left_out, call.cut) for call in shown] == [("1", 2, 3, True), ("2", 1, 0, True)]


def timed(run, tmp_path, *given):
    """What --json says of one call, of which each is (kind, arguments of its document, the moment of its record)."""
    records = []
    for kind, more, ts in given:
        message = SIGNED.query("Q", **more) if kind == "query" else SIGNED.event(kind, {}, **more)
        records.append(record(message, 0, f"e={kind}") | {"ts": ts})
    (tmp_path / "timed.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    done = run("show", "--calls", "--json", "timed.ndjson", env=ENV)
    assert (done.code, done.err) == (0, "")
    (row,) = map(json.loads, done.out.splitlines())
    return row


ACTIONS = ["14:Inicio", "2:911888204:::20:0.34", "7:Fin"]


@pytest.mark.parametrize("hour", ["04", "09", "15"], ids=["India, half an hour off", "Spain", "America"])
def test_the_fins_actions_stand_where_they_were_whatever_the_zone(run, tmp_path, hour):
    """The line's clock says 10:00, or 9:30; the records are in UTC."""
    start = "2026-11-23T09:30:00" if hour == "04" else "2026-11-23T10:00:00"
    row = timed(
        run,
        tmp_path,
        ("INICIO", {}, f"2026-11-23T{hour}:00:00.500000Z"),
        ("query", {}, f"2026-11-23T{hour}:00:12.000000Z"),
        ("FIN", {"start": start, "seconds": 60, "actions": ACTIONS}, f"2026-11-23T{hour}:01:01.000000Z"),
    )
    assert [each["offset"] for each in row["records"]] == [0.5, 12.0, 61.0]
    assert row["actions"][0]["offset"] == 0
    assert row["actions"][-1]["offset"] <= 60
    assert (row["seconds"], row["note"]) == (61.0, None)


@pytest.mark.parametrize(
    ("fin", "note"),
    [("09:00:01", "the FIN came 59 s before the end"), ("09:10:00", "the FIN came 9 min after the end"), ("11:22:01", None)],
)
def test_a_fin_that_does_not_fit_its_records_is_told(run, tmp_path, fin, note):
    row = timed(
        run,
        tmp_path,
        ("INICIO", {}, "2026-11-23T09:00:00Z"),
        ("FIN", {"start": "2026-11-23T10:00:00", "seconds": 60, "actions": ACTIONS}, f"2026-11-23T{fin}Z"),
    )
    assert (note or "the FIN came 2 h 21 min 1 s after") in row["note"]
    assert row["actions"][0]["offset"] == 0


def test_a_fin_of_another_day_begins_with_its_first_record(run, tmp_path):
    row = timed(
        run,
        tmp_path,
        ("INICIO", {}, "2026-11-23T09:00:00Z"),
        ("FIN", {"start": "2020-01-01T10:00:00", "seconds": 60, "actions": ACTIONS}, "2026-11-23T09:00:00.5Z"),
    )
    assert "not those of its records" in row["note"]
    assert ([each["offset"] for each in row["records"]], row["actions"][0]["offset"]) == ([0.0, 0.5], 0)
    assert row["seconds"] == 60


def test_one_picture_a_call_on_a_page_and_in_an_svg(run, capture, tmp_path):
    for option in ("--html", "--svg"):
        done = run("show", "--calls", "calls.ndjson", option, "out", env=ENV)
        assert (done.code, done.out, done.err) == (0, "", "")
        text = (tmp_path / "out").read_text().replace("&#160;", " ")
        assert text.count("70700001 of line 123456789, ") == 1
        for each in ("query ESTADO PEDIDO", "DESVIO_FALLIDO", "NUMPEDIDO = 7", "no FIN has come", "4 records"):
            assert each in text
    run("show", "--calls", "calls.ndjson", "--html", "out", env=ENV)
    page = (tmp_path / "out").read_text()
    assert re.findall(r'<a href="#(\w+)">call (\d+)', page) == [("d1", "70700001"), ("d2", "70700002")]
    places = [int(place) for place in re.findall(r'class="record">.*?<rect x="(\d+)"', page)]
    assert places[:4] == [0, 500, 800, 995]


@pytest.mark.parametrize("columns", [80, 160])
def test_a_picture_fits_its_terminal(run, capture, screen, columns):
    shown = screen(columns, "--color", "never", "show", "--calls", "calls.ndjson", env=ENV)
    assert "\x1b" not in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= columns
    marks = [line.index("◆") for line in shown.splitlines() if "◆" in line]
    assert (marks[:4], marks[4:]) == (sorted(set(marks[:4])), sorted(set(marks[4:])))
    assert len(marks) == 7


def test_an_answer_that_is_not_taken_is_red(run, tmp_path):
    bad = record(SIGNED.query("Q", {}), 0, answer=b"<html>")
    (tmp_path / "calls.ndjson").write_text(json.dumps(bad) + "\n")
    done = run("show", "--calls", "calls.ndjson", "--html", "out", env=ENV)
    assert (done.code, done.err) == (0, "")  # it is judged where it was asked for
    assert re.search(r'<tr class="record wrong">.*IC001', (tmp_path / "out").read_text())


NASTY = "\x1b[31mred\x9b0m\u202e [/x] :smile: <b>&\x07"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def test_text_is_data_in_every_picture(run, screen, tmp_path):
    fin = json.dumps(
        {
            "ApiCall": {
                "UserID": {"LineNumber": NASTY, "CallSequence": NASTY},
                "Infocaller": {"CallerNumber": NASTY, "StartDate": NASTY, "CallSeconds": "5"},
                "Status": {"Events": {"Event": [{"EventType": NASTY, "EventDate": NASTY, "EventName": NASTY}]}},
                "CustVars": {"CustVar": [{"VarName": NASTY, "VarValue": NASTY}]},
            }
        }
    )
    row = {"ts": NASTY, "url": f"http://h/{NASTY}", "body": base64.b64encode(fin.encode()).decode(), "resp": {"status": 200}}
    (tmp_path / "x").write_text(json.dumps(row) + "\n")
    for text in (
        screen(100, "-q", "--color", "never", "show", "--calls", "x"),
        *(run("show", "--calls", "x", *more).out for more in ((), ("--json",))),
        *((run("show", "--calls", "x", option, "out"), (tmp_path / "out").read_text())[1] for option in ("--html", "--svg")),
    ):
        assert "red" in text
        assert not STEERING.search(text)
    assert "<b>&" not in (run("show", "--calls", "x", "--html", "out"), (tmp_path / "out").read_text())[1]


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-11-23T10:00:00"])
@pytest.mark.parametrize("seconds", ["95", "-5", "9" * 18, "9" * 400, ""])
def test_moments_at_the_end_of_time(run, tmp_path, start, seconds):
    events = [{"EventType": "14", "EventDate": start}, {"EventType": "7", "EventDate": "9999-12-31T23:59:59"}]
    fin = {
        "UserID": {"CallSequence": "1"},
        "Infocaller": {"StartDate": start, "CallSeconds": seconds},
        "Status": {"Events": {"Event": events}},
    }
    body = base64.b64encode(json.dumps({"ApiCall": fin}).encode()).decode()
    times = (
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:30:00Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:29:59Z",
        "2026-11-23T09:00:00Z",
    )
    (tmp_path / "x").write_text("".join(json.dumps({"ts": ts, "url": "/", "body": body}) + "\n" for ts in times))
    for more in (["--json"], [], ["--html", "out"]):
        done = run("show", "--calls", "x", *more)
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("times", [("2026-11-23T10:00:00Z", "2026-11-23T10:00:00"), ("nonsense", "9" * 5000)])
def test_times_of_any_kind_end_in_no_traceback(run, tmp_path, times):
    records = [{**record(SIGNED.event("INICIO"), 0), "ts": ts} for ts in times]
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    done = run("show", "--calls", "calls.ndjson", env=ENV)
    assert (done.code, done.err) == (0, "")
    assert ("records without a readable time, in their order: 2" in done.out) == (times[0] == "nonsense")
