"""Calls played by code: what is heard and sent, what a case expects of it, what no case reaches, and the lines of a whole call."""

from datetime import datetime
from pathlib import Path

import pytest

from infocaller_cli import validate
from infocaller_cli.calls import Case, Expect, read
from infocaller_cli.codec import decode
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.sample import CallFields
from infocaller_cli.errors import InputError, UnreachableError, UsageError
from infocaller_cli.traffic.send.judgement import Sent, judge
from infocaller_cli.traffic.send.sender import Response
from infocaller_cli.traffic.simulate.coverage import coverage
from infocaller_cli.traffic.simulate.driver import play
from infocaller_cli.traffic.simulate.exchange import Endpoint
from infocaller_cli.traffic.simulate.lines import lines
from infocaller_cli.traffic.simulate.loading import load
from infocaller_cli.traffic.simulate.missed import missed

EXAMPLE = Path(__file__).parents[3] / "infocaller_cli/calls/examples/order-status.toml"
SCRIPT = read(EXAMPLE.read_text("utf-8"))
ORDERS = {"100": "0", "101": "1", "102": "2"}


class Application:
    """Answers queries by the table of orders; keeps what came."""

    def __init__(self, status=200, ms=5.0):
        self.status = status
        self.ms = ms
        self.came = []

    def __call__(self, url, content_type, body, timeout):
        document = decode(open_body(body, content_type).document)
        self.came.append((url, document, timeout))
        order = dict(document.document.variables).get("NUMPEDIDO")
        pedido = ORDERS.get(order, "3")
        answer = (
            '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
            f"<VarName>PEDIDO</VarName><VarValue>{pedido}</VarValue></CustVar></CustVars></ApiCall>"
        )
        return Response(self.status, "", "text/xml", None, answer.encode(), self.ms)


def called(case, application=None, script=SCRIPT, **endpoint):
    endpoint.setdefault("to", "http://127.0.0.1/orders")
    fields = CallFields(call="31415926", start=datetime(2026, 11, 23, 10, 0, 0))  # noqa: DTZ001  the wire has local times
    return play(script, case, fields, Endpoint(application or Application(), "3956", **endpoint))


@pytest.mark.parametrize("case", SCRIPT.cases, ids=lambda case: case.name)
def test_every_case_of_the_example_passes(case):
    assert missed(called(case), case) == []


def test_all_cases_together_reach_everything():
    found = coverage(SCRIPT, [called(case) for case in SCRIPT.cases])
    assert (found.reached, found.unreached) == (found.total, [])


def test_what_no_case_reaches_is_told_by_step_and_line_and_once():
    found = coverage(SCRIPT, [called(SCRIPT.cases[2])])
    rows = {name: number for number, name in enumerate(EXAMPLE.read_text("utf-8").splitlines(), 1)}
    zero = rows['  ["PEDIDO = 0",']
    assert str(found.unreached[0]) == f"line {zero}: step 4, 'PEDIDO = 0'"
    assert [(one.step, one.branch) for one in found.unreached] == [
        ("4", "PEDIDO = 0"),
        ("4", "PEDIDO = 1"),
        ("4", "otherwise"),
        ("5 (message)", ""),
        ("6 (call)", ""),
    ]


def test_every_request_of_a_call_is_of_that_call_signed_and_valid():
    application = Application()
    called(SCRIPT.cases[3], application)
    assert [document.document.kind.value for _, document, _ in application.came] == ["event", "query", "event", "fin"]
    assert {document.document.call for _, document, _ in application.came} == {"31415926"}
    assert [validate(document, password="3956") for _, document, _ in application.came] == [[]] * 4


def test_where_requests_go():
    script = read(
        "[urls]\nINICIO = 'http://script/ev?c=[_IdLlamada]'\n[queries]\nA = 'http://script/a'\n"
        "[[step]]\nquery = 'A'\n[[step]]\nquery = 'B'\nurl = 'http://step/b'\nwait = 3\n[[step]]\nquery = 'C'\n"
    )
    application = Application()
    call = called(Case(""), application, script, to="", queries={" C ": "http://config/c", "A": "http://config/a"}, timeout=7)
    assert [(url, timeout) for url, _, timeout in application.came] == [
        ("http://script/ev?c=31415926", 7),
        ("http://script/a", 7),
        ("http://step/b", 3),
        ("http://config/c", 7),
    ]
    assert call.requests == ["INICIO", "A", "B", "C"]  # nobody wants FIN
    with pytest.raises(UsageError, match="where the query 'A' goes is not known"):
        called(Case(""), application, read("[[step]]\nquery = 'A'\n"), to="")


def test_without_an_answer_the_error_action_runs():
    def nobody(url, content_type, body, timeout):
        raise UnreachableError("it cannot be reached", "connection refused")

    case = Case("", None, ("102",), ("answered 60",))
    call = called(case, nobody)
    assert call.requests == ["INICIO", "ESTADO PEDIDO", "DESVIO_CORRECTO", "FIN"]
    assert "00:07  ESTADO PEDIDO -> no answer: it cannot be reached: connection refused" in lines(call)
    assert call.seconds >= 60


def test_faults_are_answers_and_nothing_is_sent():
    application = Application()
    case = Case("", None, ("102",), ("busy",), {"ESTADO PEDIDO": "slow", "FIN": "500"})
    call = called(case, application, timeout=4)
    assert [name for name, one in zip(call.requests, call.exchanges, strict=True) if one.fault] == ["ESTADO PEDIDO", "FIN"]
    assert len(application.came) == 2
    assert call.slowest == 4


EXPECTATIONS = {
    "heard": (Expect(heard=("Bienvenida", "preparado")), ["heard: expected 'preparado'; then came"]),
    "heard in another order": (Expect(heard=("enviado", "Bienvenida")), ["heard: expected 'Bienvenida'", "(it was heard earlier)"]),
    "two parts of one message": (Expect(heard=("Su pedido", "Muchas gracias")), []),
    "variables": (Expect(variables={"PEDIDO": "1", "NUMPEDIDO": "102", "X": ""}), ["variable PEDIDO: expected '1', '2' at the end"]),
    "a variable that is not set": (Expect(variables={"X": "1"}), ["variable X: expected '1', not set at the end"]),
    "requests": (Expect(requests=("INICIO", "FIN")), ["requests: expected 'INICIO', 'FIN'; sent 'INICIO', 'ESTADO PEDIDO', 'FIN'"]),
    "end": (Expect(end="caller"), ["end: expected caller, it was script"]),
    "within": (Expect(within=0.001), ["within: expected 0.001 s for the slowest query, it took 0.005 s"]),
    "all is well": (Expect(("enviado",), {"PEDIDO": "2"}, ("INICIO", "ESTADO PEDIDO", "FIN"), "script", 1.0), []),
}


@pytest.mark.parametrize(("expect", "parts"), EXPECTATIONS.values(), ids=EXPECTATIONS)
def test_expectations(expect, parts):
    case = Case("", None, ("102",), (), {}, expect)
    found = missed(called(case), case)
    assert bool(found) == bool(parts)
    assert all(part in "\n".join(found) for part in parts)
    assert len(found) <= 1


def test_answers_that_are_lacking_or_left_over_are_missed_too():
    lacking, left = Case("", None, ()), Case("", None, ("102", "7"), ("busy",))
    assert missed(called(lacking), lacking) == ["keys for 'Por favor marque su código de pedido' were missing: the caller hung up"]
    assert missed(called(left), left) == ["the keys '7' were left over", "the outcome 'busy' was left over"]


def test_the_lines_of_a_whole_call():
    assert lines(called(SCRIPT.cases[2])) == [
        "00:00  INICIO -> 200 in 5 ms",
        '00:00  "Bienvenida"',
        '00:01  "Por favor marque su código de pedido"',
        "       NUMPEDIDO> 102",
        "00:07  ESTADO PEDIDO -> Result 0 in 5 ms: PEDIDO = 2",
        "00:07  PEDIDO = 2",
        '00:07  "Su pedido ha sido enviado. Muchas gracias por su llamada"',
        "00:11  end of call",
        "00:11  FIN -> 200 in 5 ms: 11 s, 7 actions",
    ]


# ---- files ----


def test_cases_in_a_file_of_their_own(tmp_path):
    (tmp_path / "script.toml").write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    (tmp_path / "cases.toml").write_text('script = "script.toml"\n[[case]]\nname = "one"\nkeys = ["102"]\n')
    loaded = load(tmp_path / "cases.toml")
    assert [case.name for case in loaded.cases] == ["one"]
    assert (loaded.file, loaded.script_file) == (str(tmp_path / "cases.toml"), str(tmp_path / "script.toml"))
    assert loaded.script.name == "Estado de pedido"


@pytest.mark.parametrize(
    ("data", "why"),
    [(None, "No such file"), (b"name = '\xff'", "it is not UTF-8"), (b"#" * (5 << 20), "larger than")],
    ids=["none", "ff", "large"],
)
def test_files_that_are_none(tmp_path, data, why):
    if data is not None:
        (tmp_path / "a.toml").write_bytes(data)
    with pytest.raises(InputError, match=why):
        load(tmp_path / "a.toml")


def test_keys_that_no_telephone_has_hang_up_and_are_missed():
    case = Case("", None, ("abc",))
    call = called(case)
    assert call.requests == ["INICIO", "FIN"]
    assert call.end == "caller"
    (line,) = missed(call, case)
    assert line.startswith("'abc' cannot be given to 'Por favor marque su código de pedido': ")


def test_a_call_that_cannot_go_on_has_its_end_all_the_same():
    script = read("[urls]\nINICIO = 'http://a/i'\nFIN = 'http://a/f'\n[[step]]\nquery = 'A'\n")
    application = Application()
    with pytest.raises(UsageError, match="where the query 'A' goes is not known"):
        called(Case(""), application, script, to="")
    assert [url for url, _, _ in application.came] == ["http://a/i", "http://a/f"]


def test_so_has_one_that_is_interrupted():
    application = Application()

    def interrupted(happened):
        if happened.exchange is not None and happened.exchange.name == "ESTADO PEDIDO":
            raise KeyboardInterrupt

    fields = CallFields(start=datetime(2026, 11, 23, 10, 0, 0))  # noqa: DTZ001  the wire has local times
    with pytest.raises(KeyboardInterrupt):
        play(SCRIPT, Case("", None, ("102",)), fields, Endpoint(application, "3956", "http://a/"), interrupted)
    assert [document.document.kind.value for _, document, _ in application.came] == ["event", "query", "fin"]


def test_an_answer_is_judged_with_the_query_that_it_is_for():
    """The same bytes say something else to who has sent another value; to who has sent the same they are judged once."""
    script = read('[[step]]\nvoice = "v"\nvariable = "A"\n[[step]]\nquery = "Q"\n')
    answer = (
        '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ok</ResultText></Status><CustVars><CustVar>'
        "<VarName>B</VarName><VarValue>el \u00c3\u00b1and\u00c3\u00ba</VarValue></CustVar></CustVars></ApiCall>"
    ).encode()

    def post(url, content_type, body, timeout):
        return Response(200, "", "text/xml", None, answer, 1.0)

    said = []
    for words in ("el \u00f1and\u00fa", "el avestruz", "el \u00f1and\u00fa"):
        (query,) = (one for one in called(Case("", None, (words,)), post, script).exchanges if one.send.is_query)
        document = query.send.document("xml", "3956")
        assert query.judgement == judge(200, "text/xml", answer, Sent(document, "xml"))
        said.append([finding.message for finding in query.judgement.findings if finding.code == "IC402"])
    assert "the value 'el \u00f1and\u00fa' that was sent" in said[0][0]
    assert said[1] != said[0] == said[2]
