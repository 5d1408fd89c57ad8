"""Query, Answer, QueryError: the public API, and the response an answer makes."""

import subprocess
import sys
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

import infocaller_cli
from infocaller_cli import Answer, Query, QueryError
from infocaller_cli.codec import Document, decode, encode
from infocaller_cli.codec.rules import is_valid, judge_answer, validate
from infocaller_cli.traffic.queries.query import query_of, response_of


def test_the_names_are_public():
    assert {"Query", "Answer", "QueryError"} <= set(infocaller_cli.__all__)
    with pytest.raises(AttributeError):
        _ = infocaller_cli.Nothing


def test_they_cost_little():
    script = "import sys; from infocaller_cli import Query, Answer, QueryError; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"typer", "lxml", "lxml.etree", "orjson", "httpx", "uvicorn", "httptools", "asyncio", "rich"}


def test_a_query():
    user = {"LineNumber": "1", "CallSequence": "2"}
    call = {"QueryName": "\u00a0A B ", "CallerNumber": "X", "InboundNumber": "3", "CallType": "R", "OutboundNumber": "4", "idcall": "5"}
    document = Document({"UserID": user, "Infocaller": call, "CustVars": {"CustVar": [{"VarName": "N", "VarValue": " v "}]}})
    assert query_of(document) == Query("A B", {"N": " v "}, "1", "2", None, "3", "R", "4", "5", document)
    assert query_of(Document({"Infocaller": {"QueryName": ""}})).variables == {}


@pytest.mark.parametrize("result", [0, "0", "", " 0 "])
def test_an_error_is_an_error(result):
    with pytest.raises(ValueError, match="cannot be 0"):
        QueryError("text", result=result)


def test_what_an_error_says():
    error = QueryError("no", result=-3)
    assert (str(error), error.text, error.result) == ("no", "no", "-3")


@pytest.mark.parametrize("result", ["", " ", "\u00a0\n"])
def test_a_blank_result_is_none(result):
    assert not is_valid(judge_answer(response_of(Answer(result=result)), "xml"))


@given(
    st.dictionaries(st.text(), st.one_of(st.text(), st.integers())),
    # No rule limits the characters of a result; what XML cannot hold, its writer refuses
    st.one_of(st.text(st.characters(exclude_categories=["C"])), st.integers()),
    st.text(),
    st.sampled_from(["xml", "json"]),
)
def test_what_passes_the_judgement_is_valid_on_the_wire(variables, result, text, format):
    document = response_of(Answer(variables, result, text))
    judged = judge_answer(document, format)
    if is_valid(judged):
        decoded = decode(encode(document, format))
        assert [finding.code for finding in validate(decoded)] == [finding.code for finding in judged]
        assert is_valid(validate(decoded))
        assert dict(decoded.document.variables) == {name: str(value) for name, value in variables.items()}


class Word(str, Enum):  # noqa: UP042  it shows itself as Word.RED
    RED = "red"


class Number(int, Enum):
    TWO = 2


@pytest.mark.parametrize("format", ["xml", "json"])
def test_a_member_of_an_enum_is_its_value_in_both_formats(format):
    response = response_of(Answer({Word.RED: Word.RED, "N": Number.TWO}, Number.TWO, Word.RED))
    written = decode(encode(response, format)).document
    assert written.variables == [("red", "red"), ("N", "2")]
    assert written.root["Status"] == {"Result": "2", "ResultText": "red"}
