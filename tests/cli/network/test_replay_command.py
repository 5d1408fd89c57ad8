"""`replay` as a real process: what goes out, in which order and when, what is reported."""

import base64
import gzip
import json
import re
import threading
import time
from itertools import pairwise

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def record(body, *, call="1", line="123456789", kind="event", ts="2026-11-23T10:00:00Z", url="http://old:1/ev?eve=x", header=None, **more):
    row = {"ts": ts, "method": "POST", "url": url, "header": header or {"Content-Type": ["application/x-www-form-urlencoded"]}}
    row |= {"body": base64.b64encode(body).decode(), "kind": kind, "line": line, "call": call, **more}
    return {key: value for key, value in row.items() if value is not None}


@pytest.fixture
def capture(tmp_path):
    """A function: writes records to calls.ndjson."""

    def write(*rows, name="calls.ndjson"):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return name

    return write


def summary(done):
    assert done.stdout.count(b"\n") == 1
    return json.loads(done.stdout)


def test_exact_bytes_arrive(run, capture, endpoint):
    body = bytes(range(256))
    header = {
        "HoSt": ["old:1"],
        "X-B": ["1", "2 \u00e9"],
        "content-TYPE": ["a/b;  c"],
        "Content-Length": ["7"],
        "Connection": ["close, X-Hop"],
    }
    header |= {"X-Hop": ["x"], "Expect": ["100-continue"], "Transfer-Encoding": ["chunked"], "Accept": ["*/*"]}
    sink = endpoint(OK)
    done = run("replay", capture(record(body, header=header)), "--to", f"{sink.url}in?key=%2f")
    assert done.code == 0, done.err
    head = (
        f"POST /in?key=%2f HTTP/1.1\r\nHost: 127.0.0.1:{sink.port}\r\nX-B: 1\r\nX-B: 2 \u00e9\r\ncontent-TYPE: a/b;  c\r\nAccept: */*\r\n"
    )
    assert sink.requests == [(f"{head}Content-Length: 256".encode("latin-1"), body)]


def test_keep_path(run, capture, endpoint):
    sink = endpoint(OK)
    rows = [record(b"", url=url, call=str(n)) for n, url in enumerate(("http://a/x/y?z=%31", "/only", "http://a", "http://a/?q", None))]
    assert run("replay", capture(*rows), "--to", f"{sink.url}base/?k=1", "--keep-path", "--concurrency", "1").code == 0
    targets = [head.split(b" ")[1] for head, _ in sink.requests]
    assert targets == [b"/base/x/y?k=1&z=%31", b"/base/only?k=1", b"/base?k=1", b"/base/?k=1&q", b"/base?k=1"]


def test_a_login_in_the_url_is_sent_and_never_shown(run, server, capture, endpoint):
    sink = endpoint(OK)
    login = sink.url.replace("://", "://me:s%40cret:x@")
    name = capture(record(b"x", header={"authorization": ["Basic old"], "X-A": ["1"]}))
    assert run("replay", name, "--to", login).code == 0
    proxy = server("capture", "--out", "passed.ndjson", "--forward-to", login)
    assert proxy.post(b"x", Authorization="Basic old")[0] == 200
    for head, _ in sink.requests:
        lines = head.lower().split(b"\r\n")
        assert [line for line in lines if line.startswith(b"authorization")] == [
            b"authorization: basic " + base64.b64encode(b"me:s@cret:x").lower()
        ]
        assert b"Host: 127.0.0.1:%d" % sink.port in head
    for arguments in ((login, "--dry-run"), (login.replace("127", "a b"),), (login.replace("http", "ftp"),)):
        done = run("replay", name, "--to", *arguments)
        assert ("me:***@" in done.err) == bool(done.code)
        assert "cret" not in done.out + done.err


def test_requests_of_a_call_stay_in_order_and_calls_go_side_by_side(run, capture, endpoint):
    active, most, overlap = set(), [0], []
    lock = threading.Lock()

    def behave(connection, number):
        while found := sink.read(connection):
            call, _, which = found[1].decode().partition(" ")
            with lock:
                overlap.extend(one for one in active if one == call)
                active.add(call)
                most[0] = max(most[0], len(active))
            time.sleep(0.01)
            with lock:
                active.discard(call)
                seen.setdefault(call, []).append(int(which))
            connection.sendall(OK)

    seen = {}
    sink = endpoint(behave)
    rows = [record(f"{call} {number}".encode(), call=str(call)) for number in range(12) for call in range(6)]
    rows += [record(f"9 {number}".encode(), call="9") for number in range(12)]
    done = run("replay", capture(*rows), "--to", sink.url, "--concurrency", "4", "--json")
    assert summary(done)["ok"] == len(rows)
    assert seen == {str(call): list(range(12)) for call in (*range(6), 9)}
    assert not overlap
    assert 2 <= most[0] <= 4


def test_more_connections_than_a_process_is_given_at_first(run, capture, endpoint):
    resource = pytest.importorskip("resource")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    together = threading.Barrier(100, timeout=60)

    def behave(connection, number):
        while sink.read(connection):
            together.wait()
            connection.sendall(OK)

    sink = endpoint(behave)
    name = capture(*(record(b"x", call=str(number)) for number in range(100)))
    few = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))}
    assert summary(run("replay", name, "--to", sink.url, "--concurrency", "100", "--json", **few))["by_status"] == {"200": 100}


def test_a_call_is_told_from_the_document_where_the_record_does_not_say(run, capture, endpoint, form):
    sink = endpoint(OK)
    rows = [record(form(call="5"), call=None, line=None, kind=None), record(form("Q", call="6"), call=None, line=None, kind=None)]
    done = run("replay", capture(*rows), "--to", sink.url, "--dry-run")
    assert [line.rpartition("(")[2] for line in done.out.splitlines()] == ["line 123456789, call 5)", "line 123456789, call 6)"]
    assert not sink.requests
    assert summary(run("replay", "calls.ndjson", "--to", sink.url, "--kind", "query", "--json"))["sent"] == 1


def test_filters(run, capture):
    rows = [
        record(b"a", call="1", kind="event", ts="2026-11-23T10:00:00Z"),
        record(b"b", call="2", kind="fin", ts="2026-11-23T11:00:00+01:00"),
        record(b"c", call="3", kind="query", ts="2026-11-24T00:00:00Z", line="5"),
        record(b"d", call="4", kind="fin", ts=None),
    ]
    name = capture(*rows)

    def calls(*filters):
        done = run("replay", name, "--to", "http://127.0.0.1:1/", "--dry-run", "--json", *filters)
        assert done.code == 0, done.err
        return [json.loads(line)["call"] for line in done.stdout.splitlines()]

    assert calls() == ["1", "2", "3", "4"]
    assert calls("--kind", "fin") == ["2", "4"]
    assert calls("--kind", "INICIO", "--kind", "query") == ["1", "3"]
    assert calls("--line", "5") == ["3"]
    assert calls("--call", "1", "--call", "4") == ["1", "4"]
    assert calls("--since", "2026-11-23T10:00:00", "--until", "2026-11-24") == ["1", "2"]
    assert calls("--since", "2026-11-23T11:30:00+01:00") == ["3"]
    nothing = run("replay", name, "--to", "http://127.0.0.1:1/", "--call", "99")
    assert nothing.code == 0
    assert "nothing was sent" in nothing.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "--to"),
        (("--to", "ftp://x/"), "no http or https URL"),
        (("--to", "http://a b/"), "is no URL"),
        (("--to", "http://x/", "--rate", "0"), "--rate cannot be 0"),
        (("--to", "http://x/", "--rate", "1", "--speed", "1"), "exclude each other"),
        (("--to", "http://x/", "--speed", "-1"), "--speed cannot be -1"),
        (("--to", "http://x/", "--kind", "fim"), "did you mean fin?"),
        (("--to", "http://x/", "--since", "yesterday"), "--since cannot be 'yesterday'"),
        (("--to", "http://x/", "--timeout", "0"), "--timeout cannot be 0"),
        (("--to", "http://x/", "--concurrency", "0"), "--concurrency"),
        (("--to", "http://x/", "--failed", "calls.ndjson"), "is read and written"),
        (("--to", "http://x/", "--journal", "calls.ndjson"), "is read and written"),
        (("--to", "http://x/", "--failed", "no/such/folder"), "cannot be written"),
        (("--to", "https://x/", "--ca-bundle", "calls.ndjson"), "--ca-bundle calls.ndjson cannot be used"),
    ],
)
def test_wrong_usage(run, capture, arguments, why):
    name = capture(record(b"x"))
    done = run("replay", name, *arguments)
    assert (done.code, done.stdout) == (2, b"")
    assert why in done.err


def test_a_file_that_is_not_there_hides_no_other(run, capture, endpoint):
    sink = endpoint(OK)
    done = run("replay", "missing.ndjson", capture(record(b"x")), "--to", sink.url, "--json")
    assert done.code == 3
    assert summary(done)["ok"] == 1


def test_every_shape_of_input(run, tmp_path, endpoint, signed, form, capture):
    """Captures, gzip, HAR, documents line by line, a bare document, a form body, standard input."""
    sink = endpoint(OK)
    name = capture(record(b"one"))
    with gzip.open(tmp_path / "calls.gz", "wb") as stream:
        stream.write((tmp_path / name).read_bytes())
    (tmp_path / "payload.xml").write_text(signed())
    (tmp_path / "payload.form").write_bytes(form())
    (tmp_path / "lines").write_text(2 * (signed().replace("\n", "") + "\n"))
    entry = {
        "request": {
            "method": "POST",
            "url": "http://x/",
            "headers": [{"name": ":path", "value": "/"}],
            "postData": {"text": form().decode()},
        }
    }
    (tmp_path / "log.har").write_text(json.dumps({"log": {"entries": [entry, {"request": {"method": "GET", "url": "http://x/"}}]}}))
    files = (name, "calls.gz", "payload.xml", "payload.form", "lines", "log.har", "-")
    with (tmp_path / name).open("rb") as stdin:
        done = run("replay", *files, "--to", sink.url, "--concurrency", "1", "--json", stdin=stdin)
    assert done.code == 0, done.err
    assert summary(done)["sent"] == 8
    bodies = [body for _, body in sink.requests]
    assert [body == b"one" for body in bodies] == [True, True, False, False, False, False, False, True]
    assert all(body.startswith(b"apiInfocaller=%3C") for body in bodies[2:7])
    assert b"application/x-www-form-urlencoded" in sink.requests[2][0]


def test_torn_lines_and_bodies_that_are_none(run, tmp_path, endpoint, capture):
    sink = endpoint(OK)
    name = capture(record(b"a"), record(b"b") | {"body": "%%%"}, record(b"c"), {"method": "POST", "url": "http://x/", "body": {"a": 1}})
    with (tmp_path / name).open("a") as stream:
        stream.write('{"ts":"2026')
    done = run("replay", name, "--to", sink.url, "--json")
    assert done.code == 1
    assert summary(done)["by_status"] == {"200": 2, "not sendable": 2}
    assert "calls.ndjson#5: no complete record, skipped" in done.err
    done = run("replay", name, "--to", sink.url, "--dry-run")
    assert done.err.splitlines()[-1] == "note: 2 requests would be sent, 0 skipped, 2 not sendable"
    assert done.out.count(": not sendable: ") == 2
    rows = [json.loads(line) for line in run("replay", name, "--to", sink.url, "--dry-run", "--json").out.splitlines()]
    assert [each.get("url") for each in rows] == [sink.url, None, sink.url, None]
    assert rows[1]["problem"].startswith("not sendable: ")
    (tmp_path / "torn").write_text('{"ts":"2026')
    assert run("replay", "torn", "--to", sink.url).code == 3


@pytest.mark.parametrize(
    "change",
    [
        {"header": {"X": ["a\r\nX-Evil: 1"]}},
        {"header": {"X": ["a\0b"]}},
        {"header": {"X: y\r\nZ": ["a"]}},
        {"header": {"X": [1]}},
        {"header": [1]},
        {"method": "POST / HTTP/1.1\r\nX: y\r\n\r\nGET"},
        {"method": 7},
        {"url": "http://x/a b\r\nX: y"},
    ],
)
def test_a_hostile_record_cannot_smuggle_a_request(run, capture, endpoint, change):
    sink = endpoint(OK)
    done = run("replay", capture(record(b"a") | change, record(b"b", call="2")), "--to", sink.url, "--keep-path", "--json")
    assert done.code == 1
    assert summary(done)["by_status"] == {"200": 1, "not sendable": 1}
    assert [body for _, body in sink.requests] == [b"b"]
    assert "Traceback" not in done.err


def test_resign(run, capture, endpoint, form, tmp_path):
    sink = endpoint(OK)
    wrong, right = form(password="wrong"), form(password="3956")
    assert wrong != right
    tricky = form("Q", password="wrong", variables=(("HASH", "ae73e4b16a280726fb2e0e6bfb43902a"),))
    rows = [record(wrong), record(tricky, call="2"), record(b"no document", call="3")]
    done = run("replay", capture(*rows), "--to", sink.url, "--resign", "--concurrency", "1", env={"INFOCALLER_PASSWORD": "3956"})
    assert done.code == 0, done.err
    bodies = [body for _, body in sink.requests]
    assert bodies[0] == right
    assert bodies[1] == form("Q", password="3956", variables=(("HASH", "ae73e4b16a280726fb2e0e6bfb43902a"),))
    assert bodies[2] == b"no document"
    assert "for want of a signature to make anew: 1" in done.err
    (tmp_path / "infocaller.toml").write_text('[lines.987654321]\npassword = "3956"\n')
    unknown = run("replay", "calls.ndjson", "--to", sink.url, "--resign", "--json")
    assert unknown.code == 1
    assert summary(unknown)["by_status"] == {"200": 1, "no password": 2}


def test_resign_without_any_password_is_wrong_usage(run, capture, endpoint, form):
    sink = endpoint(OK)
    done = run("replay", capture(record(form())), "--to", sink.url, "--resign")
    assert (done.code, done.out, sink.requests) == (2, "", [])
    assert "error: no telephone password is known\n" in done.err


def test_rate_is_evenly_spaced(run, capture, endpoint):
    times = []

    def behave(connection, number):
        while sink.read(connection):
            times.append(time.monotonic())
            connection.sendall(OK)

    sink = endpoint(behave)
    rows = [record(b"x", call=str(number)) for number in range(20)]
    done = run("replay", capture(*rows), "--to", sink.url, "--rate", "10", "--json")
    assert summary(done)["sent"] == 20
    assert 1.4 < times[-1] - times[0] < 5
    assert max(len([one for one in times if start <= one < start + 0.5]) for start in times) <= 12  # no burst


def test_speed_keeps_the_gaps(run, capture, endpoint):
    times = []

    def behave(connection, number):
        while sink.read(connection):
            times.append(time.monotonic())
            connection.sendall(OK)

    sink = endpoint(behave)
    rows = [record(b"x", call=str(second), ts=f"2026-11-23T10:00:{second:02}Z") for second in (0, 10, 10, 30)]
    assert run("replay", capture(*rows), "--to", sink.url, "--speed", "10").code == 0
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert 0.5 < gaps[0] < 1.9
    assert gaps[1] < 0.5
    assert 1.5 < gaps[2] < 4


def test_the_report(run, capture, endpoint):
    def behave(connection, number):
        while found := sink.read(connection):
            connection.sendall(OK if len(found[1]) < 5 else OK.replace(b"200 OK", b"404 No"))

    sink = endpoint(behave)
    rows = [record(b"x" * (9 if number == 3 else 1), call=str(number)) for number in range(10)]
    name = capture(*rows)
    plain = run("replay", name, "--to", sink.url, "--latency-plot")
    assert plain.code == 1
    lines = plain.out.splitlines()
    assert re.fullmatch(r"sent: 10 in [\d.]+ s, [\d,]+/s", lines[0])
    assert lines[1:4] == ["ok: 9", "failed: 1", "by status: 200 9, 404 1"]
    assert re.fullmatch(r"ms: p50 [\d.]+, p95 [\d.]+, p99 [\d.]+, max [\d.]+", lines[4])
    assert any("█" * 50 in line for line in lines[5:])
    assert all(" ms" in line and len(line) <= 80 for line in lines[5:])
    assert sum(int(line.split()[-1]) for line in lines[5:]) == 10
    assert plain.err == ""
    ascii_only = run("replay", name, "--to", sink.url, "--latency-plot", env={"PYTHONIOENCODING": "ascii"})
    assert "#" in ascii_only.out
    row = summary(run("replay", name, "--to", sink.url, "--json"))
    assert (row["sent"], row["ok"], row["failed"], row["by_status"]) == (10, 9, 1, {"200": 9, "404": 1})
    assert 0 < row["ms"]["p50"] <= row["ms"]["p95"] <= row["ms"]["p99"] <= row["ms"]["max"]
    assert row["rate"] > 0


def test_on_a_terminal(terminal, capture, endpoint):
    sink = endpoint(OK)
    name = capture(*(record(b"x", call=str(number)) for number in range(50)))
    done = terminal("--color", "always", "replay", name, "--to", sink.url, "--rate", "100")
    assert done.code == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stderr.decode())
    assert re.search(r"\d+ sent, \d+/s, 0 failed", shown)
    assert re.search(r"by status\s+200 50", shown)


def test_nothing_heavy_is_imported_in_a_pipe(run, capture, endpoint):
    sink = endpoint(OK)
    script = "import sys\nfrom infocaller_cli.cli.main import main\nmain(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    done = run("replay", capture(record(b"x")), "--to", sink.url, code=script)
    modules = set(done.err.splitlines()[-1].split())
    assert "infocaller_cli.traffic.http.answer" in modules  # or this looks at the wrong process
    assert not modules & {"rich", "httpx", "uvicorn", "lxml", "lxml.etree", "tomllib", "email.utils", "random", "aiohttp"}


def test_the_largest_record_that_capture_writes(run, endpoint, tmp_path):
    body = base64.b64encode(b"x" * (16 << 20)).decode()
    (tmp_path / "large.ndjson").write_text(json.dumps({"method": "POST", "body": body, "resp": {"status": 200, "body": body}}) + "\n")
    sink = endpoint(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    done = run("replay", "large.ndjson", "--to", sink.url, "--json")
    assert (done.code, json.loads(done.stdout)["by_status"]) == (0, {"200": 1})
    assert len(sink.requests[0][1]) == 16 << 20
