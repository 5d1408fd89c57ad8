"""FILE#17: one record of a FILE, named as every report prints it."""

import base64
import json
from urllib.parse import quote

import pytest

from infocaller_cli import encode
from infocaller_cli.testing import Infocaller

CALLS = ("70700001", "70700002", "70700003")
ENV = {"INFOCALLER_PASSWORD": "3956"}


@pytest.fixture
def folder(tmp_path):
    records = []
    for call in CALLS:
        document = encode(Infocaller("3956").event("FIN", call=call).document, "xml")
        body = b"apiInfocaller=" + quote(document).encode()
        (tmp_path / f"{call}.xml").write_bytes(document)
        records.append(
            {"ts": "2026-11-23T10:00:00Z", "method": "POST", "url": "http://h/", "header": {}, "body": base64.b64encode(body).decode()}
        )
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "pretty.ndjson").write_text(json.dumps(records, indent=2))
    entries = [
        {"request": {"method": "POST", "url": "http://h/", "postData": {"text": base64.b64decode(r["body"]).decode()}}} for r in records
    ]
    (tmp_path / "calls.har").write_text(json.dumps({"log": {"entries": entries}}))
    (tmp_path / "lines.txt").write_bytes(b"".join((tmp_path / f"{call}.xml").read_bytes().replace(b"\n", b" ") + b"\n" for call in CALLS))
    return tmp_path


@pytest.mark.parametrize("file", ["calls.ndjson", "pretty.ndjson", "calls.har", "lines.txt"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_it_is_that_record_of_whatever_holds_several(run, folder, file, number):
    done = run("verify", "--json", f"{file}#{number}", env=ENV)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["file"], row["index"], row["call"]) for row in rows] == [(file, number, CALLS[number - 1])]
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("command", ["show", "convert", "sign"])
def test_commands_take_it(run, folder, command):
    done = run(command, "calls.ndjson#2", env=ENV)
    assert done.code == 0
    assert "70700002" in done.out
    assert "70700001" not in done.out
    assert "70700003" not in done.out


def test_senders_take_it(run, folder):
    done = run("send-event", "FIN", "calls.ndjson#3", "--to", "http://127.0.0.1:1/", "--dry-run", env=ENV)
    assert (done.code, "70700003" in done.out, "70700001" in done.out) == (0, True, False)
    done = run("replay", "calls.ndjson#3", "calls.ndjson#1", "--to", "http://127.0.0.1:1/", "--dry-run")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["calls.ndjson#3", "calls.ndjson#1"]


def test_one_record_is_converted_as_one_document(run, folder):
    assert run("convert", "calls.ndjson#2").out == run("convert", "70700002.xml").out


@pytest.mark.parametrize(
    ("name", "told"),
    [("calls.ndjson#4", "there is no #4 in it"), ("lines.txt#9", "there is no #9 in it"), ("70700001.xml#2", "there is no #2 in it"),
     ("calls.ndjson#0", "cannot be read"), ("missing#1", "cannot be read")],
)  # fmt: skip
def test_what_is_not_there_is_said(run, folder, name, told):
    done = run("verify", name, env=ENV)
    assert (done.code, done.out) == (3, "")
    assert told in done.err


def test_a_file_of_that_very_name_comes_first(run, folder):
    (folder / "calls.ndjson#1").write_bytes((folder / "70700003.xml").read_bytes())
    done = run("verify", "--json", "calls.ndjson#1", env=ENV)
    assert json.loads(done.out)["call"] == "70700003"


def test_the_capture_itself_is_not_overwritten(run, folder):
    before = (folder / "calls.ndjson").read_bytes()
    for command in (
        ("show", "calls.ndjson#1", "--html", "calls.ndjson"),
        ("replay", "calls.ndjson#1", "--to", "http://h/", "--failed", "calls.ndjson"),
    ):
        done = run(*command, env=ENV)
        assert done.code == 2
        assert "try:" in done.err
    assert (folder / "calls.ndjson").read_bytes() == before
