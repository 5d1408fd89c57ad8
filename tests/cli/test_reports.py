"""The forms of `validate`'s report are well-formed, and text of documents in them is data."""

import base64
import json
import os
import re
from pathlib import PureWindowsPath
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from infocaller_cli.cli.documents.validate_report import file_uri
from infocaller_cli.codec.catalogue import RULES
from infocaller_cli.streams import visible

FORMS = ["text", "json", "github", "junit", "sarif"]
# Everything a terminal, a log, a workflow command or markup could obey
NASTY = "\x1b[31m\x9b1m\u202e]]>&<b> [/x] %0A::error::x\r\n\x07\x00\x7f\u2028\ufffe"
EVENT = {"UserID": {"LineNumber": "1", "CallSequence": "1", "Signature": "0" * 32}, "Infocaller": {"CallType": "R", "CallerNumber": "X"}}


def as_json(caller="X", **more):
    document = EVENT | {"Infocaller": {"CallType": "R", "CallerNumber": caller}, "CustVars": {"CustVar": []}} | more
    return json.dumps({"ApiCall": document})


def record(text, **more):
    return json.dumps({"url": "http://h/", "body": base64.b64encode(text.encode()).decode()} | more) + "\n"


@pytest.fixture
def files(tmp_path):
    """A sound file, one with an error and a warning, an unreadable one, a capture; their names need care."""
    (tmp_path / "a.json").write_text(as_json())
    (tmp_path / "b c,%#é.json").write_text(as_json(NASTY, **{f"Extra{NASTY}": "1"}))
    (tmp_path / "d.xml").write_text("<ApiCall>\n<\x1b>")
    (tmp_path / "e.ndjson").write_text("\n" + record(as_json("Z")))
    return ["a.json", "b c,%#é.json", "d.xml", "e.ndjson"]


@pytest.mark.parametrize("form", [*FORMS, "SARIF"])
def test_no_form_lets_a_control_character_through(run, files, form):
    done = run("validate", "--output", form, *files)
    assert (done.code, done.err) == (1, "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufffe\ufeff]", done.out)


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_file_is_no_part_of_the_report(run, files, form):
    done = run("validate", "--output", form, "missing.xml", *files)
    assert done.code == 3
    assert "missing.xml" not in done.out
    assert "missing.xml" in done.err
    assert "e.ndjson" in done.out


def test_text_cannot_forge_a_line(run, files):
    lines = run("validate", *files).out.splitlines()
    assert all(line.startswith((*files, "4 documents: ")) for line in lines)
    assert lines[-1] == "4 documents: 1 valid, 3 not valid"


def test_json_rows(run, files):
    rows = [json.loads(line) for line in run("validate", "--output", "json", *files).out.splitlines()]
    assert [(row["file"], row["index"], row["valid"]) for row in rows] == [
        (files[0], None, True),
        (files[1], None, False),
        (files[2], None, False),
        (files[3], 2, False),
    ]
    assert any(NASTY.replace("/", "~1") in row["path"] for row in rows[1]["findings"])  # machine output has it as it is


# ---- GitHub ----

COMMAND = re.compile(r"::(error|warning) file=([^,:]*)(?:,line=(\d+))?,title=(IC\d{3})::(.*)")


def test_github_commands(run, files):
    found = [COMMAND.fullmatch(line) for line in run("validate", "--output", "github", *files).out.splitlines()]
    assert all(found)
    assert {unquote(match[2]) for match in found} == set(files[1:])
    assert [match.group(1, 3, 4) for match in found if match[2] == "e.ndjson"] == [("error", "2", "IC202")]  # the record's own line
    assert "%250A::error::x" in "".join(match[5] for match in found)


def workflow_command(line):
    """Level, properties and message, as the runner of GitHub Actions reads them."""

    def plain(text, escapes):
        for escape in (*escapes, "%25"):
            text = text.replace(escape, unquote(escape))
        return text

    head, _, message = line.removeprefix("::").partition("::")
    level, _, properties = head.partition(" ")
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    return level, {name: plain(value, ("%0D", "%0A", "%3A", "%2C")) for name, value in pairs.items()}, plain(message, ("%0D", "%0A"))


@pytest.mark.parametrize("name", ["a:b,c=d%0A::error::x.json", "%3A%2C%25.json", "::warning file=x,line=1::y.json", "e;f]g.json"])
def test_neither_a_file_name_nor_a_value_makes_a_command(run, tmp_path, name):
    value = "50%::warning::x,y%0Dz%250A"
    (tmp_path / name).write_text(as_json(value))
    done = run("validate", "--output", "github", name)
    (line,) = done.out.splitlines()
    level, properties, message = workflow_command(line)
    assert (level, properties) == ("error", {"file": name, "line": "1", "title": "IC202"})
    assert f"'{value}'" in message


def test_a_line_end_in_a_file_name_stays_on_its_line(run, tmp_path):
    (tmp_path / "a\n::error::b.json").write_text(as_json("Z"))
    (line,) = run("validate", "--output", "github", "a\n::error::b.json").out.splitlines()
    assert workflow_command(line)[1]["file"] == r"a\n::error::b.json"


# ---- JUnit ----


def junit(done):
    root = ElementTree.fromstring(done.stdout)
    assert root.tag == "testsuites"
    (suite,) = root
    for counted in (root, suite):
        assert int(counted.get("tests")) == len(suite)
        assert int(counted.get("failures")) == len(suite.findall("testcase/failure"))
        assert counted.get("errors") == "0"
    return suite


def test_junit(run, files, junit_schema):
    done = run("validate", "--output", "junit", *files)
    assert junit_schema(done.stdout) == []
    suite = junit(done)
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [*files[:3], "e.ndjson#2"]
    assert [len(case.findall("failure")) for case in cases] == [0, 1, 1, 1]
    assert all(case.get("classname") for case in cases)
    assert cases[3].find("failure").get("type") == "IC202"
    assert "IC202" in cases[3].find("failure").get("message")
    assert "IC202" in cases[3].find("failure").text
    assert "IC004" in cases[1].find("system-out").text


@pytest.mark.parametrize("name", ["\n\x01<&'\".json", "]]>.json", "\u202e\ufffe\U0001f600.json", "-"])
def test_junit_of_odd_names(run, tmp_path, junit_schema, name):
    if name != "-":
        (tmp_path / name).write_text(as_json(NASTY))
    names = [name] if name == "-" else [name, name]
    done = run("validate", "--output", "junit", *names, stdin=as_json(NASTY))
    assert junit_schema(done.stdout) == []
    assert [case.get("name") for case in junit(done)] == [visible(name) for name in names]


@pytest.mark.parametrize("arguments", [["a.json"], ["missing.xml"], ["--strict", "b c,%#é.json"]])
def test_junit_of_nothing_wrong_of_nothing_and_of_warnings(run, files, junit_schema, arguments):
    done = run("validate", "--output", "junit", *arguments)
    assert junit_schema(done.stdout) == []
    assert [len(case.findall("failure")) for case in junit(done)] == {"a.json": [0], "missing.xml": []}.get(arguments[0], [1])


@pytest.mark.parametrize("encoding", ["iso-8859-1", "ascii", "utf-8"])
def test_junit_is_what_it_declares_on_any_terminal(run, files, encoding):
    done = run("validate", "--output", "junit", files[1], env={"PYTHONIOENCODING": encoding})
    assert junit(done).find("testcase").get("name") == files[1]


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_a_file_name_that_is_no_text(run, tmp_path, junit_schema, sarif_schema, form):
    name = b"\xff\xfe.json"
    (tmp_path / "x").write_text(as_json("Z"))
    try:
        os.rename(tmp_path / "x", bytes(tmp_path) + b"/" + name)
    except OSError:
        pytest.skip("this file system has names in Unicode only")
    done = run("validate", "--output", form, os.fsdecode(name))
    assert done.code == 1
    if form == "junit":
        junit(done)
        assert junit_schema(done.stdout) == []
    else:
        assert sarif_schema(json.loads(done.out)) == []


# ---- SARIF ----


@pytest.fixture
def sarif(run, sarif_schema):
    """A function: the exit code and the one run of a log that its schema accepts and GitHub's code scanning places."""

    def start(*arguments, **more):
        done = run("validate", "--output", "sarif", *arguments, **more)
        log = json.loads(done.out)
        assert sarif_schema(log) == []
        (found,) = log["runs"]
        rules = found["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == list(RULES)
        for result in found["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            (location,) = result["locations"]
            assert location["physicalLocation"]["region"]["startLine"] >= 1
        return done.code, found

    return start


def uri(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_sarif(sarif, files):
    code, found = sarif(*files)
    assert code == 1
    assert {unquote(uri(result)) for result in found["results"]} == set(files[1:])
    last = found["results"][-1]
    assert (last["locations"][0]["physicalLocation"]["region"]["startLine"], last["ruleId"]) == (2, "IC202")


@pytest.mark.parametrize(("file", "expected"), [("a.json", 0), ("missing.xml", 3)])
def test_sarif_without_a_finding_is_still_a_log(sarif, files, file, expected):
    code, found = sarif(file)
    assert (code, found["results"]) == (expected, [])


def test_sarif_levels_follow_strict(sarif, files):
    assert {result["level"] for result in sarif("--strict", files[1])[1]["results"]} == {"error"}


def test_what_could_not_be_read_is_at_its_first_line(sarif):
    code, found = sarif("-", stdin="")
    assert (code, [uri(result) for result in found["results"]]) == (1, ["-"])


@pytest.mark.parametrize("name", ["a b%.json", "c\\d.json", "e:f.json", "#g?.json", "ñ.json", "{h}[i].json", "\n\x01<&'\".json"])
def test_file_names_that_are_no_uris(sarif, tmp_path, name):
    (tmp_path / name).write_text(as_json("Z"))
    _, found = sarif(name, f"./{name}", str(tmp_path / name), f"/{tmp_path}/{name}")
    uris = [uri(result) for result in found["results"]]
    assert [unquote(one) for one in uris] == [name, name, f"file://{tmp_path}/{name}", f"file:///{tmp_path}/{name}"]
    assert all(re.fullmatch(r"(file://)?(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", one) for one in uris)


def test_file_names_of_windows():
    assert file_uri(PureWindowsPath(r"a b\c.json")) == "a%20b/c.json"
    assert file_uri(PureWindowsPath(r"C:\a b\c.json")) == "file:///C:/a%20b/c.json"
    assert file_uri(PureWindowsPath(r"\\host\a b\c:d.json")) == "file:////host/a%20b/c%3Ad.json"


def test_a_value_makes_no_link(sarif):
    _, found = sarif("-", stdin=as_json("[here](http://h/)"))
    (result,) = found["results"]
    assert r"\[here](http://h/)" in result["message"]["text"]


def test_colour_is_for_text_alone(run, files):
    for form in FORMS:
        assert ("\x1b[" in run("--color", "always", "validate", "--output", form, *files).out) == (form == "text")
