"""Hostile input through the commands: a clear message, an exit code, no traceback, little memory, never a wrong yes."""

import gzip
import json
import os
import re

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
COMMANDS = ["verify", "convert", "validate", "show"]
MEMORY = 150 * 1024 * 1024
# A child's count of memory begins with its parent's, so a small process must start the command
MEASURED = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "infocaller_cli", *sys.argv[1:]])
unit = 1 if sys.platform == "darwin" else 1024
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, file=sys.stderr)
sys.exit(code)
"""
SIGNATURE = "ae73e4b16a280726fb2e0e6bfb43902a"
USER = f"<UserID><LineNumber>123456789</LineNumber><CallSequence>98565656</CallSequence><Signature>{SIGNATURE}</Signature></UserID>"
REST = "<Infocaller><CallType>R</CallType><CallerNumber>X</CallerNumber></Infocaller><CustVars></CustVars></ApiCall>"
OPEN = '<ApiCall xmlns="http://tempuri.org/">'
XML = OPEN + USER + REST
JSON = (
    '{"ApiCall":{"UserID":{"LineNumber":"123456789","CallSequence":"98565656","Signature":"SIGNATURE"},'
    '"Infocaller":{"CallType":"R","CallerNumber":"X"},"CustVars":{"CustVar":[]}}}'
).replace("SIGNATURE", SIGNATURE)
BOMB = (
    "<!DOCTYPE ApiCall [<!ENTITY a '"
    + "x" * 1000
    + "'>"
    + "".join(f"<!ENTITY {name} '{f'&{below};' * 100}'>" for below, name in zip("abcde", "bcdef", strict=True))
)

UNREADABLE = {
    "entity-bomb": BOMB + "]>" + XML.replace("98565656", "&f;"),
    "external-entity": f'<!DOCTYPE ApiCall [<!ENTITY x SYSTEM "file:///etc/passwd">]>{XML.replace("98565656", "&x;")}',
    "external-dtd": f'<?xml version="1.0"?><!-- c --><!DOCTYPE ApiCall SYSTEM "http://localhost:9/x.dtd">{XML}',
    "parameter-entity": f'<!DOCTYPE ApiCall [<!ENTITY % x SYSTEM "http://localhost:9/x.dtd"> %x;]>{XML}',
    "doctype-in-utf-16": (f"<!DOCTYPE ApiCall [<!ENTITY a 'b'>]>{XML}").encode("utf-16"),
    "undefined-entity": XML.replace("98565656", "&ntilde;"),
    "nested-elements": OPEN + "<a>" * 200_000,
    "nested-and-closed": OPEN + "<a>" * 200_000 + "</a>" * 200_000 + "</ApiCall>",
    "nested-arrays": "[" * 100_000,
    "nested-objects": '{"ApiCall":' * 100_000,
    "nested-in-a-field": JSON.replace('"X"', "[" * 100_000 + "]" * 100_000),
    "not-a-number": JSON.replace('"X"', "NaN"),
    "infinity": JSON.replace('"X"', "-Infinity"),
    "out-of-range": JSON.replace('"X"', "1e999"),
    "huge-exponent": JSON.replace('"X"', "1e-99999999999"),
    "lone-surrogate": JSON.replace('"X"', r'"\ud800"'),
    "lone-surrogate-in-a-key": JSON.replace('"CallerNumber"', r'"\udfff"'),
    "surrogate-reference": XML.replace("98565656", "&#xD800;"),
    "surrogate-in-utf-8": XML.encode().replace(b"X</", b"\xed\xa0\x80\x00</"),
    "nul-bytes": b"\0" * 1000,
    "nul-in-xml": XML.replace("98565656", "98565656\0"),
    "nul-reference": XML.replace("98565656", "98565656&#0;"),
    "nul-in-json": JSON.replace("98565656", "98565656\0"),
    "half-utf-16": XML.encode("utf-16")[:-1],
    "broken-utf-16": b"\xff\xfe<\x00\x00\xd8<\x00",
    "elements-in-a-field": XML.replace("98565656", "<b>98565656</b>"),
    "wrong-root": XML.replace("ApiCall", "apicall"),
    "two-roots": XML + XML,
    "apicall-is-no-object": '{"ApiCall":[]}',
    "variable-twice": "apiInfocaller=%7B&apiInfocaller=%7B",
    "random": bytes(range(256)) * 10,
}


def judge_error(done):
    """What every refusal has in common."""
    assert b"Traceback" not in done.stderr
    assert b"a bug of ours" not in done.stderr
    assert len(done.stderr) < 2000
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_documents_are_refused_in_words(run, tmp_path, name):
    data = UNREADABLE[name]
    (tmp_path / "x").write_bytes(data.encode() if isinstance(data, str) else data)
    done = run("validate", "x", env=PASSWORD)
    judge_error(done)
    assert done.code == 1
    assert re.search(r"x(:\d+)?: error IC00[127]: ", done.out)
    assert "root:" not in done.out
    for command in COMMANDS:
        if command != "validate":
            done = run(command, "x", env=PASSWORD)
            judge_error(done)
            assert (done.code, done.out) == (3, "")
            assert done.err.startswith("error: x")


@pytest.mark.parametrize(
    ("source", "verified", "judged"),
    [
        pytest.param(XML, 0, 0, id="sound"),
        pytest.param(JSON, 0, 0, id="sound-json"),
        pytest.param(XML.replace("123456789", "1234<!-- 0 -->56789"), 0, 0, id="comment-in-a-number"),
        pytest.param(XML.replace("123456789", "1234<?pi 0?>56789"), 0, 0, id="instruction-in-a-number"),
        pytest.param(XML.replace("123456789", "12<![CDATA[3456]]>789"), 0, 0, id="cdata-in-a-number"),
        pytest.param(XML.replace("123456789", "123456789<!--"), 3, 1, id="comment-without-end"),
        pytest.param(XML.encode("utf-16"), 0, 0, id="utf-16"),
        pytest.param(XML.replace("<CallS", "<LineNumber>123456789</LineNumber><CallS"), 1, 1, id="duplicate-field"),
        pytest.param(XML.replace("<CallS", '<LineNumber xmlns="u:x">123456789</LineNumber><CallS'), 1, 1, id="duplicate-elsewhere"),
        pytest.param(XML.replace("<Infocaller>", f"{USER}<Infocaller>"), 1, 1, id="duplicate-section"),
        pytest.param(JSON.replace('"CallS', '"Call\\u0053equence":"98565656","CallS'), 1, 1, id="duplicate-escaped-key"),
        pytest.param(JSON[:-1] + ',"ApiCall":{}}', 1, 1, id="duplicate-root"),
        pytest.param(XML.replace("http://tempuri.org/", "http://example.org/"), 0, 1, id="wrong-namespace"),
        pytest.param(XML.replace("http://tempuri.org/", "http://tempuri.org"), 0, 1, id="nearly-the-namespace"),
        pytest.param(XML.replace(SIGNATURE, SIGNATURE[:-1] + "b"), 1, 1, id="wrong-signature"),
        pytest.param(XML.replace(SIGNATURE, ""), 1, 1, id="empty-signature"),
        pytest.param(XML.replace(SIGNATURE, "é" * 32), 1, 1, id="signature-not-ascii"),
        pytest.param(XML.replace("123456789", "１２３４５６７８９"), 1, 1, id="digits-of-another-script"),
        pytest.param(JSON.replace("98565656", "98565656\\u0000"), 1, 1, id="escaped-nul"),
        pytest.param(XML.replace("</Infocaller>", "<CostRX>0,12</CostRX></Infocaller>"), 0, 1, id="decimal-comma"),
        pytest.param(XML.replace("</Infocaller>", "<CostRX>1e5</CostRX></Infocaller>"), 0, 1, id="exponent"),
        pytest.param(JSON.replace('"X"', "1" * 5000), 0, 0, id="five-thousand-digits"),
        pytest.param(JSON.replace('"X"', '"X","CostRX":1e300'), 0, 0, id="large-cost"),
    ],
)
def test_never_a_wrong_yes(run, tmp_path, source, verified, judged):
    (tmp_path / "x").write_bytes(source.encode() if isinstance(source, str) else source)
    done = run("verify", "x", env=PASSWORD)
    judge_error(done)
    assert done.code == verified
    assert (": valid: " in done.out) == (verified == 0)
    done = run("validate", "x", env=PASSWORD)
    judge_error(done)
    assert done.code == judged
    done = run("show", "x", env=PASSWORD)
    assert done.code == (3 if verified == 3 else 0)
    assert ("signature: valid" in done.out) == (verified == 0)


def test_what_stands_twice_is_never_written(run):
    for source in (XML.replace("<CallS", "<LineNumber>1</LineNumber><CallS"), JSON.replace('"CallS', '"CallSequence":"1","CallS')):
        done = run("convert", "-", stdin=source)
        assert (done.code, done.out) == (3, "")
        assert "stands twice" in done.err


# ---- size ----


def _write(path, head, filler, tail=b""):
    with open(path, "wb") as stream:
        stream.write(head)
        stream.writelines(filler for _ in range(100))
        stream.write(tail)


MEBI = 1024 * 1024
LARGE = {
    "nothing.xml": (b"", b"\0" * MEBI),
    "spaces.xml": (b"", b" " * MEBI),
    "blank-lines.xml": (b"", b"\n" * MEBI),
    "form": (b"apiInfocaller=", b"%3C" * (MEBI // 3)),
    "one-line.json": (b'{"ApiCall":{"Infocaller":{"CallerNumber":"', b"1" * MEBI, b'"}}}'),
    "one-line.xml": (b"<ApiCall><Infocaller><CallerNumber>", b"1" * MEBI, b"</CallerNumber></Infocaller></ApiCall>"),
    "lines.xml": (b"<ApiCall>\n", b"<a>1</a>\n" * (MEBI // 9), b"</ApiCall>"),
    "record.ndjson": (b'{"body":"', b"QUJD" * (MEBI // 4), b'"}\n'),
    "archive.har": (b'{"log":{"entries":[\n', b"[" + b"0," * (MEBI // 2) + b"0],\n", b"0]}}"),
}


@pytest.fixture(scope="module", params=LARGE)
def large(request, tmp_path_factory):
    """A file of 100 MB, and the same as a gzip bomb. Removed at once: the last runs' folders are kept."""
    path = tmp_path_factory.mktemp("large") / request.param
    _write(path, *LARGE[request.param])
    bomb = path.with_suffix(".gz")
    with open(path, "rb") as source, gzip.open(bomb, "wb", compresslevel=1) as target:
        while block := source.read(4 * MEBI):
            target.write(block)
    yield path, bomb
    os.unlink(path)
    os.unlink(bomb)


@pytest.mark.parametrize("which", [0, 1], ids=["plain", "gzip-bomb"])
def test_a_hundred_megabytes_are_refused_in_little_memory(run, large, which):
    for command in COMMANDS if which == 0 else ["validate"]:
        done = run(command, str(large[which]), code=MEASURED, env=PASSWORD)
        said, _, peak = done.err.rpartition("peak ")
        assert int(peak) < MEMORY
        assert done.code in (1, 3)
        assert "Traceback" not in said
        assert "bug of ours" not in said
        assert len(said) < 2000


@pytest.mark.parametrize("value", ["[],", "{},", '"",', "1,"])
def test_a_record_of_millions_of_values_takes_little_more_than_its_line(run, tmp_path, value):
    """Each would be an object of Python's, fifty times as large."""
    line = '{"method":"POST","url":"http://h/","body":"","x":[' + value * (40 * MEBI // len(value)) + "0]}\n"
    (tmp_path / "one.ndjson").write_text(line)
    done = run("replay", "one.ndjson", "--to", "http://127.0.0.1:9/", "--dry-run", code=MEASURED)
    said, _, peak = done.err.rpartition("peak ")
    assert int(peak) < MEMORY
    assert done.code == 3
    assert "no complete record, skipped" in said


def test_the_limit_can_be_raised(run):
    large = JSON.replace('"X"', '"X","Note":"' + "n" * 1_100_000 + '"')
    refused = run("verify", "--json", "-", stdin=large, env=PASSWORD)
    assert refused.code == 3
    assert "--max-size" in json.loads(refused.err)["hint"]
    assert run("verify", "--max-size", "2M", "-", stdin=large, env=PASSWORD).code == 0
