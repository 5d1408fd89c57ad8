"""`infocaller.check_answer` judges what an application answered, whatever test client asked it."""

import gzip
from types import SimpleNamespace

import httpx
import pytest

XML = (
    '<?xml version="1.0" encoding="utf-8"?><ApiCall xmlns="http://tempuri.org/"><Status><Result>{}</Result>'
    "<ResultText>t</ResultText></Status><CustVars><CustVar><VarName>{}</VarName><VarValue>{}</VarValue></CustVar></CustVars></ApiCall>"
)
GOOD = XML.format(0, "PEDIDO", 2)


@pytest.fixture
def query(infocaller):
    return infocaller.query("ESTADO", {"NUMPEDIDO": "1", "PEDIDO": "0"})


@pytest.mark.parametrize("answer", [GOOD, GOOD.encode(), bytearray(GOOD.encode())])
def test_a_body(infocaller, query, answer):
    outcome = infocaller.check_answer(query, answer, "text/xml", strict=True)
    assert (outcome.ok, outcome.result, outcome.text, outcome.status) == (True, "0", "t", 200)
    assert outcome.variables == {"PEDIDO": "2"}
    assert outcome.call_variables == {"NUMPEDIDO": "1", "PEDIDO": "2"}


def test_another_result_is_an_answer_and_changes_nothing(infocaller, query):
    outcome = infocaller.check_answer(query, XML.format(3, "PEDIDO", 2), "text/xml")
    assert (outcome.ok, outcome.result, outcome.problem) == (False, "3", "Result is 3")
    assert outcome.variables == {"PEDIDO": "2"}
    assert outcome.call_variables == {"NUMPEDIDO": "1", "PEDIDO": "0"}


@pytest.mark.parametrize("body", [gzip.compress(GOOD.encode()), GOOD.encode()], ids=["packed", "unpacked"])
def test_a_packed_answer_and_one_that_the_client_has_unpacked(infocaller, query, body):
    headers = {"Content-Type": "text/xml", "Content-Encoding": "gzip"}
    assert infocaller.check_answer(query, SimpleNamespace(status_code=200, headers=headers, content=body), strict=True).ok


def test_the_response_of_a_client_over_a_real_application(infocaller, query):
    def application(environ, start):
        body = environ["wsgi.input"].read()
        start("200 OK" if body == query.body else "400 Bad Request", [("Content-Type", "text/xml")])
        return [GOOD.encode()]

    with httpx.Client(transport=httpx.WSGITransport(application), base_url="http://app") as client:
        response = client.post("/", content=query.body, headers={"Content-Type": query.content_type})
        assert infocaller.check_answer(query, response, strict=True).variables == {"PEDIDO": "2"}
        response = client.post("/", data=query.form | {"more": "1"})
        with pytest.raises(AssertionError, match="the status is 400, not 2xx"):
            infocaller.check_answer(query, response)


@pytest.mark.parametrize(
    "answer",
    [
        SimpleNamespace(status_code=200, headers={"Content-Type": "text/xml"}, content=GOOD.encode()),  # Django, requests
        SimpleNamespace(status_code=200, headers={"Content-Type": "text/xml"}, data=GOOD.encode()),  # Flask
        SimpleNamespace(status="200 OK", status_int=200, headers={"Content-Type": "text/xml"}, body=GOOD.encode()),  # WebTest
    ],
)
def test_the_shapes_of_other_clients(infocaller, query, answer):
    assert infocaller.check_answer(query, answer, strict=True).ok
    with pytest.raises(AssertionError, match="the status is 503"):
        infocaller.check_answer(query, answer, status=503)


@pytest.mark.parametrize("answer", [None, {}, SimpleNamespace(content=b""), SimpleNamespace(content="text", status_code=200)])
def test_what_is_no_answer(infocaller, query, answer):
    with pytest.raises(TypeError, match="give its body"):
        infocaller.check_answer(query, answer)


@pytest.mark.parametrize(
    ("answer", "content_type", "said"),
    [
        (
            XML.format(0, "A_B", "\u20ac"),
            "text/xml",
            ["error IC401: ApiCall/CustVars/CustVar[1]/VarName: ", "error IC402: ApiCall/CustVars"],
        ),
        (XML.format("", "A", ""), "text/xml", ["error IC501: ApiCall/Status/Result: "]),
        ("", "text/xml", ["error IC001: "]),
        ("<html>\x1b[31m\nred", "text/html", ["error IC001: ", "| <html>\\x1b[31m", "| red"]),
        ('{"ApiCall":{"Status":{"Result":"0","ResultText":""},"CustVars":{"CustVar":[]}}}', "application/json", ["error IC504: "]),
    ],
)
def test_each_finding_has_its_line(infocaller, query, answer, content_type, said):
    with pytest.raises(AssertionError) as caught:
        infocaller.check_answer(query, answer, content_type)
    head, *lines = str(caught.value).split("\n")
    assert head == "no good answer to <Message: query 'ESTADO', xml, line 123456789, call 98565656>:"
    assert len([line for line in lines if line.startswith(("  error ", "  | "))]) == len(lines) == len(said)
    assert all(line.startswith(f"  {words}") for line, words in zip(lines, said, strict=True)), lines


def test_warnings_fail_only_where_that_is_asked_for(infocaller, query):
    assert [finding.code for finding in infocaller.check_answer(query, GOOD, "text/html").findings] == ["IC504"]
    with pytest.raises(AssertionError, match="warning IC504: ApiCall: the answer is XML with Content-Type text/html"):
        infocaller.check_answer(query, GOOD, "text/html", strict=True)
