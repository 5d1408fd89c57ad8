"""What `infocaller.event` and `infocaller.query` make is what Infocaller posts."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import md5
from urllib.parse import parse_qs, unquote_to_bytes
from xml.etree import ElementTree

import pytest

from infocaller_cli.errors import UsageError
from infocaller_cli.testing import Infocaller

SPACE = "{http://tempuri.org/}"


@pytest.fixture
def fields():
    """A function: every field of an XML document by name."""
    return lambda text: {node.tag.removeprefix(SPACE): node.text or "" for node in ElementTree.fromstring(text).iter() if not len(node)}


@pytest.mark.parametrize("name", ["INICIO", "inicio", "desvio-correcto", "DESVIO_FALLIDO", "Fin"])
def test_an_event_is_signed_for_its_line_and_call(infocaller, fields, name):
    message = infocaller.event(name, line=987654321, call="42")
    found = fields(message.text)
    assert (found["LineNumber"], found["CallSequence"]) == ("987654321", "42")
    assert found["Signature"] == md5(b"987654321423956").hexdigest()
    assert message.event == name.upper().replace("-", "_")


def test_the_password_is_the_constructor_s_or_the_message_s(fields):
    infocaller = Infocaller("contraseña")
    signature = md5("12345678998565656contraseña".encode("iso-8859-1")).hexdigest()
    assert fields(infocaller.event("FIN").text)["Signature"] == signature
    assert fields(infocaller.query("X", password="").text)["Signature"] == md5(b"12345678998565656").hexdigest()
    with pytest.raises(UsageError):
        Infocaller("€")


def test_the_fields_of_a_call(infocaller, fields):
    found = fields(
        infocaller.event(
            "FIN", {"PEDIDO": 2}, caller="x", called="900111222", seconds=30, start="2026-11-23T10:00:00", cost_rx=Decimal("0.5"),
            cost_tx="0.25", actions=[(1, "Hola"), "6:Menú:3"],
        ).text
    )  # fmt: skip
    assert (found["CallerNumber"], found["InboundNumber"], found["InboundNumberInt"]) == ("X", "900111222", "34900111222")
    assert (found["CallSeconds"], found["StartDate"], found["EndDate"]) == ("30", "2026-11-23T10:00:00", "2026-11-23T10:00:30")
    assert (found["CostRX"], found["CostTX"]) == ("0.500000", "0.250000")
    assert (found["EventType"], found["EventName"], found["EventAddInfo1"]) == ("6", "Menú", "3")  # the last
    assert (found["VarName"], found["VarValue"]) == ("PEDIDO", "2")
    issued = fields(infocaller.event("INICIO", outbound="611222333", idcall="7", country="351").text)
    assert (issued["CallType"], issued["OutboundNumber"], issued["idcall"], issued["LineNumberInt"]) == (
        "E",
        "611222333",
        "7",
        "351123456789",
    )
    assert fields(infocaller.event("FIN", start=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)).text)["StartDate"] == "2026-01-02T03:04:05"


def test_a_query_has_its_name_and_no_variables_unless_given(infocaller, fields):
    assert fields(infocaller.query("ESTADO PEDIDO").text)["QueryName"] == "ESTADO PEDIDO"
    assert "VarName" not in infocaller.query("ESTADO PEDIDO").text
    document = json.loads(infocaller.query("X", {"A": "ñ", "B": 1}, format="json").text)["ApiCall"]
    assert document["CustVars"]["CustVar"] == [{"VarName": "A", "VarValue": "ñ"}, {"VarName": "B", "VarValue": "1"}]


@pytest.mark.parametrize("format", ["xml", "json"])
def test_the_body_and_the_form_are_the_same_to_who_reads_a_form(infocaller, format):
    message = infocaller.event("FIN", {"CITY": "A Coruña & <ñ> 100%+"}, format=format)
    assert message.content_type == "application/x-www-form-urlencoded"
    ((name, (text,)),) = parse_qs(message.body.decode("ascii"), strict_parsing=True).items()
    assert {name: text} == message.form == {"apiInfocaller": message.text}
    assert "Coru" in text


def test_iso_8859_1_goes_out_byte_for_byte_and_never_through_a_client_that_would_make_utf_8_of_it(infocaller):
    for how in ({"encoding": "iso-8859-1"}, {"as_printed": True}):
        message = infocaller.event("INICIO", {"CITY": "Coruña"}, **how)
        assert "<VarValue>Coruña</VarValue>".encode("iso-8859-1") in unquote_to_bytes(message.body.replace(b"+", b" "))
        with pytest.raises(ValueError, match=r"ISO-8859-1.*\.body"):
            message.form  # noqa: B018
    assert "Coruña" in infocaller.event("INICIO", {"CITY": "Coruña"}, encoding="utf-8").form["apiInfocaller"]


@pytest.mark.parametrize("how", [{}, {"format": "json"}, {"as_printed": True}])
def test_tampered_and_unsigned_differ_in_the_signature_alone(infocaller, how):
    message = infocaller.event("FIN", start="2026-11-23T10:00:00", **how)
    signature = md5(b"123456789985656563956").hexdigest().encode()
    wrong = re.sub(rb"[0-9a-f]{32}", signature, message.tampered().raw)
    assert signature in message.raw
    assert signature not in message.tampered().raw
    assert wrong == message.raw
    assert b"Signature" not in message.unsigned().raw
    assert len(message.unsigned().raw) < len(message.raw) - 40


def test_the_url_of_an_event(infocaller):
    message = infocaller.event("INICIO", caller="600000001")
    assert message.url("/ev?c=[_NumLlamante]&l=%5B_NumInfocaller%5D") == "/ev?c=600000001&l=123456789"
    assert infocaller.event("DESVIO_CORRECTO").url("/[_NumDesvio]", diverted_to="204") == "/204"
    with pytest.raises(UsageError, match="_NumDesvio"):
        message.url("/[_NumDesvio]", diverted_to="204")


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda one: one.event("FIM"), UsageError, "the events are INICIO"),
        (lambda one: one.event("QUERY"), UsageError, "the events are INICIO"),
        (lambda one: one.event("FIN", calller="1"), TypeError, "did you mean caller"),
        (lambda one: one.event("FIN", query_name="1"), TypeError, "the fields are line, call, call_type, caller, called"),
        (lambda one: one.event("INICIO", seconds=1), UsageError, "seconds does not go with inicio"),
        (lambda one: one.query("X", cost_rx="1"), UsageError, "cost_rx does not go with query"),
        (lambda one: one.query(" "), UsageError, "IC212"),
        (lambda one: one.event("FIN", seconds=10**12), UsageError, "begin before the year 1"),
        (lambda one: one.query("X", {"A_B": "1"}), UsageError, "IC401"),
        (lambda one: one.query("X", {"A": True}), TypeError, "the value of 'A' is a str or an int, not bool"),
        (lambda one: one.query("X", line=1.5), TypeError, "line is a str or an int"),
        (lambda one: one.query("X", caller="abc"), UsageError, "IC202"),
        (lambda one: one.query("X", format="yaml"), UsageError, "yaml"),
        (lambda one: one.event("FIN", seconds="95"), TypeError, "seconds is an int"),
        (lambda one: one.event("FIN", start="yesterday"), UsageError, "start cannot be 'yesterday'"),
        (lambda one: one.event("FIN", actions="6:a"), TypeError, "actions are several"),
        (lambda one: one.event("FIN", cost_rx="0,5"), UsageError, "CostRX cannot be '0,5'"),
    ],
)
def test_mistakes_are_named(infocaller, make, error, said):
    with pytest.raises(error, match=said):
        make(infocaller)


def test_a_message_names_itself_without_its_signature(infocaller):
    assert repr(infocaller.event("FIN")) == "<Message: FIN, xml, line 123456789, call 98565656>"
    assert repr(infocaller.query("X", format="json")) == "<Message: query 'X', json, line 123456789, call 98565656>"
    assert "3956" not in repr(infocaller)
