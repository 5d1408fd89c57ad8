"""`simulate --test`: the cases of both examples against a real server, every form of the report, coverage, and what is refused."""

import json
import re
import subprocess
import sys
import threading
from xml.etree import ElementTree

import pytest

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
HANDLERS = """
def status(query):
    known = query.variables
    if query.name.strip() == "NUMERO EXTENSION":
        return {"TELEFONO": "911888204" if known["EXTENSION"] == "204" else "0"}
    return {"PEDIDO": {"100": "0", "101": "1", "102": "2"}.get(known["NUMPEDIDO"], "3")}
"""
NASTY = "\x1b[31m]]>&<b>%0A::error::x"
ORDERS = [
    "an order that does not exist",
    "an order that is being prepared",
    "an order that was sent",
    "an order with a problem: the caller reaches a person",
    "the application is down: the caller reaches a person",
    "the application fails, and the person is busy",
    "the caller hangs up",
]


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The URL of an application that knows the orders and extensions of the examples' cases."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "orders.py").write_text(HANDLERS)
    command = [sys.executable, "-m", "infocaller_cli", "serve-query", "--handler", "orders:status", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=None)
    ready = next(line for line in process.stderr if line.startswith("listening on "))
    yield f"{ready.split()[-1]}/orders"
    process.terminate()
    process.wait(30)
    process.stderr.close()


@pytest.fixture
def cases(run, tmp_path, application):
    """A function: `simulate --test` of an example (changed by `old` -> `new`), with these options."""

    def start(example, *options, changes=(), to=application):
        text = run("simulate", "--example", example).out
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "script.toml").write_text(text, "utf-8")
        return run("simulate", "script.toml", "--test", *(("--to", to) if to else ()), *options, env=KNOWN)

    return start


def row_of(tmp_path, text):
    lines = (tmp_path / "script.toml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("example", ["order-status", "extension"])
@pytest.mark.parametrize("options", [[], ["--jobs", "1"], ["--format", "json"], ["--as-printed"]], ids=" ".join)
def test_all_cases_of_the_examples_pass_and_reach_everything(cases, example, options):
    done = cases(example, *options)
    assert (done.code, done.err) == (0, "")
    *lines, total, reached = done.out.splitlines()
    assert all(line.startswith("ok: ") for line in lines)
    assert total == f"{len(lines)} cases: {len(lines)} ok, 0 failed"
    count, of = re.fullmatch(r"steps and branches reached: (\d+) of (\d+)", reached).groups()
    assert count == of


WRONG = [('PEDIDO = "1" }', 'PEDIDO = "7" }')]


def test_a_case_that_fails_shows_the_whole_call_and_what_it_missed(cases):
    done = cases("order-status", "--call", "0100", changes=WRONG)
    assert (done.code, done.err) == (1, "")
    shown = re.sub(r"in \d+ ms", "in 2 ms", done.out)
    assert shown.splitlines()[1:12] == [
        "failed: an order that is being prepared (call 0101: script, 12 s)",
        "    00:00  INICIO -> 200 in 2 ms",
        '    00:00  "Bienvenida"',
        '    00:01  "Por favor marque su código de pedido"',
        "           NUMPEDIDO> 101",
        "    00:07  ESTADO PEDIDO -> Result 0 in 2 ms: PEDIDO = 1",
        "    00:07  PEDIDO = 1",
        '    00:07  "Su pedido está siendo preparado. Muchas gracias por su llamada"',
        "    00:12  end of call",
        "    00:12  FIN -> 200 in 2 ms: 12 s, 7 actions",
        "  expected and missed: variable PEDIDO: expected '7', '1' at the end",
    ]
    assert "7 cases: 6 ok, 1 failed" in shown


def test_one_case_alone_and_nothing_of_what_it_does_not_reach(cases):
    done = cases("order-status", "--case", "an order that was sent")
    assert (done.code, done.out) == (0, "ok: an order that was sent (script, 11 s)\n1 case: 1 ok, 0 failed\n")


def test_what_no_case_reaches_is_told_by_step_and_line(cases, tmp_path):
    done = cases("order-status", changes=[('keys = ["100"]', 'keys = ["102"]')])
    assert done.code == 1
    assert f"  not reached: line {row_of(tmp_path, 'PEDIDO = 0')}: step 4, 'PEDIDO = 0'" in done.out.splitlines()


def test_json(cases, tmp_path):
    done = cases("order-status", "--output", "json", changes=WRONG)
    *rows, reached = map(json.loads, done.out.splitlines())
    assert [(row["case"], row["passed"]) for row in rows] == [(name, name != ORDERS[1]) for name in ORDERS]
    assert rows[2]["heard"][-1].startswith("Su pedido ha sido enviado")
    assert (rows[2]["requests"], rows[2]["end"]) == (["INICIO", "ESTADO PEDIDO", "FIN"], "script")
    assert rows[2]["variables"] == {"NUMPEDIDO": "102", "PEDIDO": "2"}
    assert rows[1]["row"] == row_of(tmp_path, ORDERS[1]) - 1  # the [[case]] above its name
    assert len({row["call"] for row in rows}) == len(rows)
    assert reached == {"reached": 18, "total": 18, "unreached": []}
    assert cases("order-status", "--json").out.splitlines()[-1] == json.dumps(reached)


def test_junit(cases, junit_schema):
    done = cases("order-status", "--output", "junit", changes=[*WRONG, (ORDERS[0], "no such order ]]>&<")])
    assert junit_schema(done.stdout) == []
    root = ElementTree.fromstring(done.stdout)
    (suite,) = root
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["7", "1", "0"]
    names = [case.get("name") for case in suite]
    assert names == ["no such order ]]>&<", *ORDERS[1:]]
    assert {case.get("classname") for case in suite} == {"infocaller.Estado de pedido"}
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "variable PEDIDO: expected '7', '1' at the end"
    assert "ESTADO PEDIDO -> Result 0" in failure.text
    assert all(0 < float(case.get("time")) < 60 for case in suite)


def test_github_annotates_the_case_and_what_is_not_reached(cases, tmp_path):
    changes = [*WRONG, ('keys = ["100"]', 'keys = ["102"]'), (ORDERS[1], "50%, or: more")]
    done = cases("order-status", "--output", "github", changes=changes)
    assert done.code == 1
    errors = [line for line in done.out.splitlines() if line.startswith("::error ")]
    row = row_of(tmp_path, "50%, or: more") - 1
    assert errors[1].startswith(f"::error file=script.toml,line={row},title=50%25%2C or%3A more::variable PEDIDO: expected '7'")
    assert "%0A00:00  INICIO -> 200" in errors[1]
    branch = row_of(tmp_path, '"PEDIDO = 0"')
    assert f"::warning file=script.toml,line={branch},title=not reached by any case::" in done.out


@pytest.mark.parametrize("form", ["text", "json", "github", "junit"])
def test_no_form_lets_a_control_character_through(run, tmp_path, endpoint, form):
    answer = b'{"ApiCall": {"Status": {"Result": "1", "ResultText": %b}, "CustVars": {"CustVar": []}}}' % json.dumps(NASTY).encode()
    one = endpoint(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
    (tmp_path / "nasty.toml").write_text("[[step]]\nquery = 'A'\n[[case]]\nname = '50%0A::error::x]]>&<b>'\nexpect = { end = 'call' }\n")
    done = run("simulate", "nasty.toml", "--test", "--output", form, "--format", "json", "--to", one.url, env=KNOWN)
    assert (done.code, done.err) == (1, "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.out)
    assert sum(line.startswith("::") for line in done.out.splitlines()) == (form == "github")


def test_cases_in_a_file_of_their_own(cases, run, tmp_path, application):
    cases("order-status")
    (tmp_path / "more.toml").write_text('script = "script.toml"\n[[case]]\nname = "one"\nkeys = ["102"]\nexpect = { end = "script" }\n')
    done = run("simulate", "more.toml", "--test", "--to", application, env=KNOWN)
    assert (done.code, done.out.splitlines()[0]) == (0, "ok: one (script, 11 s)")


def test_a_capture_of_all_calls(cases, run):
    assert cases("order-status", "--out", "all.ndjson").code == 0
    done = run("validate", "all.ndjson", "--strict", env=KNOWN)
    assert done.code == 0, done.out
    rows = [json.loads(line) for line in run("validate", "all.ndjson", "--output", "json", env=KNOWN).out.splitlines()]
    requests = [row for row in rows if row["kind"] != "response"]
    assert len({row["call"] for row in requests}) == 7
    assert len(requests) == 4 * 3 + 1 + 2 * 3 + 2  # 4 that are answered, one of them diverted, 2 with a fault, 1 that hangs up


def test_nobody_there_is_a_failure_of_each_case_that_minds(cases):
    done = cases("order-status", to="http://127.0.0.1:1/")
    assert done.code == 1
    assert "failed: an order that was sent" in done.out
    assert "ok: the caller hangs up" in done.out
    assert "cannot be reached" in done.out


REFUSED = {
    "no cases": (["--test"], [(r"[[case]]", "")], "script.toml has no cases"),
    "no such case": (["--case", "an order that was snet"], [], "there is no case 'an order that was snet'"),
    "keys": (["--keys", "1"], [], "--test does not go with --keys"),
    "no URL": ([], [], "where the query 'ESTADO PEDIDO' goes is not known"),
    "a call id": (["--call", "x"], [], "--call cannot be 'x'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(cases, run, tmp_path, what):
    options, changes, words = REFUSED[what]
    if changes:
        (tmp_path / "script.toml").write_text("[[step]]\nmessage = 'x'\n")
        done = run("simulate", "script.toml", "--test", env=KNOWN)
    else:
        done = cases("order-status", *options, to=None if what == "no URL" else "http://127.0.0.1:1/")
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "did you mean" in done.err or what != "no such case"


def test_case_and_output_go_with_test_alone(run, tmp_path):
    (tmp_path / "script.toml").write_text("[[step]]\nmessage = 'x'\n")
    done = run("simulate", "script.toml", "--keys", "1", "--output", "junit", env=KNOWN)
    assert (done.code, done.out) == (2, "")
    assert "--case and --output go with --test" in done.err


@pytest.mark.parametrize(("jobs", "most"), [("3", 3), ("1", 1)])
def test_so_many_calls_go_on_side_by_side(run, tmp_path, endpoint, jobs, most):
    together = threading.Barrier(most)
    waiting, largest = [], []

    def behave(connection, number):
        one.read(connection)
        waiting.append(number)
        largest.append(len(waiting))
        together.wait(30)  # nobody is answered before all are there
        waiting.remove(number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    one = endpoint(behave)
    (tmp_path / "a.toml").write_text("[[step]]\nend = true\n" + "".join(f"[[case]]\nname = 'c{n}'\n" for n in range(3)))
    done = run("simulate", "a.toml", "--test", "--to", one.url, "--jobs", jobs, env=KNOWN)
    assert (done.code, done.err) == (0, "")
    assert len(one.requests) == 6  # INICIO and FIN of each
    assert max(largest) == most
