"""A capture that went through PowerShell's > or an editor of Windows: UTF-16, byte order marks, CRLF. What it holds does not change."""

import base64
import codecs
import gzip
import json
import sys
from functools import lru_cache
from urllib.parse import quote

import pytest

from infocaller_cli import encode
from infocaller_cli.testing import Infocaller

CALLS = ("70700001", "70700002", "70700003")
ENV = {"INFOCALLER_PASSWORD": "3956"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
# How it was saved -> its bytes
SAVED = {
    "powershell": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "big-endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "no mark": lambda text: text.encode("utf-16-le"),
    "big-endian, no mark": lambda text: text.encode("utf-16-be"),
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "compressed": lambda text: gzip.compress(codecs.BOM_UTF16_LE + text.encode("utf-16-le")),
}


@lru_cache  # a FIN ends now: made once, it is the same everywhere
def records():
    found = []
    for number, call in enumerate(CALLS):
        body = b"apiInfocaller=" + quote(encode(Infocaller("3956").event("FIN", {"CITY": "Logroño"}, call=call).document, "xml")).encode()
        row = {"ts": f"2026-11-23T10:00:0{number}Z", "method": "POST", "url": "http://h/fin/ñ", "header": {}}
        found.append(row | {"body": base64.b64encode(body).decode()})
    return found


def lines():
    return "".join(json.dumps(record, ensure_ascii=False) + "\r\n" for record in records())


def har():
    entries = [
        {"request": {"method": "POST", "url": one["url"], "postData": {"text": base64.b64decode(one["body"]).decode()}}}
        for one in records()
    ]
    return json.dumps({"log": {"entries": entries}}, indent=2).replace("\n", "\r\n")


@pytest.fixture(params=SAVED)
def folder(request, tmp_path):
    save = SAVED[request.param]
    (tmp_path / "calls.ndjson").write_bytes(save(lines()))
    (tmp_path / "list.json").write_bytes(save(json.dumps(records(), indent=2).replace("\n", "\r\n")))
    (tmp_path / "calls.har").write_bytes(save(har()))
    return tmp_path


@pytest.fixture
def plain(tmp_path):
    """The same capture as `capture` writes it, in a folder of its own."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "calls.ndjson").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records()))
    return tmp_path / "plain"


@pytest.mark.parametrize(
    "command",
    [("validate",), ("validate", "--json"), ("verify",), ("show",), ("show", "--json"), ("show", "--calls"), ("convert", "--to", "json")],
    ids=" ".join,
)
def test_every_command_says_of_it_what_it_says_of_the_capture_itself(run, folder, plain, command):
    done, expected = run(*command, "calls.ndjson", env=ENV), run(*command, "calls.ndjson", env=ENV, cwd=plain)
    assert len(expected.out.splitlines()) >= len(CALLS)
    assert done == expected
    assert done.code == 0


@pytest.mark.parametrize("file", ["calls.ndjson", "list.json", "calls.har"])
def test_each_shape_is_told_and_each_record_has_its_number(run, folder, file):
    rows = [json.loads(line) for line in run("verify", "--json", file, env=ENV).out.splitlines()]
    assert [(row["index"], row["call"], row["valid"]) for row in rows] == [(n, call, True) for n, call in enumerate(CALLS, 1)]
    done = run("show", "--json", f"{file}#2", env=ENV)
    assert [json.loads(line)["call"] for line in done.out.splitlines()] == [CALLS[1]]
    assert (done.code, done.err) == (0, "")


def test_it_comes_through_a_pipe_too(run, folder):
    done = run("verify", "--json", "-", env=ENV, stdin=(folder / "calls.ndjson").read_bytes())
    assert [json.loads(line)["call"] for line in done.out.splitlines()] == list(CALLS)
    assert done.code == 0


def test_replay_sends_its_requests(run, folder, endpoint):
    came = endpoint(OK)
    done = run("replay", "calls.ndjson", "--to", came.url)
    assert done.code == 0
    assert sorted(body for _, body in came.requests) == sorted(base64.b64decode(record["body"]) for record in records())


def test_a_line_that_lost_its_beginning_hides_no_other(run, tmp_path):
    (tmp_path / "calls.ndjson").write_bytes(codecs.BOM_UTF16_LE + lines()[300:].encode("utf-16-le"))
    done = run("verify", "--json", "calls.ndjson", env=ENV)
    assert [json.loads(line)["index"] for line in done.out.splitlines()] == [2, 3]
    assert done.err == "warning: calls.ndjson#1: no complete record, skipped\n"


@pytest.mark.parametrize("cut", [1, 2, 301])
def test_what_a_kill_left_of_it_is_read(run, tmp_path, cut):
    (tmp_path / "calls.ndjson").write_bytes(SAVED["powershell"](lines() + lines().rstrip())[:-cut])
    done = run("verify", "--json", "calls.ndjson", env=ENV)
    assert [json.loads(line)["index"] for line in done.out.splitlines()] == [1, 2, 3, 4, 5]
    assert done.err == "warning: calls.ndjson#6: no complete record, skipped\n"


def test_a_document_in_utf_16_keeps_its_bytes(run, tmp_path):
    """It is a document of its own, and --exact reads it: only what is a capture is read as UTF-8."""
    text = encode(Infocaller("3956").event("FIN", call=CALLS[0]).document, "json").decode()
    for name, save in SAVED.items():
        (tmp_path / "one.json").write_bytes(save(text))
        done = run("verify", "--exact", "one.json", env=ENV)
        assert (name, done.code) == (name, 0)


def test_a_form_without_a_mark_is_found(run, tmp_path):
    body = base64.b64decode(records()[0]["body"]).decode()
    for charset in ("utf-16-le", "utf-16-be"):
        (tmp_path / "body").write_bytes(body.encode(charset))
        done = run("verify", "body", env=ENV)
        assert (done.code, "under UTF-16 and percent-encoding" in done.err) == (0, True)


# The largest process of the command, in bytes, on stderr; nothing imports a thing before
MEASURED = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "infocaller_cli", *sys.argv[1:]], stdout=subprocess.DEVNULL)
unit = 1 if sys.platform == "darwin" else 1024
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such count")
def test_a_large_one_takes_no_more_memory_than_a_small_one(run, tmp_path):
    for name, times in (("small.ndjson", 1), ("large.ndjson", 2000)):
        (tmp_path / name).write_bytes(SAVED["powershell"](lines() * times))
    assert (tmp_path / "large.ndjson").stat().st_size > 10 << 20
    small, large = (
        int(run("verify", "--jobs", "1", name, env=ENV, code=MEASURED).err.rpartition("peak ")[2])
        for name in ("small.ndjson", "large.ndjson")
    )
    assert large < small + (4 << 20)
