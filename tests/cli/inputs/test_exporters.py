"""Captures as other programs write them: tests/vectors/captures."""

import base64
import json
import tomllib
from pathlib import Path

import pytest

CAPTURES = Path(__file__).resolve().parents[2] / "vectors" / "captures"
EXPECTED = tomllib.loads((CAPTURES / "expected.toml").read_text("utf-8"))
FILES = sorted(path.name for path in CAPTURES.iterdir() if path.name != "expected.toml")
KNOWN = {"INFOCALLER_PASSWORD": "3956"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_every_file_has_its_expectations():
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_what_exporters_write(run, name, stdin):
    path, expected = CAPTURES / name, EXPECTED[name]

    def done(command):
        arguments = (command, "--json", "-" if stdin else str(path))
        return run(*arguments, stdin=path.read_bytes() if stdin else None, env=KNOWN)

    verified, validated = done("verify"), done("validate")
    rows = [json.loads(line) for line in verified.out.splitlines()]
    assert [(row["index"], row["line"], row["call"], row["valid"]) for row in rows] == [
        (place, "123456789", "98565656", True) for place in expected["proven"]
    ]
    judged = [json.loads(line) for line in validated.out.splitlines()]
    assert [row["index"] for row in judged if row["part"] == "response" and row["valid"]] == expected["answers"]
    assert [row["index"] for row in judged if row["part"] == "request" and row["valid"]] == expected["proven"]
    assert (verified.code, validated.code) == (expected.get("verify", 0), expected.get("validate", 0))
    if verified.code:
        assert expected["said"] in verified.err
    else:
        assert verified.err == (f"note: {'-' if stdin else path}: {expected['said']}\n" if expected["said"] else "")


@pytest.mark.parametrize("name", FILES)
def test_replay_sends_its_documents_and_nothing_else(run, endpoint, name):
    sent, never = EXPECTED[name]["replay"]
    sink = endpoint(OK)
    done = run("replay", str(CAPTURES / name), "--to", sink.url, "--json")
    assert len(sink.requests) == sent
    assert all(head.startswith(b"POST ") and body.startswith(b"apiInfocaller=%3C") for head, body in sink.requests)
    assert not any(b"EXAMPLE" in head + body for head, body in sink.requests)  # another site's cookie and password
    if not sent and not never:
        assert done.code == 3
        assert EXPECTED[name]["said"] in done.err
    else:
        assert done.code == (1 if never else 0)
        statuses = json.loads(done.out)["by_status"]
        assert statuses == {key: value for key, value in {"200": sent, "not sendable": never}.items() if value}


@pytest.mark.parametrize(
    ("option", "sent"),
    [(("--speed", "1"), 2), (("--since", "2020-01-01"), 0), (("--until", "2030-01-01"), 0)],
    ids=str,
)
def test_a_time_that_is_a_number_is_none_and_that_is_said(run, endpoint, option, sent):
    sink = endpoint(OK)
    done = run("replay", str(CAPTURES / "tsepoch.ndjson"), "--to", sink.url, *option)
    assert len(sink.requests) == sent
    assert "warning: requests whose time (ts) is not readable: 2; " in done.err


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
