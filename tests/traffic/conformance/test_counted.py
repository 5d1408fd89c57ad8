"""Applications that count calls, looked at with --observe: which of them count each call once."""

import http.server
import json
import re
import threading
import time
from decimal import Decimal
from urllib.parse import unquote_to_bytes

import pytest

from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.conformance.observing import Observer, growth

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
WRONG = re.compile(rb"<Signature>(\w+)</Signature>")


class Once(http.server.BaseHTTPRequestHandler):
    """Counts a FIN where its call is new. Each mistake is a class that does one thing otherwise."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        document = unquote_to_bytes(body.partition(b"apiInfocaller=")[2].replace(b"+", b" "))
        call = re.search(rb"<CallSequence>(\d+)</CallSequence>", document)
        status = 200 if call else 400
        if call and not self.is_signed(document, call[1]):
            status = 403
        elif call and b"<EndDate>" in document:
            self.ended(call[1])
        elif call:
            self.began(call[1])
        with self.server.lock:
            self.server.note()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def is_signed(self, document, call):
        from hashlib import md5

        line = re.search(rb"<LineNumber>(\d+)</LineNumber>", document)[1]
        return md5(line + call + b"3956").hexdigest().encode() in document

    def began(self, call):
        """Nothing that is counted."""

    def ended(self, call):
        with self.server.lock:
            if call not in self.server.calls:
                self.server.calls.append(call)

    def log_message(self, *_):
        """Nothing."""


class Each(Once):
    def ended(self, call):
        with self.server.lock:
            self.server.calls.append(call)


class LooksFirst(Once):
    def ended(self, call):
        new = call not in self.server.calls
        time.sleep(0.2)
        with self.server.lock:
            self.server.calls += [call] if new else []


class InOrder(Once):
    def began(self, call):
        self.server.begun.add(call)

    def ended(self, call):
        if call in self.server.begun:
            super().ended(call)


class Unsigned(Once):
    def is_signed(self, *_):
        return True


class Later(Once):
    """Counts once, and a second later than it answers."""

    def ended(self, call):
        threading.Timer(1.0, self.note_late, [call]).start()

    def note_late(self, call):
        super().ended(call)
        with self.server.lock:
            self.server.note()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def note(self):
        """The state, as `cat` shows it."""
        text = self.written(self.calls)
        (self.folder / "new").write_text(text)
        (self.folder / "new").replace(self.folder / "state")


def as_number(calls):
    return f"calls: {len(calls)}, seen at {time.time():.6f}\n"


def as_rows(calls):
    return "".join(f"{call.decode()} {time.strftime('%H:%M:%S')}\n" for call in calls) + "end\n"


@pytest.fixture
def counting(tmp_path):
    """A function: the URL of an application; `state` in the test's folder shows what it counted, written so."""
    servers = []

    def start(application, written=as_number):
        server = Server(("127.0.0.1", 0), application)
        server.folder, server.written, server.lock, server.calls, server.begun = tmp_path, written, threading.Lock(), [], set()
        server.note()
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def verdicts_of(done):
    *rows, _ = map(json.loads, done.out.splitlines())
    return {row["code"]: row["verdict"] for row in rows}, {row["code"]: row["came"] for row in rows}


OBSERVED = ("CE710", "CE711", "CE712", "CE713")
ASKED = ("--event", "all", "--only", "CE71", "--output", "json", "--observe", "cat state")


@pytest.mark.parametrize("written", [as_number, as_rows])
@pytest.mark.parametrize(
    ("application", "named"),
    [
        (Once, set()),
        (Each, {"CE710", "CE711"}),
        (LooksFirst, {"CE711"}),
        (Unsigned, {"CE713"}),
        (Later, set()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_counts_twice_is_named_and_nothing_else(application, named, written, counting, run):
    done = run("check-endpoint", counting(application, written), *ASKED, env=PASSWORD)
    verdicts, came = verdicts_of(done)
    assert {code for code, verdict in verdicts.items() if verdict == "warn"} == named, came
    assert [verdicts[code] for code in OBSERVED if code not in named] == ["pass"] * (4 - len(named)), came
    assert done.code == 0
    strict = run("check-endpoint", counting(application, written), *ASKED, "--strict", env=PASSWORD) if named else done
    assert strict.code == (1 if named else 0)


def test_an_event_that_waits_for_another_is_named(counting, run):
    """It knows no call that did not begin: a lone FIN shows nothing, so only the order is judged."""
    done = run("check-endpoint", counting(InOrder), *ASKED, env=PASSWORD)
    verdicts, came = verdicts_of(done)
    assert [verdicts[code] for code in OBSERVED] == ["skip", "skip", "warn", "skip"], came
    assert "grew by 0, not by 1" in came["CE712"]
    assert "nothing that --observe prints grows" in came["CE710"]


def test_without_it_they_are_skipped_and_say_so(counting, run):
    done = run("check-endpoint", counting(Once), *ASKED[:-2], env=PASSWORD)
    verdicts, came = verdicts_of(done)
    assert {verdicts[code] for code in OBSERVED} == {"skip"}
    assert all("--observe CMD" in came[code] for code in OBSERVED)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("exit 3", "it ended with exit code 3"),
        ("nobody-has-this", "a command in it was not found"),
        ("true", "it printed nothing"),
        ("yes", "it printed more than 1,048,576 bytes"),
    ],
)
def test_a_command_that_shows_nothing_is_said_before_anything_is_sent(command, why, run):
    done = run("check-endpoint", "http://127.0.0.1:1/", "--event", "all", "--observe", command, env=PASSWORD)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert "error: --observe shows no state\n" in done.err


def test_a_command_that_fails_later_skips_its_checks(counting, run, tmp_path):
    (tmp_path / "look").write_text("echo x >> looks; [ $(wc -l < looks) -lt 3 ] && cat state\n")
    done = run("check-endpoint", counting(Once), *ASKED[:-1], "sh look", env=PASSWORD)
    verdicts, came = verdicts_of(done)
    assert verdicts["CE710"] == "skip"
    assert came["CE710"] == "--observe: it ended with exit code 1"


def test_a_query_has_no_state(run):
    done = run("check-endpoint", "http://127.0.0.1:1/", "--query", "Q", "--observe", "true", env=PASSWORD)
    assert (done.code, done.out) == (2, "")
    assert "--event all" in done.err


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [
        ("7", "8", {"number 1": 1}),
        ("calls: 7, cost 1.50 EUR\n", "calls: 8, cost 1.75 EUR\n", {"number 1": 1, "number 2": Decimal("0.25")}),
        ("7 at 10:00:01", "7 at 10:00:02", {}),
        ("7 on 2026-11-26", "9 on 2026-11-27", {"number 1": 2}),
        ("a\n", "a\nb\n", {"lines": 1}),
        ("a\nb\n", "a\n", {"lines": -1}),
        ("none", "1 call", {}),
    ],
)
def test_what_has_grown(before, after, grown):
    assert growth(before, after) == grown


def test_the_command_is_run_by_the_shell_in_our_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").write_bytes(b"1 \xff\n")
    assert Observer("cat state | tr 1 2").look() == "2 \\xff\n"
    with pytest.raises(UsageError):
        Observer("cat nothing 2>/dev/null").begin()
