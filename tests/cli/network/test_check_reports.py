"""What `check-endpoint` reports to other programs: the judges of `validate`'s reports, and texts that an application made to harm."""

import json

import pytest
from lxml import etree

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
HARM = b"\x1b]0;gone\x07\r\n::error::forged\n::add-mask::x\n%0A]]>&\x00\x9b31m"
FORGED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(HARM) + HARM
FORMS = ("text", "json", "junit", "github")


@pytest.fixture
def reported(run, endpoint, tmp_path):
    """A function: a report in a form, about an application that answers with harm and a state that holds it."""

    def start(form, *asked):
        url = endpoint(FORGED).url
        return run("check-endpoint", url, *asked, "--output", form, env=PASSWORD)

    return start


def harm_is_gone(done):
    out = done.stdout
    assert not any(byte in out for byte in (b"\x1b", b"\x07", b"\x00", b"\x9b"))
    assert b"\n::error::forged" not in out
    assert b"\n::add-mask::" not in out


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_harms_no_report(form, reported, junit_schema):
    done = reported(form, "--query", "ESTADO PEDIDO")
    assert done.code == 1
    harm_is_gone(done)
    if form == "junit":
        assert junit_schema(done.stdout) == []
    if form == "github":
        assert all(line.startswith(("::error title=CE", "::warning title=CE")) for line in done.out.splitlines())


@pytest.mark.parametrize("form", FORMS)
def test_a_state_harms_no_report(form, reported, junit_schema, tmp_path):
    """What the command prints is another person's too: names that callers gave."""
    (tmp_path / "look").write_bytes(
        b"echo x >> looks\nwc -l < looks | tr -d ' '\nprintf '\\033]0;gone\\007\\n::error::forged\\n]]>\\000'\n"
    )
    done = reported(form, "--event", "FIN", "--only", "CE71", "--observe", "sh look")
    assert done.code == 1
    harm_is_gone(done)
    if form == "junit":
        assert junit_schema(done.stdout) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_failing_command_harms_no_report(form, reported):
    done = reported(form, "--event", "FIN", "--observe", r"printf '\033]0;gone\007\n::error::forged\n' >&2; exit 1")
    assert (done.code, done.out) == (2, "")
    assert "\x1b" not in done.err
    assert "\n::error::forged" not in done.err


def test_junit_of_a_whole_run(run, server, junit_schema, tmp_path):
    (tmp_path / "orders.py").write_text("def status(query):\n    return {}\n")
    url = server("serve-query", "--handler", "ESTADO PEDIDO=orders:status").url
    done = run("check-endpoint", url, "--query", "ESTADO PEDIDO", "--output", "junit", env=PASSWORD)
    suites = etree.fromstring(done.stdout)
    assert suites[0].get("skipped") == str(len(suites.findall(".//skipped"))) != "0"
    assert junit_schema(done.stdout) == []
    assert {case.get("classname") for case in suites.iter("testcase")} > {"infocaller.reading", "infocaller.trust", "infocaller.the_answer"}


def test_all_events_in_both_formats_with_a_state_are_within_the_limit(run, server, tmp_path):
    (tmp_path / "orders.py").write_text("def status(query):\n    return {}\n\n\ndef taken(event):\n    open('calls', 'a').write('x\\n')\n")
    (tmp_path / "calls").touch()
    url = server("serve-query", "--handler", "orders:status", "--on", "event=orders:taken").url
    asked = ("--event", "all", "--format", "both", "--observe", "wc -l < calls", "--output", "json")
    *rows, last = map(json.loads, run("check-endpoint", url, *asked, env=PASSWORD).out.splitlines())
    assert not any("limit" in (row["came"] or "") for row in rows if row["verdict"] == "skip")
    assert last["summary"]["requests"] <= 300
