"""What a FILE may hold: told from its content, whatever its name; one bad piece hides no other."""

import base64
import gzip
import json
import subprocess
import sys
import time
import zlib
from pathlib import Path
from urllib.parse import quote_plus

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def document(call, **variables):
    user = {"LineNumber": "123456789", "CallSequence": str(call), "Signature": "0" * 32}
    custvars = [{"VarName": name, "VarValue": value} for name, value in variables.items()]
    return json.dumps(
        {"ApiCall": {"UserID": user, "Infocaller": {"CallType": "R", "CallerNumber": "X"}, "CustVars": {"CustVar": custvars}}}
    )


def record(call, body=None, **more):
    body = document(call).encode() if body is None else body
    return json.dumps({"method": "POST", "url": "http://h/", "header": {}, "body": base64.b64encode(body).decode()} | more)


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def calls(done):
    return [row["call"] for row in rows(done)]


MULTIPART = (
    '--b1\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b1\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n'
    f"Content-Type: application/json\r\n\r\n{document(1)}\r\n--b1--\r\n"
)
THREE = [record(1), record(2), record(3)]
LINES = [document(1), document(2), document(3)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(document(1), ["1"], id="document"),
        pytest.param("\n \n" + document(1) + "\n\n", ["1"], id="blank-lines-around"),
        pytest.param("\ufeff" + document(1), ["1"], id="byte-order-mark"),
        pytest.param(document(1).encode("utf-16"), ["1"], id="utf-16"),
        pytest.param("a=1&apiInfocaller=" + quote_plus(document(1)) + "&b=2\r\n", ["1"], id="form-body"),
        pytest.param(MULTIPART, ["1"], id="multipart"),
        pytest.param("\n".join(THREE), ["1", "2", "3"], id="capture"),
        pytest.param("\r\n".join(THREE) + "\r\n", ["1", "2", "3"], id="capture-crlf"),
        pytest.param("\ufeff" + "\n".join(THREE), ["1", "2", "3"], id="capture-byte-order-mark"),
        pytest.param("\n\n" + "\n \n".join(THREE) + "\n\n", ["1", "2", "3"], id="capture-blank-lines"),
        pytest.param(THREE[0], ["1"], id="capture-of-one"),
        pytest.param("\n".join(LINES), ["1", "2", "3"], id="documents"),
        pytest.param("\r\n\r\n".join(LINES) + "\r\n", ["1", "2", "3"], id="documents-crlf-blank-lines"),
        pytest.param("\ufeff" + "\n".join(LINES), ["1", "2", "3"], id="documents-byte-order-mark"),
        pytest.param(gzip.compress("\n".join(THREE).encode()), ["1", "2", "3"], id="gzip"),
        pytest.param(gzip.compress(THREE[0].encode() + b"\n") + gzip.compress(THREE[1].encode()), ["1", "2"], id="gzip-twice"),
        pytest.param(gzip.compress(document(1).encode()), ["1"], id="gzip-document"),
        pytest.param(zstd.compress("\n".join(THREE).encode()), ["1", "2", "3"], id="zstd"),
        pytest.param(zstd.compress(document(1).encode()), ["1"], id="zstd-document"),
    ],
)
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_what_a_file_is_shows_in_its_content(run, tmp_path, content, expected, stdin):
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / "x.dat").write_bytes(content)
    done = run("validate", "--json", "-", stdin=content) if stdin else run("validate", "--json", "x.dat")
    assert (done.code, calls(done)) == (0, expected)
    assert {row["file"] for row in rows(done)} == {"-" if stdin else "x.dat"}


def test_xml_documents_line_by_line(run, signed):
    lines = "".join(signed(call=str(call)).replace("\n", "") + "\n" for call in (1, 2, 3))
    assert calls(run("validate", "--json", "-", stdin=lines)) == ["1", "2", "3"]
    pretty = signed() + "<!-- made by hand -->\n"
    assert calls(run("validate", "--json", "-", stdin=pretty)) == ["98565656"]


def test_the_index_is_the_line_of_the_file(run):
    done = run("validate", "--json", "-", stdin="\n" + THREE[0] + "\n\n\n" + THREE[1] + "\n")
    assert [row["index"] for row in rows(done)] == [2, 5]


def test_a_gzip_stream_may_arrive_byte_by_byte():
    data = gzip.compress(document(1).encode())
    process = subprocess.Popen(
        [sys.executable, "-m", "infocaller_cli", "validate", "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    process.stdin.write(data[:1])
    process.stdin.flush()
    time.sleep(0.5)  # long enough for the command to see the first byte alone; were it not, this test would only prove less
    out, _ = process.communicate(data[1:], timeout=60)
    assert json.loads(out)["call"] == "1"


# ---- captures with damage ----


TORN = '{"ts":"2026-11-23T10:00:00Z","method":"POST","url":"http://h/","body":"eyJBc'


@pytest.mark.parametrize(
    ("lines", "expected", "skipped"),
    [
        pytest.param([*THREE, TORN], ["1", "2", "3"], [4], id="last-torn"),
        pytest.param([THREE[0], TORN, THREE[1]], ["1", "2"], [2], id="middle-torn"),
        pytest.param([TORN, *THREE], ["1", "2", "3"], [1], id="first-torn"),
        pytest.param([TORN, TORN, *THREE], ["1", "2", "3"], [1, 2], id="first-two-torn"),
        pytest.param(["{", *THREE], ["1", "2", "3"], [1], id="first-torn-at-once"),
        pytest.param(['{"t', *THREE], ["1", "2", "3"], [1], id="first-torn-in-its-key"),
        pytest.param([TORN[-12:] + '"}', *THREE], ["1", "2", "3"], [1], id="first-lost-its-beginning"),
        pytest.param([THREE[0], "null", "[1]", '"text"', "{}", "nonsense", THREE[1]], ["1", "2"], [2, 3, 4, 5, 6], id="other-json"),
        pytest.param([THREE[0], '{"method": ' + "[" * 5000, THREE[1]], ["1", "2"], [2], id="nested-too-deep"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "convert"])
def test_incomplete_lines_are_skipped_with_a_notice(run, lines, expected, skipped, command):
    done = run(command, *(("--json",) if command == "validate" else ("--to", "json")), "-", stdin="\n".join(lines) + "\n")
    assert done.code == 0
    found = calls(done) if command == "validate" else [row["ApiCall"]["UserID"]["CallSequence"] for row in rows(done)]
    assert found == expected
    assert [int(line.split("#")[1].split(":")[0]) for line in done.err.splitlines()] == skipped


def test_nothing_readable_is_an_error(run):
    for command in ("validate", "convert", "show"):
        done = run(command, "-", stdin=TORN + "\n" + TORN + "\n")
        assert (done.code, done.out) == (3, "")
        assert "nothing readable" in done.err


def test_records_without_a_readable_body_hide_no_other(run):
    bad = [
        json.dumps({"method": "GET", "url": "http://h/"}),
        record(0, body=b""),
        json.dumps({"url": "http://h/", "body": None}),
        json.dumps({"url": "http://h/", "body": "no base64"}),
        json.dumps({"url": "http://h/", "body": 5, "header": "x"}),
        record(0, body=b"a=1&b=2"),
        record(0, body=b"apiInfocaller=1&apiInfocaller=2"),
    ]
    text = "\n".join([THREE[0], *bad, THREE[1]])
    done = run("validate", "--json", "-", stdin=text)
    assert [row["valid"] for row in rows(done)] == [True, *[False] * len(bad), True]
    assert {finding["code"] for row in rows(done) for finding in row["findings"]} == {"IC001"}
    assert (done.code, done.err) == (1, "")
    done = run("convert", "-", stdin=text)
    assert (done.code, len(done.out.splitlines()), done.err.count("error: -#")) == (3, 2, len(bad))


def test_an_overlong_line_hides_no_other(run):
    done = run("validate", "--json", "--max-size", "10K", "-", stdin="\n".join([THREE[0], record(0, body=b"x" * 500_000), THREE[1]]))
    assert [(row["index"], row["valid"]) for row in rows(done)] == [(1, True), (2, False), (3, True)]
    assert "too large" in rows(done)[1]["findings"][0]["message"]


def test_the_content_type_of_a_record_names_the_boundary(run):
    body = MULTIPART.replace("--b1", "\r\npreamble\r\n--b1", 1).encode()
    header = {"content-type": ["multipart/form-data; boundary=b1"]}
    assert calls(run("validate", "--json", "-", stdin=record(0, body=body, header=header))) == ["1"]


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_truncated_archive_shows_what_came_before(run, tmp_path, compress):
    lines = "".join(record(call, noise=base64.b85encode(hash_noise(call)).decode()) + "\n" for call in range(400))
    data = compress(lines.encode())
    (tmp_path / "c").write_bytes(data[: len(data) * 3 // 4])
    done = run("validate", "--json", "c")
    found = calls(done)
    assert done.code == 3
    assert found == [str(call) for call in range(len(found))]
    assert len(found) < 400
    if compress is gzip.compress:  # zstd's blocks are larger than this file
        assert len(found) == zlib.decompressobj(31).decompress((tmp_path / "c").read_bytes()).count(b"\n")
    assert json.loads(done.err)["exit"] == 3


def hash_noise(number):
    import hashlib

    return b"".join(hashlib.sha512(f"{number} {part}".encode()).digest() for part in range(10))


@pytest.mark.parametrize("content", [b"\x1f\x8b", b"\x1f\x8bnothing", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfdnothing"])
def test_archives_that_are_none(run, tmp_path, content):
    (tmp_path / "c.gz").write_bytes(content)
    done = run("validate", "c.gz")
    assert (done.code, done.out) == (3, "")
    assert "error: c.gz" in done.err


# ---- files that are none ----


@pytest.mark.parametrize("command", ["validate", "convert", "show"])
def test_files_that_cannot_be_read_hide_no_other(run, signed, tmp_path, command):
    (tmp_path / "good.xml").write_text(signed())
    done = run(command, "missing.xml", ".", "good.xml")
    assert done.code == 3
    assert "98565656" in done.out or command == "validate"
    assert len([line for line in done.err.splitlines() if line.startswith("error")]) == 2
    assert done.out


@pytest.mark.parametrize("command", ["verify", "validate", "convert", "show"])
def test_a_closed_stdin_is_an_input_error(run, command):
    # as `infocaller validate - <&-` in a shell
    code = "import os, sys; os.close(0); os.execv(sys.executable, [sys.executable, '-m', 'infocaller_cli', *sys.argv[1:]])"
    done = run(command, "-", code=code, env={"INFOCALLER_PASSWORD": "3956"})
    # an error, or as empty as /dev/null; which `validate` judges itself
    assert done.code == 3 or (done.code, command) == (1, "validate")
    assert "-: " in done.out + done.err
    assert "bug" not in done.err


def test_stdin_is_never_read_unasked(run):
    for command in ("verify", "validate", "convert", "show"):
        done = run(command, stdin=document(1))
        assert (done.code, done.out) == (2, "")


# ---- HAR ----


def har(*texts):
    entries = [{"request": {"method": "POST", "url": "http://h/", "headers": [], "postData": {"text": text}}} for text in texts]
    return {"log": {"version": "1.2", "entries": [{"request": {"method": "GET", "url": "http://h/", "headers": []}}, *entries]}}


@pytest.mark.parametrize("indent", [None, 2], ids=["one-line", "indented"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
def test_har_is_read_as_a_capture(run, indent, mark):
    done = run("validate", "--json", "-", stdin=mark + json.dumps(har(document(1), "a=1", document(2)), indent=indent))
    assert (done.code, calls(done), [row["index"] for row in rows(done)]) == (0, ["1", "2"], [2, 4])
    assert done.err.startswith("note: -: entries without a document, skipped: 2")


def test_a_har_on_one_long_line(run):
    done = run("validate", "--json", "-", stdin=json.dumps(har(document(1), "a=" + "x" * 9_000_000)))
    assert calls(done) == ["1"]


@pytest.mark.parametrize("command", ["verify", "validate", "convert", "show"])
def test_a_har_without_any_document_has_nothing_readable(run, command):
    done = run(command, "-", stdin=json.dumps(har("a=1")), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out) == (3, "")


def test_stdin_is_read_once(run, signed):
    done = run("verify", "-", "-", stdin=signed(), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out.count("\n")) == (2, 1)
    assert "standard input is read once" in done.err


@pytest.mark.parametrize("command", [("verify",), ("validate", "--json"), ("sign",)])
def test_stdin_is_either_the_password_or_the_document(run, command):
    done = run(*command, "--password-file", "-", "-", stdin="3956\n")
    assert (done.code, done.out) == (2, "")
    assert "standard input is read once" in done.err
