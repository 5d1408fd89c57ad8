"""`infocaller sample`: realistic, signed, valid; each option does what it says, and none is accepted and lost."""

import hashlib
import json
import re
from datetime import datetime
from xml.etree import ElementTree

import pytest

NAMESPACE = "{http://tempuri.org/}"
KINDS = {
    "inicio": "event",
    "desvio_correcto": "event",
    "DESVIO-FALLIDO": "event",
    "fin": "fin",
    "Query": "query",
    "response": "response",
}


@pytest.fixture
def sample(run):
    """A function: the sections of a sample in JSON."""

    def make(*arguments, **more):
        done = run("-q", "sample", *arguments, "--format", "json", **more)
        assert (done.code, done.err) == (0, "")
        return json.loads(done.out)["ApiCall"]

    return make


def md5(text):
    return hashlib.md5(text.encode("iso-8859-1")).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [("xml",), ("json",), ("JSON", "--compact"), ("xml", "--encoding", "utf-8"), ("xml", "--as-printed")])
def test_every_kind_is_signed_and_valid_in_every_form(run, kind, form):
    made = run("sample", kind, "--format", *form, env={"INFOCALLER_PASSWORD": "clave"})
    assert (made.code, made.err) == (0, "")
    assert made.stdout.endswith(b"\n")
    judged = run("validate", "--json", "--strict", "-", stdin=made.stdout, env={"INFOCALLER_PASSWORD": "clave"})
    row = json.loads(judged.out)
    findings = [finding for finding in row["findings"] if finding["code"] != "IC006"]  # the printed label is a misprint
    assert (findings, row["kind"]) == ([], KINDS[kind])
    assert row["format"] == form[0].lower()
    assert (md5("12345678998565656clave").encode() in made.stdout) == (kind != "response")


def test_without_a_password_it_says_which_one_it_used(run):
    done = run("sample", "inicio")
    assert b"ae73e4b16a280726fb2e0e6bfb43902a" in done.stdout
    assert "3956" in done.err
    assert run("sample", "response").err == ""


@pytest.mark.parametrize(
    ("password", "expected"), [(b"clave\n", "clave"), (b"sue\xf1o\r\n", "sueño"), ("sueño".encode(), "sueño"), (b" a \n\n", " a \n")]
)
def test_the_password_of_a_file(sample, tmp_path, password, expected):
    (tmp_path / "secret").write_bytes(password)
    (tmp_path / "secret").chmod(0o600)
    made = sample("fin", "--line", "900", "--call", "77", "--password-file", "secret", env={"INFOCALLER_PASSWORD": "other"})
    assert made["UserID"]["Signature"] == md5("90077" + expected)


def test_the_call_fields(sample):
    fields = ("--line", "911000111", "--call", "42", "--caller", "600000001", "--called", "0902", "--idcall", "r7", "--country", "351")
    for kind in ("inicio", "fin", "query"):
        made = sample(kind, *fields)
        assert made["UserID"] == {
            "LineNumber": "911000111",
            "LineNumberInt": "351911000111",
            "CallSequence": "42",
            "Signature": md5("911000111423956"),
        }
        call = made["Infocaller"]
        assert (call["CallType"], call["CallerNumber"], call["InboundNumber"], call["idcall"]) == ("R", "600000001", "0902", "r7")
        assert call["InboundNumberInt"] == "351902"


def test_hidden_and_issued_calls(sample):
    for hidden in "Xx":
        assert sample("inicio", "--caller", hidden)["Infocaller"]["CallerNumber"] == "X"
    issued = sample("fin", "--outbound", "611222444")["Infocaller"]
    assert (issued["CallType"], issued["OutboundNumber"], issued["OutboundNumberInt"]) == ("E", "611222444", "34611222444")
    assert issued["CallerNumber"] == "123456789"
    assert sample("query", "--call-type", "e")["Infocaller"]["CallType"] == "E"
    assert sample("query", "--call-type", "R", "--outbound", "611")["Infocaller"]["CallType"] == "R"


def test_each_format_has_the_fields_its_page_shows(run):
    for kind in ("inicio", "fin"):
        as_json = run("-q", "sample", kind, "--format", "json").out
        as_xml = run("-q", "sample", kind, "--format", "xml").out
        assert ("OutboundNumberInt" in as_json, "CallerNumberInt" in as_json) == (True, False)
        assert ("OutboundNumberInt" in as_xml, "CallerNumberInt" in as_xml) == (False, True)


def test_a_fin(sample, run):
    actions = ("--action", "14:Inicio", "--action", "2:600111222:::12:0.5", "--action", "4:Pedido:123", "--action", "12:Aviso")
    costs = ("--cost-rx", "1.2345678", "--cost-tx", ".5")
    made = sample("fin", "--seconds", "100", "--start", "2026-02-28T23:59:00", *costs, *actions)
    call = made["Infocaller"]
    assert (call["CallSeconds"], call["StartDate"], call["EndDate"]) == ("100", "2026-02-28T23:59:00", "2026-03-01T00:00:40")
    events = made["Status"]["Events"]["Event"]
    assert [event["EventType"] for event in events] == ["14", "2", "4", "12"]
    assert (events[1]["EventName"], events[1]["EventAddInfo3"], events[1]["EventAddInfo4"]) == ("600111222", "12", "0.5")
    assert (events[2]["EventName"], events[2]["EventAddInfo1"]) == ("Pedido", "123")
    dates = [event["EventDate"] for event in events]
    assert dates == sorted(dates)
    assert (dates[0], dates[-1]) == ("2026-02-28T23:59:00", "2026-03-01T00:00:40")
    out = run("-q", "sample", "fin", "--format", "json", "--compact", *costs).out
    assert '"CostRX":1.2345678,"CostTX":0.500000' in out


def test_a_fin_ends_now_unless_told_otherwise(sample):
    before = datetime.now().replace(microsecond=0)  # noqa: DTZ005  the wire has local times
    end = datetime.fromisoformat(sample("fin")["Infocaller"]["EndDate"])
    assert before <= end <= datetime.now()  # noqa: DTZ005


def test_variables_names_and_results(sample):
    made = sample("query", "--name", " CONSULTA ", "--var", "A=1", "--var", "b2=x=y", "--var", "C=")
    assert made["Infocaller"]["QueryName"] == " CONSULTA "
    assert made["CustVars"]["CustVar"] == [
        {"VarName": "A", "VarValue": "1"},
        {"VarName": "b2", "VarValue": "x=y"},
        {"VarName": "C", "VarValue": ""},
    ]
    made = sample("response", "--result", "7", "--result-text", "No", "--var", "A=1")
    assert made == {"Status": {"Result": "7", "ResultText": "No"}, "CustVars": {"CustVar": [{"VarName": "A", "VarValue": "1"}]}}


def test_as_printed_is_the_page_s_form(run):
    done = run("-q", "sample", "query", "--as-printed", "--name", "Ñandú", "--var", "A=<é>")
    data = done.stdout
    assert re.match(rb"""<ApiCall xmlns='http://tempuri.org/' encoding=" ISO-8559-1">""", data)
    assert b"<?xml" not in data
    assert b"<QueryName>\xd1and\xfa</QueryName>" in data
    assert b"<VarValue>&lt;\xe9&gt;</VarValue>" in data
    back = json.loads(run("convert", "-", stdin=data).out)
    assert back["ApiCall"]["Infocaller"]["QueryName"] == "Ñandú"


@pytest.mark.parametrize(("encoding", "expected"), [("ascii", b"&#241;"), ("iso-8859-1", b"\xf1"), ("utf-8", b"\xc3\xb1")])
def test_encodings(run, encoding, expected):
    done = run("-q", "sample", "query", "--encoding", encoding, "--var", "A=añ")
    assert b"<VarValue>a" + expected + b"<" in done.stdout
    label = "UTF-8" if encoding == "utf-8" else "ISO-8859-1"
    assert ElementTree.fromstring(done.stdout).get("encoding") == label
    assert b"a\\u00f1" in run("-q", "sample", "query", "--format", "json", "--encoding", "ascii", "--var", "A=añ").stdout


def test_the_configuration_s_format_and_country(run, tmp_path):
    (tmp_path / "infocaller.toml").write_text('format = "json"\ncountry = "351"\n')
    made = json.loads(run("-q", "sample", "fin").out)
    assert made["ApiCall"]["UserID"]["LineNumberInt"] == "351123456789"
    assert run("-q", "sample", "fin", "--format", "xml", "--country", "33").out.count("33123456789") == 2


FOREIGN = {
    "response": ["--line 1", "--call 1", "--call-type R", "--caller 1", "--called 1", "--outbound 1", "--idcall 1", "--country 34",
                 "--seconds 1", "--start 2026-01-01T00:00:00", "--cost-rx 1", "--cost-tx 1", "--action 1", "--name A"],
    "inicio": ["--seconds 1", "--start 2026-01-01T00:00:00", "--cost-rx 1", "--cost-tx 1", "--action 1", "--name A", "--result 0",
               "--result-text A"],
    "query": ["--seconds 1", "--action 1", "--result 0"],
    "fin": ["--name A", "--result 0"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "option"), [(kind, option) for kind, options in FOREIGN.items() for option in options])
def test_options_foreign_to_the_kind_are_wrong_usage(run, kind, option):
    done = run("sample", kind, *option.split())
    assert (done.code, done.out) == (2, "")
    assert option.split()[0] in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        "inici", "", "fin --seconds -1", "fin --seconds 1.5", "fin --seconds x", "fin --start 2026-02-30T00:00:00", "fin --start now",
        "fin --start 2026-01-01T00:00:00Z", "fin --start 9999-12-31T23:59:59", "fin --cost-rx -1", "fin --cost-tx 0,5", "fin --cost-rx 1e3",
        "fin --action 99", "fin --action x", "fin --action 1:a:b:c:d:e:f:g", "inicio --line x", "inicio --call x", "inicio --caller 6-0",
        "inicio --called X", "inicio --country abc", "inicio --country +34", "inicio --call-type Z", "inicio --caller X --call-type E",
        "query --var A", "query --var A-B=1", "query --var ABCDEFGHIJKLMNOP=1", "query --var A=€", "query --name=", "response --result=",
        "inicio --format yaml", "inicio --format json --as-printed", "inicio --format json --encoding iso-8859-1",
        "inicio --as-printed --encoding utf-8", "inicio --json", "inicio extra",
    ],
)  # fmt: skip
def test_invalid_values_are_wrong_usage(run, arguments):
    done = run("-q", "sample", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert 1 <= len(done.err.splitlines()) <= 3


def test_help_says_what_is_left_out_becomes(run):
    """Its words are compared with what is written then."""
    texts = {}
    for command in ("sample", "send-event"):
        help_of = " ".join(run(command, "--help", env={"COLUMNS": "80"}).out.split())
        for option in ("line", "call", "call-type", "caller", "called", "outbound", "idcall", "seconds", "cost-rx", "cost-tx", "var"):
            found = re.search(rf" --{option} [A-Z|=]+ (.*?)(?= --[a-z]|$)", help_of)
            texts[option] = found[1].partition("Else ")[2].partition(" [")[0]
            assert texts[option], (command, option)
    env = {"INFOCALLER_PASSWORD": "3956"}
    made = {
        name: ElementTree.fromstring(run("sample", *words, env=env).out)
        for name, words in {
            "fin": ("fin",),
            "issued": ("fin", "--call-type", "E"),
            "query": ("query",),
            "diverted": ("desvio_correcto",),
            "response": ("response",),
        }.items()
    }

    def value(name, field):
        return next(one.text or "" for one in made[name].iter(f"{NAMESPACE}{field}"))

    fields = {"line": "LineNumber", "call": "CallSequence", "caller": "CallerNumber", "seconds": "CallSeconds"}
    fields |= {"cost-rx": "CostRX", "cost-tx": "CostTX"}
    for option, field in fields.items():
        last = texts[option].partition(", of an issued")[0].split()[-1].rstrip(".")
        assert last.rstrip("0") == value("fin", field).rstrip("0"), option
    assert texts["called"] == "the line, of an issued call none."
    assert (value("fin", "InboundNumber"), value("issued", "InboundNumber")) == (value("fin", "LineNumber"), "")
    for option, field in (("outbound", "OutboundNumber"), ("idcall", "idcall")):
        assert texts[option] == f"none, of an issued call {value('issued', field)}."
    assert value("issued", "CallerNumber") == value("issued", "LineNumber")
    assert float(value("issued", "CostRX")) == 0
    variables = {
        f"{one.find(f'{NAMESPACE}VarName').text}={one.find(f'{NAMESPACE}VarValue').text}"
        for document in made.values()
        for one in document.iter(f"{NAMESPACE}CustVar")
    }
    assert set(texts["var"].partition(": ")[2].partition(".")[0].split(", ")) == variables


def test_help_says_what_a_query_and_a_response_say(run):
    text = " ".join(run("sample", "--help", env={"COLUMNS": "80"}).out.split())
    assert "QueryName of a query. Else ESTADO PEDIDO. " in text
    assert "<QueryName>ESTADO PEDIDO</QueryName>" in run("sample", "query", env={"INFOCALLER_PASSWORD": "3956"}).out
    assert "Result of a response. Else 0. " in text
    assert "ResultText of a response. Else Petición correcta. " in text
    done = run("sample", "response", "--format", "json").out
    assert json.loads(done)["ApiCall"]["Status"] == {"Result": "0", "ResultText": "Petición correcta"}
