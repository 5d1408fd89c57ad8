"""What `replay` counts, judges and writes: times that are none, answers that are no success, a journal with nonsense, --failed."""

import gzip
import json
import os
from base64 import b64encode

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NO = OK.replace(b"200 OK", b"500 No")


def record(body, **more):
    return {"method": "POST", "url": "http://x/", "body": b64encode(body).decode()} | more


@pytest.fixture
def capture(tmp_path):
    def write(*records, name="calls.ndjson"):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in records))
        return name

    return write


# ---- times ----


@pytest.mark.parametrize(
    ("options", "sent"),
    [(("--speed", "1"), 3), (("--since", "2026-01-01"), 1), (("--until", "2027-01-01"), 1), ((), 3), (("--speed", "1", "--dry-run"), 0)],
)
def test_times_that_are_none_are_counted(run, capture, endpoint, options, sent):
    sink = endpoint(OK)
    name = capture(record(b"a", ts="2026-11-23T10:00:00Z"), record(b"b", ts=1795428000.1), record(b"c", ts="yesterday"))
    done = run("replay", name, "--to", sink.url, *options)
    assert (done.code, len(sink.requests)) == (0, sent)
    assert ("requests whose time (ts) is not readable: 2;" in done.err) == bool(options)


# ---- answers ----


def answering(*bodies):
    """One answer of each kind to every request that says which, by its variable."""

    def behave(sink, connection):
        while found := sink.read(connection):
            which = next(number for number in range(len(bodies)) if b"kind%d" % number in found[1])
            head, body = bodies[which]
            connection.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body))

    return behave


XML = b"Content-Type: text/xml\r\n"


def answer(result):
    text = f"<ApiCall><Status><Result>{result}</Result><ResultText>x</ResultText></Status><CustVars></CustVars></ApiCall>"
    return b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode()


@pytest.mark.parametrize("check", [False, True])
def test_check_judges_answers_to_queries(run, capture, endpoint, form, check):
    kinds = [(XML, answer(0)), (b"Content-Type: text/html\r\n", b"<html>Login</html>"), (XML, answer(1)), (XML, b""),
             (XML + b"Content-Encoding: gzip\r\n", gzip.compress(answer(0)))]  # fmt: skip
    records = [record(form("Q", variables=(("A", f"kind{number}"),))) for number in range(len(kinds))]
    fin = record(form(variables=(("A", "kind1"),)))  # an event's answer is read by nobody
    behave = answering(*kinds)
    sink = endpoint(lambda connection, number: behave(sink, connection))
    options = ("--check",) if check else ()
    done = run("--verbose", "replay", capture(*records, fin), "--to", sink.url, "--json", "--failed", "failed.ndjson", *options)
    row = json.loads(done.stdout)
    assert (row["sent"], row["by_status"]) == (6, {"200": 6})
    if check:
        assert (done.code, row["failed"], row["judged"], row["no_success"]) == (1, 3, 5, 3)
        assert [line.partition(": ")[2] for line in done.err.splitlines()] == [
            "calls.ndjson#2: the answer is not valid",
            "calls.ndjson#3: Result is 1",
            "calls.ndjson#4: the answer is not valid",
        ]
        assert done.err.count("note") == 3
    else:
        assert (done.code, row["failed"], "judged" in row) == (0, 0, False)


# ---- what failed ----


@pytest.mark.parametrize("arguments", [("calls.ndjson", "--call", "none"), ("missing.ndjson",), ("calls.ndjson",)])
def test_failed_is_not_touched_before_the_first_failure(run, capture, endpoint, tmp_path, arguments):
    capture(record(b"a", line="1", call="2"))
    old = (tmp_path / capture(record(b"old"), name="failed.ndjson")).read_text()
    for options in ((), ("--force",)):
        sink = endpoint(OK)
        done = run("replay", *arguments, "--to", sink.url, "--failed", "failed.ndjson", *options)
        assert done.code in ((2,) if not options else (0, 3))
        assert (tmp_path / "failed.ndjson").read_text() == old
        run("replay", *arguments, "--to", sink.url, "--failed", "new.ndjson", *options)
        assert not (tmp_path / "new.ndjson").exists()


def test_an_existing_capture_is_emptied_only_by_force_and_a_failure(run, capture, endpoint, tmp_path):
    name = capture(record(b"a"), record(b"b"))
    failed = tmp_path / capture(record(b"old"), name="failed.ndjson")
    sink = endpoint(NO)
    refused = run("replay", name, "--to", sink.url, "--failed", "failed.ndjson")
    assert (refused.code, sink.requests) == (2, [])
    assert "failed.ndjson holds requests already" in refused.err
    assert "--force" in refused.err
    assert run("replay", name, "--to", sink.url, "--failed", "failed.ndjson", "--force").code == 1
    assert sorted(failed.read_text().splitlines()) == sorted((tmp_path / name).read_text().splitlines())
    failed.write_text("")  # as mktemp makes it
    assert run("replay", name, "--to", sink.url, "--failed", "failed.ndjson").code == 1
    assert run("replay", name, "--to", sink.url, "--force").code == 2


def test_a_torn_line_of_it_is_ended_at_the_first_failure_only(run, capture, endpoint, tmp_path):
    name = capture(record(b"a"))
    (tmp_path / "failed.ndjson").write_text('{"ts":"2026')
    (tmp_path / "journal").write_text("")
    options = ("--failed", "failed.ndjson", "--journal", "journal")
    run("replay", name, "--to", endpoint(OK).url, *options, "--call", "none")
    assert (tmp_path / "failed.ndjson").read_text() == '{"ts":"2026'
    run("replay", name, "--to", endpoint(NO).url, *options)
    assert (tmp_path / "failed.ndjson").read_text() == '{"ts":"2026\n' + (tmp_path / name).read_text()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_at_once(run, capture, endpoint, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    sink = endpoint(NO)
    done = run("replay", capture(record(b"a")), "--to", sink.url, "--failed", "closed/failed.ndjson")
    assert (done.code, sink.requests) == (2, [])


# ---- the journal ----


@pytest.mark.parametrize(
    "nonsense",
    [
        '"line": 1e999',
        '"line": -5',
        '"line": 0',
        '"line": 1.5',
        '"line": true',
        '"line": "1"',
        '"line": null',
        '"line": [1]',
        '"file": ["calls.ndjson"], "line": 1',
        '"file": {}, "line": 1',
        '"file": null, "line": 1',
        '"size": 1e999, "line": 1',
        '"size": "1", "line": 1',
        '"line": ' + "[" * 5000,
        '"line": ' + "9" * 5000,
    ],
)
def test_nonsense_in_a_journal_is_skipped_and_said(run, capture, endpoint, tmp_path, nonsense):
    name = capture(record(b"a"), record(b"b"))
    path = tmp_path / name
    entry = json.dumps({"file": str(path.resolve()), "size": path.stat().st_size})
    (tmp_path / "journal").write_text(f'{entry[:-1]}, "line": 2}}\n{entry[:-1]}, {nonsense}}}\n')
    sink = endpoint(OK)
    done = run("replay", name, "--to", sink.url, "--journal", "journal")
    assert (done.code, [body for _, body in sink.requests]) == (0, [b"a"])
    assert "journal: lines that are none of a journal, skipped: 1" in done.err


def test_a_line_that_no_file_has_costs_nothing(run, capture, endpoint, tmp_path):
    name = capture(record(b"a"))
    path = tmp_path / name
    entry = json.dumps({"file": str(path.resolve()), "size": path.stat().st_size})
    (tmp_path / "journal").write_text(f'{entry[:-1]}, "line": 99999999999}}\n{entry[:-1]}, "line": {"9" * 300}}}\n')
    sink = endpoint(OK)
    done = run("replay", name, "--to", sink.url, "--journal", "journal")
    assert (done.code, len(sink.requests), "none of a journal" in done.err) == (0, 1, False)


# ---- what is printed ----


def test_a_dry_run_prints_no_signature(run, capture):
    signature = "ae73e4b16a280726fb2e0e6bfb43902a"
    name = capture(record(b"a", url=f"http://x/ev?Signature={signature}&a=%3CSignature%3E{signature}%3C&uuid=0f1e2d3c"))
    for options in ((), ("--json",)):
        done = run("replay", name, "--to", "http://127.0.0.1:1/", "--keep-path", "--dry-run", *options)
        assert "Signature=***&a=%3CSignature%3E***%3C&uuid=0f1e2d3c" in done.out
        assert signature not in done.out + done.err
