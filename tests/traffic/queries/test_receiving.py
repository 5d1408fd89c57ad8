"""`receive`: a body in, a typed event out, or an error with the status to give back; and whether it came before."""

import os
import re
import subprocess
import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from infocaller_cli import DecodeError, InputError, SignatureError, SqliteSeen, UsageError, receive
from infocaller_cli.testing import Infocaller

ROOT = Path(__file__).parents[3]
START, END = datetime.fromisoformat("2026-03-01T10:00:00"), datetime.fromisoformat("2026-03-01T10:01:35")


@pytest.fixture(params=["xml", "json"])
def us(request):
    return Infocaller("3956", format=request.param)


def test_a_fin(us):
    message = us.event("FIN", {"CITY": "León"}, seconds=95, start="2026-03-01T10:00:00", cost_rx="0.12")
    event = receive(message.body, password="3956", content_type=message.content_type)
    assert (event.kind, event.line, event.call) == ("FIN", "123456789", "98565656")
    assert (event.start, event.end, event.seconds) == (START, END, 95)
    assert event.cost_rx == Decimal("0.12")
    assert event.variables == {"CITY": "León"}
    assert event.actions[0].code == 14
    assert event.document.kind == "fin"
    assert receive(message.raw, password=None, content_type=None).kind == "FIN"


@pytest.mark.parametrize("place", ["INICIO", "inicio", "https://fin.example.com/ev?eve=inicio", "/inicio.php", "?inicio"])
def test_which_event_it_is(us, place):
    assert receive(us.event("INICIO").body, place, password="3956").kind == "INICIO"


@pytest.mark.parametrize("place", ["", "/ev", "http://[fin/"])
def test_which_event_it_is_nobody_says(us, place):
    assert receive(us.event("INICIO").body, place, password="3956").kind == ""
    assert receive(us.event("FIN").body, place, password="3956").kind == "FIN"


def test_a_name_that_is_none(us):
    with pytest.raises(UsageError, match="there is no event 'INCIO'"):
        receive(us.event("INICIO").body, "INCIO", password="3956")


# ---- passwords ----


def test_a_password_for_each_line(us):
    known = {"123456789": "3956", "987654321": "1111"}
    for line, password in known.items():
        assert receive(us.event("FIN", line=line, password=password).body, password=known.get).line == line
    with pytest.raises(SignatureError, match="no password is known for line 911111111") as caught:
        receive(us.event("FIN", line="911111111").body, password=known.get)
    assert caught.value.status == 403
    with pytest.raises(SignatureError, match="does not match"):
        receive(us.event("FIN", line="987654321").body, password=known.get)


def test_what_the_function_of_passwords_raises_is_its_caller_s(us):
    with pytest.raises(ZeroDivisionError):
        receive(us.event("FIN").body, password=lambda line: 1 // 0)


def test_no_password_is_said_and_checks_nothing(us):
    body = us.event("FIN", password="wrong").body
    with pytest.raises(SignatureError) as caught:
        receive(body, password="3956")
    assert "3956" not in str(caught.value)
    assert receive(body, password=None).kind == "FIN"
    with pytest.raises(TypeError, match="password"):
        receive(body)


@pytest.mark.parametrize(
    ("password", "error"), [("\u20ac", UsageError), (3956, TypeError), (b"3956", TypeError), (lambda line: 3956, TypeError)]
)
def test_a_password_that_is_none(us, password, error):
    with pytest.raises(error):
        receive(us.event("FIN").body, password=password)


# ---- what is refused ----


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "the body is empty.*read first"),
        (b"<html>", 400, ""),
        (b"apiInfocaller=%3CApiCall", 400, ""),
        (b"x" * ((1 << 20) + 1), 413, "the body is too large"),
        (b'{"ApiCall": {"Status": {"Result": "0"}}}', 400, "kind response"),
        (b'{"ApiCall": {"UserID": {}, "UserID": {}, "Infocaller": {}}}', 400, "stands twice"),
    ],
)
def test_what_is_no_event(body, status, said):
    with pytest.raises(DecodeError) as caught:
        receive(body, password="3956")
    assert caught.value.status == status
    assert re.search(said, caught.value.in_full)


def test_a_query_is_no_event(us):
    with pytest.raises(DecodeError, match="the document is no event: it is of the kind query"):
        receive(us.query("X").body, password="3956")


def test_text_is_no_body(us):
    with pytest.raises(TypeError, match="as they were sent, not str"):
        receive(us.event("FIN").body.decode(), password="3956")


# ---- what came before ----


class Remembered:
    def __init__(self):
        self.keys = []

    def add(self, key):
        self.keys.append(key)
        return self.keys.count(key) == 1


def test_what_comes_again_is_repeated_and_what_differs_is_not(us):
    seen = Remembered()

    def came(message, place):
        return receive(message.body, place, password="3956", seen=seen).repeated

    assert [came(us.event("INICIO"), "/ev?eve=inicio") for _ in range(2)] == [False, True]
    assert [came(us.event("FIN"), "/ev?eve=fin") for _ in range(2)] == [False, True]
    assert came(us.event("FIN", seconds=7), "/ev?eve=fin")  # a call ends once
    assert not came(us.event("FIN", call="5"), "/ev?eve=fin")
    # a call may be diverted twice
    assert [came(us.event("DESVIO_FALLIDO"), "/ev?eve=desvio_fallido&to=1") for _ in range(2)] == [False, True]
    assert not came(us.event("DESVIO_FALLIDO"), "/ev?eve=desvio_fallido&to=2")
    assert not came(us.event("DESVIO_FALLIDO", {"TRIES": 2}), "/ev?eve=desvio_fallido&to=2")
    assert not any("ae73e4b16a280726fb2e0e6bfb43902a" in key for key in seen.keys)


def test_what_is_refused_is_not_remembered(us):
    seen = Remembered()
    with pytest.raises(SignatureError):
        receive(us.event("FIN", password="wrong").body, password="3956", seen=seen)
    assert seen.keys == []


def test_a_set_does_not_say_whether_a_key_is_new(us):
    with pytest.raises(TypeError, match="tells whether a key is new"):
        receive(us.event("FIN").body, password="3956", seen=set())


TWO = """
import sys
from infocaller_cli import SqliteSeen, receive
from infocaller_cli.testing import Infocaller
bodies = [Infocaller("3956").event("FIN", call=str(1000 + number)).body for number in range(50)]
seen = SqliteSeen("events.db")
print("ready", flush=True)
sys.stdin.readline()
print(*(event.call for body in bodies * 20 if not (event := receive(body, password="3956", seen=seen)).repeated))
"""


def test_two_processes_and_a_thousand_duplicates_each_take_an_event_once(tmp_path):
    path = os.pathsep.join(filter(None, [str(ROOT), *sys.path]))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TWO], cwd=tmp_path, env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        new = [process.communicate(timeout=120)[0].split() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert sorted(new[0] + new[1]) == sorted(str(1000 + number) for number in range(50))


def test_keys_in_a_file_are_forgotten_in_time_or_when_told(tmp_path, monkeypatch):
    seen = SqliteSeen(tmp_path / "events.db", days=1)
    assert [seen.add("a"), seen.add("a"), SqliteSeen(str(tmp_path / "events.db")).add("a")] == [True, False, False]
    seen.discard("a")
    assert seen.add("a")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 90_000)
    assert seen.add("a")
    (tmp_path / "events.db").unlink()
    assert seen.add("a")


def test_a_file_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="unable to open"):
        SqliteSeen(tmp_path / "nowhere" / "events.db")
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(InputError, match="not a database"):
        SqliteSeen(tmp_path / "text")
    with pytest.raises(UsageError, match="0 days"):
        SqliteSeen(tmp_path / "events.db", days=0)
