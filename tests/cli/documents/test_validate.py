"""`infocaller validate`: recognised or named kinds, levels, ignored rules, captures with their answers."""

import base64
import json

import pytest

RESPONSE = {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": {"CustVar": []}}


def as_json(**sections):
    return json.dumps({"ApiCall": sections})


def query(name="ESTADO", **more):
    user = {"LineNumber": "123456789", "CallSequence": "1", "Signature": "0" * 32}
    return as_json(UserID=user, Infocaller={"CallType": "R", "CallerNumber": "X", "QueryName": name}, CustVars={"CustVar": []}, **more)


def record(request, answer=None, content_type="application/json"):
    line = {"url": "http://h/", "header": {}, "body": base64.b64encode(request.encode()).decode()}
    if answer is not None:
        body = base64.b64encode(answer.encode()).decode()
        line["resp"] = {"status": 200, "header": {"Content-Type": [content_type]}, "body": body, "ms": 1}
    return json.dumps(line) + "\n"


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def codes(row):
    return [finding["code"] for finding in row["findings"]]


@pytest.fixture
def judge(run):
    """A function: the code and the rows of `validate --json` for a text."""

    def run_it(text, *options, **more):
        done = run("validate", "--json", *options, "-", stdin=text, **more)
        return done.code, rows(done)

    return run_it


def test_text(run, signed):
    done = run("validate", "-", stdin=signed())
    assert (done.code, done.out, done.err) == (0, "-: valid: event, xml; signature not checked: no password is known\n", "")
    done = run("validate", "-", stdin=signed().replace("R</CallType>", "Z</CallType>").replace("CITY", "CI TY"))
    assert done.code == 1
    first, second, last = done.out.splitlines()
    assert first == "-:9: error IC201: ApiCall/Infocaller/CallType: CallType is 'Z', neither R (received) nor E (issued)"
    assert second.startswith("-:15: error IC401: ApiCall/CustVars/CustVar[1]/VarName: ")
    assert last == "-: not valid: event, xml; 2 errors; signature not checked: no password is known"


def test_json_has_one_row_a_document_with_the_common_keys(judge):
    code, (row,) = judge(query(""))
    assert code == 1
    assert list(row) == ["file", "index", "kind", "format", "line", "call", "part", "valid", "signature", "findings"]
    assert row == row | {"file": "-", "index": None, "kind": "query", "format": "json", "line": "123456789", "call": "1"}
    assert row == row | {"part": None, "valid": False}
    (finding,) = row["findings"]
    assert list(finding) == ["code", "level", "path", "row", "message"]
    assert finding == finding | {"code": "IC212", "level": "error", "path": "/ApiCall/Infocaller/QueryName", "row": 1}


@pytest.mark.parametrize("text", ["", "nonsense", "<ApiCall>", "<html></html>", "{}", '{"ApiCall":5}'])
def test_malformed_documents_are_judged_and_not_an_error(run, text):
    done = run("validate", "--json", "-", stdin=text)
    (row,) = rows(done)
    assert (done.code, done.err) == (1, "")
    assert (row["valid"], row["kind"], row["format"], row["line"]) == (False, None, None, None)
    assert codes(row) == ["IC002" if text == "{}" else "IC001"]


@pytest.mark.parametrize("kind", ["inicio", "DESVIO_CORRECTO", "desvio-fallido", "Fin", "query", "response"])
def test_a_named_kind_is_taken_at_its_word(judge, kind):
    code, (row,) = judge(query(), "--as", kind)
    expected = {"fin": "IC205", "response": "IC008"}.get(kind.lower())
    assert row["kind"] == {"fin": "fin", "query": "query", "response": "response"}.get(kind.lower(), "event")
    assert code == (0 if kind == "query" or expected is None else 1)
    assert (expected in codes(row)) == (expected is not None)


def test_strict_makes_errors_of_warnings(judge):
    text = as_json(**RESPONSE | {"Extra": "1"})
    code, (row,) = judge(text)
    assert (code, row["valid"], [finding["level"] for finding in row["findings"]]) == (0, True, ["warning"])
    code, (row,) = judge(text, "--strict")
    assert (code, row["valid"], [finding["level"] for finding in row["findings"]]) == (1, False, ["error"])
    assert judge(text, "--strict", "--ignore", "IC004")[0] == 0


@pytest.mark.parametrize("options", [["--ignore", "ic201,IC401"], ["--ignore", "IC201", "--ignore", " ic401 "]])
def test_ignored_rules_are_silent(judge, signed, options):
    bad = signed().replace("R</CallType>", "Z</CallType>").replace("CITY", "CI TY")
    code, (row,) = judge(bad, *options)
    assert (code, codes(row)) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--ignore", "IC999"], "IC999"),
        (["--ignore", "IC001"], "IC001"),
        (["--ignore", "ic002"], "IC002"),
        (["--ignore", "IC007"], "IC007"),
        (["--as", "finn"], "fin"),
        (["--output", "xml"], "xml"),
        (["--max-size", "1X"], "1X"),
    ],
)
def test_wrong_usage(run, signed, arguments, named):
    done = run("validate", *arguments, "-", stdin=signed())
    assert (done.code, done.out) == (2, "")
    assert named in done.err
    assert 1 <= len(done.err.splitlines()) <= 3


def test_the_signature_is_judged_only_where_a_password_is_known(judge, signed, tmp_path):
    assert judge(signed(password="other"))[0] == 0
    code, (row,) = judge(signed(password="other"), env={"INFOCALLER_PASSWORD": "3956"})
    assert (code, codes(row)) == (1, ["IC105"])
    assert judge(signed(), env={"INFOCALLER_PASSWORD": "3956"})[0] == 0
    (tmp_path / "infocaller.toml").write_text('[lines.123456789]\npassword = "3956"\n')
    (tmp_path / "infocaller.toml").chmod(0o600)
    assert judge(signed(password="other"))[0] == 1


def test_nothing_is_asked_on_a_terminal(terminal, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed(password="other"))
    done = terminal("validate", "a.xml")
    assert done.code == 0
    assert "Telephone password" not in done.err


def test_lenient_repairs_are_warnings(judge):
    text = as_json(**RESPONSE).replace("}", ",}", 1)
    assert judge(text)[0] == 1
    code, (row,) = judge(text, "--lenient")
    assert (code, codes(row)) == (0, ["IC011"])
    assert judge(text, "--lenient", "--strict")[0] == 1


def test_several_are_summed_and_the_worst_decides(run, signed, tmp_path):
    (tmp_path / "good.xml").write_text(signed())
    (tmp_path / "bad.xml").write_text("<ApiCall>")
    done = run("validate", "bad.xml", "good.xml")
    assert done.code == 1
    assert done.out.splitlines()[-1] == "2 documents: 1 valid, 1 not valid"
    assert run("validate", "bad.xml", "missing.xml", "good.xml").code == 3


# ---- captures: each request and, for queries, the recorded answer ----


def parts(found):
    return [(row["index"], row["part"], row["kind"], row["valid"]) for row in found]


def test_a_query_is_judged_with_its_answer(judge):
    bad = as_json(**RESPONSE | {"Status": {"Result": "", "ResultText": "x"}})
    text = record(query(), as_json(**RESPONSE)) + record(query(), bad) + record(query())
    code, found = judge(text)
    assert code == 1
    assert parts(found) == [
        (1, "request", "query", True),
        (1, "response", "response", True),
        (2, "request", "query", True),
        (2, "response", "response", False),
        (3, "request", "query", True),
    ]
    assert codes(found[3]) == ["IC501"]


def test_only_queries_have_answers_to_judge(judge, signed):
    code, found = judge(record(signed(), "OK"))
    assert (code, parts(found)) == (0, [(1, "request", "event", True)])


@pytest.mark.parametrize("answer", ["", "OK", "<html></html>", query()])
def test_an_answer_that_is_none(judge, answer):
    code, found = judge(record(query(), answer))
    assert (code, [row["valid"] for row in found]) == (1, [True, False])
    assert found[1]["part"] == "response"


def test_an_answer_that_is_no_base64_does_not_hide_its_request(judge):
    line = json.loads(record(query(), "x"))
    line["resp"]["body"] = "no base64"
    code, found = judge(json.dumps(line))
    assert [(row["part"], row["valid"]) for row in found] == [("request", True), ("response", False)]
    assert code == 1


@pytest.mark.parametrize(
    ("content_type", "level"), [("application/json", None), ("application/json; charset=utf-8", None), ("text/html", "warning")]
)
def test_the_content_type_of_an_answer(judge, content_type, level):
    code, found = judge(record(query(), as_json(**RESPONSE), content_type))
    assert code == 0
    assert [(finding["code"], finding["level"]) for finding in found[1]["findings"]] == ([("IC504", level)] if level else [])


def test_an_answer_in_the_other_format_is_an_error(judge):
    xml = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>x</ResultText></Status><CustVars/></ApiCall>'
    code, found = judge(record(query(), xml, "text/xml"))
    assert (code, codes(found[1])) == (1, ["IC504"])


@pytest.mark.parametrize(
    ("password", "signature", "state", "said"),
    [
        (None, "ae73e4b16a280726fb2e0e6bfb43902a", "unchecked", "; signature not checked: no password is known"),
        ("3956", "ae73e4b16a280726fb2e0e6bfb43902a", "valid", "; signature valid"),
        ("3957", "ae73e4b16a280726fb2e0e6bfb43902a", "invalid", "; 1 error; signature invalid"),
        (None, "", "invalid", "; 1 error; signature invalid"),
    ],
)
def test_whether_the_signature_was_checked_is_said(run, judge, signed, password, signature, state, said):
    document = signed(signature=signature)
    env = {"INFOCALLER_PASSWORD": password} if password else {}
    assert run("validate", "-", stdin=document, env=env).out.endswith(f"valid: event, xml{said}\n")
    assert judge(document, env=env)[1][0]["signature"] == state


def test_where_there_is_no_signature_to_check_none_is_named(run, judge, signed):
    answer = as_json(**RESPONSE)
    assert run("validate", "-", stdin=answer).out == "-: valid: response, json\n"
    assert [row["signature"] for row in judge(answer)[1]] == ["none"]
    assert [row["signature"] for row in judge(signed(), "--as", "response", env={"INFOCALLER_PASSWORD": "3956"})[1]] == ["none"]
    assert [row["signature"] for row in judge("nonsense")[1]] == [None]
