"""`--observe`: small applications that count events, rightly or with one mistake; exactly the checks that name it fail."""

import hashlib
import http.server
import json
import sqlite3
import threading
import time
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
# Name -> what a command prints: the application writes each after whatever it counts, as a quick command is wanted here
STATES = {
    "number": "SELECT count(*) FROM events",
    "numbers": "SELECT event, count(*) FROM events GROUP BY event",
    "rows": "SELECT id, event, call, at FROM events",
    "calls": "SELECT call, count(*) FROM events GROUP BY call",
    "seen": "SELECT count(*), julianday('now'), time('now') FROM events",
    "json": "SELECT json_object('calls', count(DISTINCT call), 'events', count(*)) FROM events",
}
NUMBERS = "cat numbers"
LOCK = threading.Lock()
TABLE = "CREATE TABLE {} (id INTEGER PRIMARY KEY, event TEXT, call TEXT, at REAL, {})"
COUNTED = "CE71"


def write(file, statement, *values):
    with sqlite3.connect(file, timeout=30) as database:
        database.execute(statement, values)
    for name, found in STATES.items():
        rows = "".join("|".join(map(str, row)) + "\n" for row in database.execute(found))
        file.with_name("new").write_text(rows)
        file.with_name("new").rename(file.with_name(name))
    database.close()


class Right(http.server.BaseHTTPRequestHandler):
    """Counts each event of each call once, in a database. Each mistake is a class that does one thing otherwise."""

    unique = "UNIQUE (event, call)"
    file = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.early(body)
        status = 400
        try:
            document = unquote_plus(body.decode().partition("apiInfocaller=")[2])
            event = "FIN" if "EndDate" in document else self.path.rpartition("/")[2]
            call, signed = (self.from_json if document.startswith("{") else self.from_xml)(document)
        except (ValueError, KeyError, TypeError, AttributeError, ElementTree.ParseError):
            pass
        else:
            status = 200 if signed else 403
            if signed or not self.checks():
                self.count(event, call)
        self.write("SELECT 1")  # what holds the time is another after each request
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def from_xml(self, text):
        root = ElementTree.fromstring(text)
        if not root.tag.endswith("}ApiCall"):
            raise ValueError(root.tag)
        user = {part.tag.partition("}")[2]: part.text or "" for part in root.find("{*}UserID")}
        return user["CallSequence"], self.is_signed(user)

    def from_json(self, text):
        user = json.loads(text)["ApiCall"]["UserID"]
        return user["CallSequence"], self.is_signed(user)

    def is_signed(self, user):
        return hashlib.md5(f"{user['LineNumber']}{user['CallSequence']}3956".encode()).hexdigest() == user.get("Signature")

    def checks(self):
        return True

    def early(self, body):
        """Nothing, before the document was read."""

    def count(self, event, call):
        self.write("INSERT OR IGNORE INTO events (event, call, at) VALUES (?, ?, ?)", event, call, time.time())

    def write(self, statement, *values):
        with LOCK:
            write(self.file, statement, *values)

    def log_message(self, *_):
        """Nothing."""


class Twice(Right):
    """Whatever comes is counted."""

    unique = "CHECK (1)"


class Racing(Right):
    """It looks first, and counts then."""

    unique = "CHECK (1)"

    def count(self, event, call):
        with sqlite3.connect(self.file, timeout=30) as database:
            known = database.execute("SELECT 1 FROM events WHERE event = ? AND call = ?", (event, call)).fetchone()
        database.close()
        if not known:
            time.sleep(0.2)
            super().count(event, call)


class InOrder(Right):
    """A FIN whose call did not begin is dropped."""

    def count(self, event, call):
        with sqlite3.connect(self.file, timeout=30) as database:
            began = database.execute("SELECT 1 FROM events WHERE event = 'INICIO' AND call = ?", (call,)).fetchone()
        database.close()
        if began or event != "FIN":
            super().count(event, call)


class Forged(Right):
    """Refused, and counted all the same."""

    def checks(self):
        return False


class Eager(Right):
    """The request is counted before it is read."""

    def early(self, body):
        if b"apiInfocaller" not in body:
            self.write("INSERT INTO events (event, call, at) VALUES ('?', ?, 0)", str(time.time_ns()))


class Later(Right):
    """Counts in a thread, a while after the answer."""

    def count(self, event, call):
        threading.Timer(0.1, super().count, (event, call)).start()


class LaterTwice(Later):
    unique = "CHECK (1)"


class Asked(Right):
    """A query that books something."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            call, signed = self.from_xml(unquote_plus(body.decode().partition("apiInfocaller=")[2]))
        except (ValueError, AttributeError, ElementTree.ParseError):
            call, signed = "", False
        if call and (signed or not self.checks()):
            self.count("query", call)
        status = f"<Status><Result>{0 if signed else 1}</Result><ResultText>x</ResultText></Status>"
        answer = f'<ApiCall xmlns="http://tempuri.org/">{status}<CustVars/></ApiCall>'.encode()
        self.send_response(200 if signed else 403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class AskedForged(Asked):
    def checks(self):
        return False


class ReadOnly(Asked):
    def count(self, event, call):
        """Nothing."""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A connection that was hung up is no news."""


@pytest.fixture
def counting(tmp_path):
    """A function: the URL of an application that counts, and a command that prints what a statement finds."""
    servers = []
    database = tmp_path / "calls.db"

    def start(application):
        write(database, TABLE.format("events", application.unique))
        server = Server(("127.0.0.1", 0), type("One", (application,), {"file": database}))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def verdicts(done):
    rows = [json.loads(line) for line in done.out.splitlines()]
    return {row["code"]: (row["verdict"], row["came"]) for row in rows if row.get("code", "").startswith(COUNTED)}


def check(run, url, *more, event="all", state=NUMBERS, only=COUNTED):
    asked = ("--event", event, "--observe", state, "--only", only, "--output", "json")
    return run("check-endpoint", f"{url}/INICIO", *asked, *more, env=PASSWORD)


@pytest.mark.parametrize(("state", "format"), [*((state, "xml") for state in STATES), ("rows", "json")])
def test_what_is_counted_once_passes(state, format, counting, run):
    done = check(run, counting(Right), "--format", format, event="FIN", state=f"cat {state}")
    found = verdicts(done)
    assert {code: verdict for code, (verdict, _) in found.items()} == {
        "CE710": "pass", "CE711": "pass", "CE712": "skip", "CE713": "pass", "CE714": "pass",
    }, found  # fmt: skip
    assert done.code == 0
    assert "seen to change with FIN" in found["CE710"][1]


MISTAKES = [
    (Right, set()),
    (Twice, {"CE710", "CE711"}),
    (Racing, {"CE711"}),
    (InOrder, {"CE712"}),
    (Forged, {"CE713"}),
    (Eager, {"CE714"}),
    (Later, set()),
    (LaterTwice, {"CE710", "CE711"}),
]
MUSTS = {"CE713", "CE714"}


@pytest.mark.parametrize(("application", "named"), MISTAKES, ids=[one.__name__ for one, _ in MISTAKES])
def test_a_mistake_fails_the_checks_that_name_it_and_no_other(application, named, counting, run):
    done = check(run, counting(application))
    found = verdicts(done)
    assert {code for code, (verdict, _) in found.items() if verdict != "pass"} == named, found
    assert {code for code, (verdict, _) in found.items() if verdict == "fail"} == named & MUSTS
    assert done.code == (1 if named & MUSTS else 0)


@pytest.mark.parametrize("state", STATES)
def test_five_at_once_are_seen_in_whatever_form(state, counting, run):
    done = check(run, counting(Twice), "--strict", event="FIN", state=f"cat {state}", only="CE711")
    assert verdicts(done)["CE711"][0] == "fail"
    assert done.code == 1


def test_the_failure_says_what_changed(counting, run):
    came = verdicts(check(run, counting(Twice), event="FIN", only="CE711"))["CE711"][1]
    assert came == "FIN 5 times changed 'FIN|#' by +5; a new call changes 'FIN|#' by +1"


@pytest.mark.parametrize(("application", "verdict", "code"), [(Asked, "pass", 0), (AskedForged, "fail", 1), (ReadOnly, "skip", 0)])
def test_a_query(application, verdict, code, counting, run):
    """One that only reads shows nothing, whoever asks."""
    asked = ("--query", "RESERVA", "--observe", NUMBERS, "--only", COUNTED, "--output", "json")
    done = run("check-endpoint", counting(application), *asked, env=PASSWORD)
    found = verdicts(done)
    assert (found["CE713"][0], done.code) == (verdict, code), found
    assert found["CE710"] == ("skip", "it is about events")


def test_each_event_at_its_url_of_the_configuration(counting, run, tmp_path):
    url = counting(Twice)
    events = ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN")
    (tmp_path / "infocaller.toml").write_text("[urls]\n" + "".join(f'{event} = "{url}/{event}"\n' for event in events))
    done = run("check-endpoint", "--event", "all", "--observe", NUMBERS, "--only", "CE710", "--output", "json", env=PASSWORD)
    assert verdicts(done)["CE710"] == ("warn", "INICIO 2 times changed 'INICIO|#' by +2; a new call changes 'INICIO|#' by +1")
    state = sqlite3.connect(tmp_path / "calls.db")
    assert {event for (event,) in state.execute("SELECT DISTINCT event FROM events")} == {"INICIO", "FIN"}
    state.close()


# ---- what tells nothing ----


def test_without_it_only_the_application_knows(counting, run):
    done = run("check-endpoint", counting(Right) + "/FIN", "--event", "all", "--only", COUNTED, "--output", "json", env=PASSWORD)
    assert {verdict for verdict, _ in verdicts(done).values()} == {"skip"}
    assert all("--observe CMD" in came for _, came in verdicts(done).values())
    assert done.code == 0


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("echo 17", "shows nothing"),
        ("date +%s%N", "changes though nothing is sent"),
        ("date +%s", "changes though nothing is sent"),
        ("head -c 8 /dev/urandom | od", "changes though nothing is sent"),
    ],
)
def test_a_state_that_tells_nothing_is_no_pass(state, why, counting, run):
    done = check(run, counting(Right), state=state, only="CE711")
    verdict, came = verdicts(done)["CE711"]
    assert (verdict, done.code) == ("skip", 1)
    assert why in came


def test_a_command_that_fails_later_is_no_pass(counting, run):
    state = f"test ! -e gone || exit 3; touch gone; {NUMBERS}"
    done = check(run, counting(Right), state=state)
    assert {verdict for verdict, _ in verdicts(done).values()} == {"skip"}
    assert done.code == 1
    assert all("exit code 3" in came for _, came in verdicts(done).values())


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("exit 3", "it ended with exit code 3"),
        ("no-such-program-here", "it ended with exit code 127 (a command in it was not found): "),
        ("kill -9 $$", "it was ended by signal 9"),
        ("printf '\\033]0;x\\007gone' >&2; exit 1", "exit code 1: \\x1b]0;x\\x07gone"),
        ("yes", "it printed more than 262,144 bytes"),
    ],
)
def test_a_command_that_tells_nothing_is_told_before_anything_is_sent(state, why, run, endpoint):
    asked = []
    url = endpoint(lambda connection, number: asked.append(number)).url
    done = run("check-endpoint", url, "--event", "FIN", "--observe", state, env=PASSWORD)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: --observe tells nothing\n  why: ")
    assert why in done.err
    assert "\x1b" not in done.err
    assert asked == []
