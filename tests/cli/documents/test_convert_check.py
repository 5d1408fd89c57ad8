"""`infocaller convert --check`: what a conversion there and back would change."""

import base64
import json
from pathlib import Path

import pytest

PAIRS = sorted(path for path in (Path(__file__).parents[2] / "vectors" / "pairs").iterdir() if path.suffix in (".xml", ".json"))

XML = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>'


def response(text='"OK"', more="", custvar="[]"):
    return f'{{"ApiCall":{{"Status":{{"Result":"0","ResultText":{text}{more}}},"CustVars":{{"CustVar":{custvar}}}}}}}'


def test_what_the_other_format_can_hold_is_unchanged(run):
    """Undocumented flat fields and costs that are no number are carried across: nothing about them would change."""
    assert PAIRS
    done = run("convert", "--check", *map(str, PAIRS))
    assert [line for line in done.out.splitlines() if ": unchanged: " not in line] == []
    assert done.out.count(": unchanged: ") == len(PAIRS)
    assert done.code == 0


@pytest.mark.parametrize("to", [(), ("--to", "xml"), ("--to", "json")])
def test_nothing_to_report_is_a_yes(run, signed, tmp_path, to):
    done = run("convert", "--check", *to, "-", stdin=signed())
    assert (done.code, done.err) == (0, "")
    assert done.out == "-: unchanged: converts there and back without a change\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cost", ["1", "0.5", "1.5000000", "null"])
def test_a_numerically_equal_cost_is_unchanged(run, cost):
    source = f'{{"ApiCall":{{"UserID":{{}},"Infocaller":{{"CostRX":{cost}}},"CustVars":{{"CustVar":[]}}}}}}'
    assert run("convert", "--check", "-", stdin=source).code == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(response("5"), "IC009", id="number-for-a-text"),
        pytest.param(response(custvar="null"), "IC010", id="null-for-an-array"),
        pytest.param(response(custvar='{"VarName":"A","VarValue":"1"}'), "IC010", id="object-for-an-array"),
        pytest.param(XML.replace("<Result>", '<Result type="x">'), "type", id="attribute"),
        pytest.param(XML.replace("<Result>", "stray<Result>"), "stray", id="text-between-elements"),
        pytest.param(response().replace('"0"', '" 0 "'), "white space", id="white-space-trimmed"),
        pytest.param(response().replace("OK", "Petición").encode("iso-8859-1"), "IC006", id="json-in-latin1"),
    ],
)
def test_what_would_change_is_named(run, source, told):
    done = run("convert", "--check", "-", stdin=source)
    assert done.code == 1
    assert done.out.startswith("-: would change: ")
    assert told in done.out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(response(more=',"Reason":{"a":"x"}'), "Reason", id="nested"),
        pytest.param(response(more=',"Result":"1"'), "Result", id="duplicate"),
        pytest.param(response('"\\u0001"'), "U+0001", id="forbidden-in-xml"),
        pytest.param("{", "IC001", id="malformed"),
    ],
)
def test_what_cannot_be_converted_is_an_error(run, source, told):
    done = run("convert", "--check", "-", stdin=source)
    assert (done.code, done.out) == (3, "")
    assert told in done.err


def test_text_that_grows_beyond_the_limit_when_written_is_no_change(run):
    # 700 KB in UTF-8, 2 MB as references: over the limit for what is read, but that is no difference between the documents
    done = run("convert", "--check", "-", stdin=response(f'"{"ñ" * 350_000}"'))
    assert (done.code, done.err) == (0, "")


def test_a_raised_limit_holds_for_the_way_back_too(run):
    done = run("convert", "--check", "--max-size", "4M", "-", stdin=response(f'"{"n" * 2_000_000}"'))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_record_of_a_capture_is_checked_in_order(run, tmp_path, jobs):
    documents = [response("5") if number % 100 == 0 else response() for number in range(1, 701)]
    lines = [json.dumps({"url": "http://h/", "body": base64.b64encode(document.encode()).decode()}) for document in documents]
    (tmp_path / "c.ndjson").write_text("\n".join(lines) + "\n")
    done = run("convert", "--check", "--jobs", jobs, "c.ndjson")
    assert done.code == 1
    said = [line.split(": ")[:2] for line in done.out.splitlines()]
    assert said == [[f"c.ndjson#{number}", "unchanged" if number % 100 else "would change"] for number in range(1, 701)]


def test_the_worst_of_several_decides(run, tmp_path):
    (tmp_path / "good.json").write_text(response())
    (tmp_path / "changes.json").write_text(response("5"))
    assert run("convert", "--check", "changes.json", "good.json").code == 1
    done = run("convert", "--check", "changes.json", "missing.json", "good.json")
    assert done.code == 3
    assert len(done.out.splitlines()) == 2


def test_what_is_lost_beyond_the_limit_is_counted(run, tmp_path):
    """A document's findings are at most a thousand: what has no room among them is lost all the same."""
    attributes = "".join(f' a{number}="1"' for number in range(2000))
    (tmp_path / "wide.xml").write_text(f"<ApiCall xmlns='http://tempuri.org/'><Status{attributes}><Result>0</Result></Status></ApiCall>")
    done = run("convert", "--check", "wide.xml")
    lines = [line for line in done.err.splitlines() + done.out.splitlines() if "attribute" in line or "more like it" in line]
    listed = sum("is not carried across" in line for line in lines)
    assert f"{2000 - listed:,} more like it are not listed" in lines[-1]
    assert (done.code, 0 < listed < 1000) == (1, True)
