"""`simulate` unattended: what is sent, shown and judged, against real servers."""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from infocaller_cli.codec import decode
from infocaller_cli.codec.form import open_body

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
HANDLERS = """
def status(query):
    known = query.variables
    if query.name.strip() == "NUMERO EXTENSION":
        return {"TELEFONO": "911888204" if known["EXTENSION"] == "204" else "0"}
    if known["NUMPEDIDO"] == "666":
        raise RuntimeError("broken")
    if known["NUMPEDIDO"] == "7":
        return {"PEDIDO": "2.0"}
    if known["NUMPEDIDO"] == "8":
        return {}
    return {"PEDIDO": {"100": "0", "101": "1", "102": "2"}.get(known["NUMPEDIDO"], "3")}
"""


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The URL of an application that knows the orders and extensions of the examples' cases."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "orders.py").write_text(HANDLERS)
    command = [sys.executable, "-m", "infocaller_cli", "serve-query", "--handler", "orders:status", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    ready = next(line for line in process.stderr if line.startswith("listening on "))
    yield f"{ready.split()[-1]}/orders"
    process.terminate()
    process.wait(30)
    process.stderr.close()


@pytest.fixture
def simulate(run, tmp_path):
    """A function: the command, in a folder with both examples."""
    for name in ("order-status", "extension"):
        (tmp_path / f"{name}.toml").write_text(run("simulate", "--example", name).out, "utf-8")

    def start(*words, env=KNOWN, **more):
        return run("simulate", *words, env=env, **more)

    return start


def test_the_page_of_the_design(simulate, application):
    done = simulate("order-status.toml", "--to", application, "--keys", "102", "--call", "31415926")
    assert (done.code, done.err) == (0, "")
    shown = re.sub(r"in \d+ ms", "in 2 ms", done.out)
    assert shown.splitlines() == [
        "call 31415926 of line 123456789, from 911888920",
        "00:00  INICIO -> 200 in 2 ms",
        '00:00  "Bienvenida"',
        '00:01  "Por favor marque su c\u00f3digo de pedido"',
        "       NUMPEDIDO> 102",
        "00:07  ESTADO PEDIDO -> Result 0 in 2 ms: PEDIDO = 2",
        "00:07  PEDIDO = 2",
        '00:07  "Su pedido ha sido enviado. Muchas gracias por su llamada"',
        "00:11  end of call",
        "00:11  FIN -> 200 in 2 ms: 11 s, 7 actions",
    ]


@pytest.mark.parametrize(
    ("script", "words", "end", "requests"),
    [
        ("order-status", ["--keys", "100"], "script", ["INICIO", "ESTADO PEDIDO", "FIN"]),
        ("order-status", ["--keys", "101"], "script", ["INICIO", "ESTADO PEDIDO", "FIN"]),
        ("order-status", ["--keys", "5", "--divert", "answered 60"], "call", ["INICIO", "ESTADO PEDIDO", "DESVIO_CORRECTO", "FIN"]),
        ("order-status", ["--keys", "5", "--divert", "busy"], "call", ["INICIO", "ESTADO PEDIDO", "DESVIO_FALLIDO", "FIN"]),
        ("order-status", ["--keys", "hangup"], "caller", ["INICIO", "FIN"]),
        ("order-status", ["--keys", "5", "--divert", "hangup"], "caller", ["INICIO", "ESTADO PEDIDO", "FIN"]),
        (
            "extension",
            ["--keys", "9", "--keys", "204", "--divert", "no answer"],
            "call",
            ["INICIO", "NUMERO EXTENSION", "NUMERO EXTENSION", "DESVIO_FALLIDO", "FIN"],
        ),
    ],
)
def test_every_branch_as_json_and_as_a_capture(simulate, run, application, tmp_path, script, words, end, requests):
    done = simulate(f"{script}.toml", "--to", application, *words, "--json", "--out", "calls.ndjson")
    assert (done.code, done.err) == (0, "")
    rows = list(map(json.loads, done.out.splitlines()))
    assert [row["name"] for row in rows if row["event"] == "request"] == requests
    assert rows[-1]["event"] == "ended"
    assert rows[-1]["end"] == end
    assert [row["t"] for row in rows] == sorted(row["t"] for row in rows)
    judged = run("validate", "--strict", "calls.ndjson", env=KNOWN)
    assert judged.code == 0, judged.out
    records = [json.loads(line) for line in (tmp_path / "calls.ndjson").read_text().splitlines()]
    assert len(records) == len(requests)
    assert len({record["call"] for record in records}) == 1
    assert all(record["resp"]["status"] == 200 for record in records)
    assert run("show", "calls.ndjson", env=KNOWN).code == 0


def test_a_broken_handler_runs_the_error_action(simulate, application):
    done = simulate("order-status.toml", "--to", application, "--keys", "666", "--divert", "answered 5")
    assert done.code == 1
    assert re.search(r"ESTADO PEDIDO -> Result \S+ in \d+ ms: .*the error action runs, no variable changes", done.out)
    assert "No ha sido posible" in done.out
    assert "DESVIO_CORRECTO -> 200" in done.out


@pytest.mark.parametrize(("keys", "said"), [("7", "2.0 and 2 are compared as numbers"), ("8", "PEDIDO is not set")])
def test_what_is_ours_is_marked(simulate, application, keys, said):
    done = simulate("order-status.toml", "--to", application, "--keys", keys, "--divert", "busy")
    assert f"(ours: {said}" in done.out


def test_nobody_answers(simulate):
    done = simulate("order-status.toml", "--to", "http://127.0.0.1:1/", "--keys", "1", "--divert", "busy")
    assert done.code == 4
    assert done.out.count("cannot be reached") == 4
    assert "FIN -> no answer" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--keys", "102", "--keys", "1"], "the keys '1' were left over"),
        (["--divert", "busy"], "keys for 'Por favor marque su c\u00f3digo de pedido' were missing: the caller hung up"),
        (["--keys", "102", "--divert", "busy"], "the outcome 'busy' was left over"),
        (["--keys", "5"], "what becomes of the call to 911888921 was missing: no answer"),
        (["--keys", "12a"], "'12a' cannot be given to"),
    ],
)
def test_keys_and_outcomes_that_do_not_fit(simulate, application, words, said):
    done = simulate("order-status.toml", "--to", application, *words)
    assert done.code == 1
    assert f"warning: {said}" in done.err
    assert "FIN -> 200" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no SCRIPT"),
        (["order-status.toml", "--keys", "1"], "where the query 'ESTADO PEDIDO' goes is not known"),
        (["order-status.toml", "--to", "http://h/"], "there is no terminal to press keys on"),
        (["order-status.toml", "--to", "ftp://h/", "--keys", "1"], "ftp"),
        (["order-status.toml", "--to", "http://h/?[_NumDesvia]", "--keys", "1"], "did you mean _NumDesvio?"),
        (["order-status.toml", "--to", "http://h/", "--divert", "taken"], "a diverted call cannot be 'taken'"),
        (["order-status.toml", "--to", "http://h/", "--keys", "1", "--seconds", "5"], "--seconds does not go with simulate"),
        (["order-status.toml", "--to", "http://h/", "--keys", "1", "--save-case", "the caller hangs up"], "there is a case"),
        (["--example", "order-statu"], "did you mean order_status?"),
        (["--example", "extension", "order-status.toml"], "--example does not go with a SCRIPT"),
        (["order-status.toml", "--like", "x", "--keys", "1"], "--like does not go with --keys"),
        (["order-status.toml", "--to", "http://h/", "--keys", "1", "--line", "12\u20ac3"], "outside ISO-8859-1"),
        (["order-status.toml", "--to", "http://h/", "--keys", "1", "--timeout", "0"], "--timeout cannot be 0"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_sent(simulate, words, said):
    done = simulate(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_script_that_is_missing(simulate):
    assert simulate("nothing.toml").code == 3


@pytest.mark.parametrize("json_wanted", [False, True])
def test_check(simulate, tmp_path, json_wanted):
    (tmp_path / "bad.toml").write_text('[[step]]\nmesage = "\\u001b[2J"\n[[step]]\ngoto = "x"\n')
    done = simulate("--check", "bad.toml", *(["--json"] if json_wanted else []))
    assert (done.code, done.err) == (2, "")
    if json_wanted:
        assert [json.loads(line)["row"] for line in done.out.splitlines()] == [2]
    else:
        assert done.out.startswith("bad.toml:2: error: step 1: unknown key 'mesage'")
        assert "did you mean message?" in done.out
    (tmp_path / "warned.toml").write_text('[[step]]\nlabel = "a"\ngoto = "a"\n')
    done = simulate("--check", "warned.toml")
    assert done.code == 0
    assert "warned.toml:1: warning: step 1: a loop without a keypad" in done.out
    assert simulate("--check", "order-status.toml").out == "order-status.toml: nothing is wrong with it\n"


def test_a_wrong_script_is_not_played(simulate, tmp_path, application):
    (tmp_path / "bad.toml").write_text('[[step]]\nmessage = "a"\n[[step]]\ngoto = "b"\n')
    done = simulate("bad.toml", "--to", application, "--keys", "1")
    assert (done.code, done.out) == (2, "")
    assert "bad.toml:3: step 2: goto: nobody has the label 'b'" in done.err


def test_a_loop(simulate, tmp_path, application):
    (tmp_path / "loop.toml").write_text('[[step]]\nlabel = "a"\ngoto = "a"\n')
    done = simulate("loop.toml", "--to", application, "--keys", "")
    assert done.code == 1
    assert "end of call: the script loops" in done.out
    assert "FIN -> 200" in done.out


def test_where_requests_go(simulate, endpoint, tmp_path, answers_events):
    sink = endpoint(answers_events)
    script = f'[urls]\nFIN = "{sink.url}fin?id=[_IdLlamada]&uuid=[_UUID]"\nDESVIO_FALLIDO = "{sink.url}no?to=[_NumDesvio]&uuid=[_UUID]"\n'
    (tmp_path / "a.toml").write_text(f'{script}[[step]]\ncall = "911888921"\n')
    done = simulate("a.toml", "--divert", "busy", "--call", "77", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert "INICIO is not sent: no URL is known for it" in done.out
    lines = [head.split(b" ")[1].decode() for head, _ in sink.requests]
    uuids = {line.rpartition("uuid=")[2] for line in lines}
    assert [line.partition("uuid=")[0] for line in lines] == ["/no?to=911888921&", "/fin?id=77&"]
    assert len(uuids) == 1
    fin = decode(open_body(sink.requests[1][1], "application/x-www-form-urlencoded").document)
    assert fin.format == "json"
    assert [action["EventType"] for action in fin.document.actions] == ["14", "2", "7"]


@pytest.fixture
def answers_events():
    return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def test_a_recorded_call_again(simulate, application, run):
    done = simulate(
        "extension.toml", "--to", application, "--keys", "9", "--keys", "204", "--divert", "answered 9", "--out", "calls.ndjson"
    )
    assert done.code == 0
    again = simulate("extension.toml", "--to", application, "--like", "calls.ndjson")
    assert again.code == 0
    assert re.search(r"the same way as call \d+: 11 actions", again.out)
    other = simulate("extension.toml", "--to", "http://127.0.0.1:1/", "--like", "calls.ndjson")
    assert other.code == 4
    assert "another way than call" in other.out
    assert "- API query NUMERO EXTENSION: 0" in other.out
    assert "+ API query NUMERO EXTENSION: 1" in other.out
    rows = simulate("extension.toml", "--to", application, "--like", "calls.ndjson", "--json").out.splitlines()
    assert json.loads(rows[-1])["same"] is True
    other = simulate("extension.toml", "--to", application, "--like", "calls.ndjson", "--json", "--caller", "X")
    assert other.code == 0


def test_a_recorded_call_that_goes_another_way(simulate, application, run, tmp_path):
    (tmp_path / "fin.xml").write_text(run("sample", "fin", "--action", "14", "--action", "4:k:9", "--action", "7").out)
    done = simulate("extension.toml", "--to", application, "--like", "fin.xml", "--json")
    assert done.code == 1
    assert json.loads(done.out.splitlines()[-1])["same"] is False


def test_a_recorded_call_whose_caller_hung_up(simulate, application):
    done = simulate("order-status.toml", "--to", application, "--keys", "hangup", "--out", "calls.ndjson")
    assert done.code == 0
    again = simulate("order-status.toml", "--to", application, "--like", "calls.ndjson")
    assert again.code == 0
    assert "the same way as call" in again.out


def test_a_capture_keeps_no_login(simulate, application, tmp_path):
    done = simulate(
        "order-status.toml", "--to", application.replace("://", "://me:secret@"), "--keys", "100", "--out", "c.ndjson", "--json"
    )
    assert done.code == 0
    kept = (tmp_path / "c.ndjson").read_text()
    assert "Authorization" not in kept
    assert "secret" not in kept + done.out


def test_like_needs_one_fin(simulate, run, tmp_path):
    (tmp_path / "query.xml").write_text(run("sample", "query").out)
    done = simulate("extension.toml", "--to", "http://h/", "--like", "query.xml")
    assert done.code == 2
    assert "holds no FIN" in done.err


def test_a_call_is_kept_as_a_case(simulate, application, tmp_path):
    words = ["--to", application, "--keys", "5", "--divert", "answered 5", "--save-case", 'with "quotes" and \\']
    done = simulate("order-status.toml", *words)
    assert done.code == 0
    kept = (tmp_path / "order-status.toml").read_text("utf-8").rpartition("[[case]]")[2]
    assert 'keys = ["5"]' in kept
    assert 'diverts = ["answered 5"]' in kept
    assert 'expect.requests = ["INICIO", "ESTADO PEDIDO", "DESVIO_CORRECTO", "FIN"]' in kept
    assert 'expect.variables = { NUMPEDIDO = "5", PEDIDO = "3" }' in kept
    assert simulate("--check", "order-status.toml").code == 0
    assert "there is a case" in simulate("order-status.toml", *words).err


@pytest.mark.parametrize(("reply", "fault"), [(None, "no answer"), (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503")])
def test_a_case_keeps_what_the_application_failed_at(simulate, endpoint, tmp_path, reply, fault):
    url = endpoint(reply).url if reply else "http://127.0.0.1:1/"
    simulate("order-status.toml", "--to", url, "--keys", "5", "--divert", "busy", "--save-case", "down")
    kept = (tmp_path / "order-status.toml").read_text("utf-8").rpartition("[[case]]")[2]
    assert f'faults = {{ "ESTADO PEDIDO" = "{fault}" }}' in kept
    assert simulate("--check", "order-status.toml").code == 0


def test_nothing_steers_a_terminal(simulate, tmp_path, endpoint):
    body = (
        '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>x</ResultText></Status><CustVars><CustVar>'
        "<VarName>A</VarName><VarValue>\u009b2J&#x202e;</VarValue></CustVar></CustVars></ApiCall>"
    ).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    sink = endpoint(head + body)
    (tmp_path / "a.toml").write_text('[[step]]\nquery = "Q"\n[[step]]\nmessage = "[A]\u202e"\n')
    done = simulate("a.toml", "--to", sink.url, "--keys", "")
    assert not re.search("[\x1b\x9b\u202e]", done.out + done.err)
    assert r"\u202e" in done.out


def test_the_schema_of_scripts(run, simulate, tmp_path):
    import tomllib

    import jsonschema

    schema = json.loads(run("schema", "script").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for name in ("order-status", "extension"):
        assert list(judge.iter_errors(tomllib.loads((tmp_path / f"{name}.toml").read_text("utf-8")))) == []
    for wrong in ('[[step]]\nmesage = "a"', '[[step]]\nmessage = "a"\ncall = "1"', "step = []", "[[step]]\nend = false"):
        assert list(judge.iter_errors(tomllib.loads(wrong)))
    assert run("schema", "script", "--format", "xsd").code == 2


def test_each_call_is_one_of_its_own(simulate, application):
    calls = [simulate("order-status.toml", "--to", application, "--keys", "100").out.split()[1] for _ in range(2)]
    assert calls[0] != calls[1]


def test_the_options_of_send_are_taken(simulate, endpoint, answers_events, tmp_path):
    sink = endpoint(answers_events)
    (tmp_path / "secret").write_text("clave")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "a.toml").write_text('[[step]]\nmessage = "ñ"\n', "utf-8")
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    words = ["--line", "34911", "--caller", "X", "--start", "2026-11-23T10:00:00", "--encoding", "iso-8859-1", "--password-file", "secret"]
    done = simulate("a.toml", "--to", f"{sink.url}[_UUID]", "--keys", "", "--uuid", uuid, "--call", "7", *words, env={})
    assert (done.code, done.err) == (0, "")
    assert {head.split(b" ")[1].decode() for head, _ in sink.requests} == {f"/{uuid}"}
    fin = decode(open_body(sink.requests[-1][1]).document)
    assert fin.text.charset == "iso-8859-1"
    assert fin.document.actions[1]["EventName"] == "\u00f1"
    places = [("UserID", "LineNumber"), ("Infocaller", "CallerNumber"), ("Infocaller", "StartDate"), ("Infocaller", "EndDate")]
    assert [fin.document.get(*place) for place in places] == ["34911", "X", "2026-11-23T10:00:00", "2026-11-23T10:00:01"]
    assert fin.document.get("UserID", "Signature") == hashlib.md5(b"349117clave").hexdigest()


@pytest.mark.parametrize(("step", "words"), [("wait = 1.0\n", []), ("", ["--timeout", "1"])], ids=["wait", "timeout"])
def test_an_answer_that_is_late_is_none(simulate, endpoint, tmp_path, answers_events, step, words):
    def behave(connection, number):
        _, body = sink.read(connection)
        if b"QueryName" in body:
            sink.read(connection)  # until the other side gives up
        else:
            connection.sendall(answers_events)

    sink = endpoint(behave)
    (tmp_path / "a.toml").write_text(f'[[step]]\nquery = "Q"\n{step}on_error = "e"\n[[step]]\nlabel = "e"\nmessage = "error"\n')
    done = simulate("a.toml", "--to", sink.url, "--keys", "", *words)
    assert done.code == 1
    assert "Q -> no answer: no answer in time: there was none within 1 s" in done.out
    assert "FIN -> 200" in done.out


def test_a_capture_is_sent_again(simulate, run, application, endpoint, answers_events):
    assert simulate("order-status.toml", "--to", application, "--keys", "100", "--out", "calls.ndjson").code == 0
    sink = endpoint(answers_events)
    assert run("replay", "calls.ndjson", "--to", sink.url, env=KNOWN).code == 0
    assert len(sink.requests) == 3


def test_a_call_is_kept_in_a_file_of_cases(simulate, application, tmp_path):
    script = (tmp_path / "order-status.toml").read_text("utf-8")
    (tmp_path / "cases.toml").write_text('script = "order-status.toml"\n[[case]]\nname = "one"\nkeys = ["100"]\n')
    assert simulate("cases.toml", "--to", application, "--keys", "102", "--save-case", "two").code == 0
    assert (tmp_path / "order-status.toml").read_text("utf-8") == script
    done = simulate("cases.toml", "--test", "--to", application)
    assert "ok: one (" in done.out
    assert "ok: two (" in done.out
