"""`infocaller schema`: what it writes is what another tool takes; options, files, pipes and errors as everywhere."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

KINDS = ["inicio", "desvio_correcto", "DESVIO-FALLIDO", "fin", "Query", "response"]
XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_each_kind_passes_and_without_its_first_field_fails(run, kind):
    xml, text = (run("-q", "sample", kind, "--format", format).stdout for format in ("xml", "json"))
    made = run("schema", kind, "--format", "xsd")
    assert (made.code, made.err) == (0, "")
    xsd = etree.XMLSchema(etree.fromstring(made.stdout))
    tree = etree.fromstring(xml)
    assert xsd.validate(tree), xsd.error_log
    tree[0].remove(tree[0][0])
    assert not xsd.validate(tree)

    made = run("schema", kind, "--format", "json-schema")
    assert (made.code, made.err) == (0, "")
    found = json.loads(made.out)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    document = json.loads(text)
    assert Draft202012Validator(found).is_valid(document)
    section = next(iter(document["ApiCall"].values()))
    del section[next(iter(section))]
    assert not Draft202012Validator(found).is_valid(document)


def test_the_tools_at_their_own_command_lines(run, tmp_path):
    """As the manual shows it."""
    for name, format in (("fin.xsd", "xsd"), ("fin.schema.json", "json-schema")):
        assert run("schema", "fin", "--format", format, "--out", name) == (0, b"", b"")
    for format in ("xml", "json"):
        (tmp_path / f"fin.{format}").write_bytes(run("-q", "sample", "fin", "--format", format).stdout)
    commands = [["xmllint", "--noout", "--schema", "fin.xsd", "fin.xml"]]
    commands += [["check-jsonschema", "--schemafile", "fin.schema.json", "fin.json"]]
    for command in commands:
        path = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
        if not shutil.which(command[0], path=path) and not os.environ.get("CI"):
            pytest.skip(f"{command[0]} is not installed")
        done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_form_is_that_of_the_configured_format(run, tmp_path):
    assert etree.fromstring(run("schema", "fin").stdout).tag == f"{XS}schema"
    (tmp_path / "infocaller.toml").write_text('format = "json"\n')
    assert "$schema" in json.loads(run("schema", "fin").out)
    assert etree.fromstring(run("schema", "fin", "--format", "XSD").stdout).tag == f"{XS}schema"
    (tmp_path / "infocaller.toml").write_text('format = "xml"\n')
    assert etree.fromstring(run("schema", "fin").stdout).tag == f"{XS}schema"


@pytest.mark.parametrize("option", ["-o", "--out"])
def test_out(run, tmp_path, option):
    wanted = run("schema", "query").stdout
    (tmp_path / "query.xsd").write_text("old")
    assert run("schema", "query", option, "query.xsd") == (0, b"", b"")
    assert (tmp_path / "query.xsd").read_bytes() == wanted
    assert run("schema", "query", option, "-").stdout == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["query.xsd"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inico"], ["'inico'", "did you mean inicio?"]),
        (["event"], ["'event'", "inicio", "response"]),
        ([], ["KIND"]),
        (["fin", "query"], ["query"]),
        (["fin", "--format", "jsn-schema"], ["jsn-schema", "json-schema", "xsd"]),
        (["fin", "--json"], ["--json"]),
        (["fin", "--out", "missing/fin.xsd"], ["missing/fin.xsd cannot be written"]),
        (["fin", "--out", "."], [". cannot be written"]),
    ],
    ids=" ".join,
)
def test_wrong_usage(run, tmp_path, arguments, words):
    done = run("schema", *arguments)
    assert (done.code, done.out) == (2, "")
    assert all(word in done.err for word in words)
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("out", [[], ["--out", "/dev/full"]])
def test_a_full_disk(run, out):
    with open("/dev/full", "wb") as full:
        done = run("schema", "fin", *out, stdout=full)
    assert done.code in (2, 3)
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err


def test_a_closed_pipe_is_no_error(run):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        assert run("schema", "fin", stdout=closed) == (0, b"", b"")


@pytest.mark.parametrize(("format", "language"), [("json", "json-schema"), ("xml", "xsd"), ("JSON", "json-schema")])
def test_a_format_stands_for_its_language(run, format, language):
    assert run("schema", "response", "--format", format).stdout == run("schema", "response", "--format", language).stdout
