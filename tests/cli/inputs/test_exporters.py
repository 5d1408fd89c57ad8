"""Captures as other programs write them: tests/vectors/captures."""

import base64
import json
from pathlib import Path

import pytest

CAPTURES = Path(__file__).resolve().parents[2] / "vectors" / "captures"
REBUILT = "forms whose bytes the file does not hold, rebuilt from their params: 1"
SKIPPED = "entries without a document, skipped: 1"
KNOWN = {"INFOCALLER_PASSWORD": "3956"}


@pytest.mark.parametrize(
    ("name", "places", "notice"),
    [
        ("fiddler-params.har", [1], REBUILT),
        ("insomnia-params.har", [1], REBUILT),
        ("log-not-first.har", [1], ""),
        ("lowercase-method.har", [1], ""),
        ("charles-foreign-json-post.har", [2], SKIPPED),
        ("mitmproxy-11.0.2-gzip-latin1-answer.har", [1], ""),
        ("pretty.ndjson", [1, 2], ""),
        ("list.json", [1, 2], ""),
        ("list-one-line.json", [1, 2], ""),
        ("tsepoch.ndjson", [1, 2], ""),
    ],
)
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_what_exporters_write(run, name, places, notice, stdin):
    path = CAPTURES / name
    done = run("verify", "--json", "-", stdin=path.read_bytes(), env=KNOWN) if stdin else run("verify", "--json", str(path), env=KNOWN)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["index"], row["line"], row["call"]) for row in rows] == [(place, "123456789", "98565656") for place in places]
    assert done.code == 0
    assert done.err == (f"note: {'-' if stdin else path}: {notice}\n" if notice else "")


def test_the_declared_charset_is_the_answers_own(run):
    done = run("validate", "--strict", "--json", str(CAPTURES / "mitmproxy-11.0.2-gzip-latin1-answer.har"))
    assert [(json.loads(line)["kind"], json.loads(line)["findings"]) for line in done.out.splitlines()] == [("query", []), ("response", [])]
    assert done.code == 0


def test_a_packed_answer_is_judged_unpacked_and_recorded_as_it_came(run):
    path = CAPTURES / "gzip-answer.ndjson"
    packed = base64.b64decode(json.loads(path.read_text())["resp"]["body"])
    assert packed.startswith(b"\x1f\x8b")
    done = run("validate", "--json", str(path))
    assert [(json.loads(line)["part"], json.loads(line)["valid"]) for line in done.out.splitlines()] == [
        ("request", True),
        ("response", True),
    ]
    assert "Petición correcta" in run("show", str(path)).out
    damaged = path.read_text().replace(base64.b64encode(packed).decode(), base64.b64encode(packed[:-9]).decode())
    done = run("validate", "--json", "-", stdin=damaged)
    assert [json.loads(line)["valid"] for line in done.out.splitlines()] == [True, False]
    assert "cut off" in done.out


@pytest.mark.parametrize("command", ["verify", "validate", "convert", "show"])
def test_another_sites_login_is_no_document(run, command):
    done = run(command, str(CAPTURES / "foreign-only.har"), env=KNOWN)
    assert (done.code, done.out) == (3, "")
    assert "nothing readable" in done.err


def test_a_body_that_is_no_text_is_said(run):
    done = run("verify", str(CAPTURES / "bodyobj.ndjson"), env=KNOWN)
    assert (done.code, done.out) == (3, "")
    assert "its body is no text: base64 belongs there" in done.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) * 2 // 3], "a value is not complete"),
        (lambda text: text + "nonsense", "a value is not complete"),
        (lambda text: text + "[" * 5000, "a value is"),
        (lambda text: text + '{"x": [' + "0," * 200_000, "holds too many others"),
    ],
)
def test_what_came_before_the_damage_is_read(run, change, said):
    text = (CAPTURES / "pretty.ndjson").read_text()
    done = run("validate", "--json", "-", stdin=change(text))
    assert len(done.out.splitlines()) in (1, 2)
    assert done.code == 3
    assert said in json.loads(done.err)["why"]


def test_values_that_are_no_records_are_skipped_and_said(run):
    text = (CAPTURES / "pretty.ndjson").read_text()
    done = run("validate", "--json", "-", stdin=text + '5 null "x" {}')
    assert [json.loads(line)["index"] for line in done.out.splitlines()] == [1, 2]
    assert [line.split(":")[1] for line in done.err.splitlines()] == [f" -#{number}" for number in (3, 4, 5, 6)]


@pytest.mark.parametrize("torn", ["{", '{"t', '{"ts":"2026-11-23T10:00:00Z","method":"POST","body":"eyJB'])
def test_a_crash_may_have_torn_many_lines_and_few_are_named(run, torn):
    record = json.dumps(json.loads((CAPTURES / "list.json").read_text())[0])
    text = "\n".join([torn, *['{"ts":"2026'] * 30, record, *['{"ts":"2026'] * 1000, ""])
    done = run("validate", "--json", "-", stdin=text)
    assert [json.loads(line)["index"] for line in done.out.splitlines()] == [32]
    notices = done.err.splitlines()
    assert notices[-1] == "warning: -: 1,011 more lines hold no complete record, skipped"
    assert len(notices) == 21
