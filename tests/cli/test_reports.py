"""The forms of `validate`'s report are well-formed, and text of documents in them is data."""

import base64
import json
import os
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from infocaller_cli.codec.catalogue import RULES

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


def test_junit(run, files):
    suite = junit(run("validate", "--output", "junit", *files))
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [*files[:3], "e.ndjson#2"]
    assert [len(case.findall("failure")) for case in cases] == [0, 1, 1, 1]
    assert all(case.get("classname") for case in cases)
    assert cases[3].find("failure").get("type") == "IC202"
    assert "IC202" in cases[3].find("failure").get("message")
    assert "IC202" in cases[3].find("failure").text
    assert "IC004" in cases[1].find("system-out").text


@pytest.mark.parametrize("encoding", ["iso-8859-1", "ascii", "utf-8"])
def test_junit_is_what_it_declares_on_any_terminal(run, files, encoding):
    done = run("validate", "--output", "junit", files[1], env={"PYTHONIOENCODING": encoding})
    assert junit(done).find("testcase").get("name") == files[1]


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_a_file_name_that_is_no_text(run, tmp_path, form):
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
    else:
        check_sarif(json.loads(done.out))


# ---- SARIF: the rules of its schema for what is written here ----

LEVELS = {"none", "note", "warning", "error"}
KNOWN = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results", "columnKind"}),
    "driver": ({"name"}, {"version", "rules", "informationUri", "semanticVersion"}),
    "rule": ({"id"}, {"shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration", "name"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "locations", "kind"}),
    "location": (set(), {"physicalLocation", "logicalLocations", "message", "id"}),
    "physical": ({"artifactLocation"}, {"region"}),
    "region": (set(), {"startLine", "startColumn", "endLine", "endColumn", "snippet"}),
}


def keys(thing, name):
    required, allowed = KNOWN[name]
    assert required <= set(thing) <= required | allowed, (name, thing)


def message(thing):
    assert set(thing) <= {"text", "markdown", "id", "arguments"}
    assert isinstance(thing["text"], str)
    assert thing["text"]


def check_sarif(log):
    keys(log, "log")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    keys(run, "run")
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert set(run["tool"]) <= {"driver", "extensions"}
    driver = run["tool"]["driver"]
    keys(driver, "driver")
    for rule in driver["rules"]:
        keys(rule, "rule")
        for name in ("shortDescription", "fullDescription", "help"):
            message(rule[name])
        assert rule["defaultConfiguration"]["level"] in LEVELS
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for result in run["results"]:
        keys(result, "result")
        message(result["message"])
        assert result["level"] in LEVELS
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"]:
            keys(location, "location")
            physical = location["physicalLocation"]
            keys(physical, "physical")
            # A URI reference of RFC 3986: anything else is percent-encoded
            assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+", physical["artifactLocation"]["uri"])
            if "region" in physical:
                keys(physical["region"], "region")
                assert physical["region"]["startLine"] >= 1
    return run


def test_sarif(run, files):
    found = check_sarif(json.loads(run("validate", "--output", "sarif", *files).out))
    assert [rule["id"] for rule in found["tool"]["driver"]["rules"]] == list(RULES)
    places = [result["locations"][0]["physicalLocation"] for result in found["results"]]
    assert {unquote(place["artifactLocation"]["uri"]) for place in places} == set(files[1:])
    assert (places[-1]["region"]["startLine"], found["results"][-1]["ruleId"]) == (2, "IC202")


def test_sarif_without_a_finding_is_still_a_log(run, files):
    done = run("validate", "--output", "sarif", "a.json")
    assert done.code == 0
    assert check_sarif(json.loads(done.out))["results"] == []
    done = run("validate", "--output", "sarif", "missing.xml")
    assert done.code == 3
    assert check_sarif(json.loads(done.out))["results"] == []


def test_sarif_levels_follow_strict(run, files):
    found = check_sarif(json.loads(run("validate", "--strict", "--output", "sarif", files[1]).out))
    assert {result["level"] for result in found["results"]} == {"error"}


def test_colour_is_for_text_alone(run, files):
    for form in FORMS:
        assert ("\x1b[" in run("--color", "always", "validate", "--output", form, *files).out) == (form == "text")
