"""create_app: configured by arguments or the environment, under a plain ASGI server."""

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from infocaller_cli import UsageError, create_app

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors"
APP = """
import time
def one(query):
    return {"A": 1}
async def two(query):
    return {"A": 2}
def slow(query):
    time.sleep(5)
"""


@pytest.fixture
def asgi(tmp_path):
    """A function: `uvicorn --factory` with this environment; gives the port once it answers."""
    processes = []

    def start(**environment):
        (tmp_path / "app.py").write_text(APP)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = ["-m", "uvicorn", "--factory", "infocaller_cli:create_app", "--port", str(port)]
        path = os.pathsep.join(filter(None, [str(ROOT), *sys.path]))
        known = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": path}
        processes.append(subprocess.Popen([sys.executable, *command], cwd=tmp_path, env=known | environment, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                return port
        return pytest.fail("it never answered")

    yield start
    for process in processes:
        process.terminate()
        process.wait(30)


def post(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_environment(asgi, form):
    environment = {"INFOCALLER_HANDLER": "A=app:one\nB C=app:two\nS=app:slow\n", "INFOCALLER_TIMEOUT": "0.3", "INFOCALLER_PASSWORD": "3956"}
    port = asgi(**environment)
    assert b"<VarValue>1<" in post(port, form("A"))[1]
    assert b"<VarValue>2<" in post(port, form(" B C "))[1]
    assert post(port, form("S"))[0] == 500
    assert post(port, form("A", password="wrong"))[0] == 403


def test_the_configuration(asgi, form, tmp_path):
    (tmp_path / "other.toml").write_text('[lines.123456789]\npassword = "secret"\n')
    port = asgi(INFOCALLER_HANDLER="app:one", INFOCALLER_CONFIG="other.toml")
    assert post(port, form("A", password="secret"))[0] == 200
    assert post(port, form("A"))[0] == 403


def ask(app, body, method="POST", **scope):
    """One request in process, a message at a time: status and body."""
    sent = []

    async def run():
        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"Content-Type", b"application/x-www-form-urlencoded")]
        await app({"type": "http", "method": method, "headers": headers, **scope}, receive, send)

    asyncio.run(asyncio.wait_for(run(), 30))
    return sent[0]["status"], sent[1]["body"]


def test_arguments_beat_the_environment(monkeypatch, form, capsys):
    monkeypatch.setenv("INFOCALLER_PASSWORD", "other")
    monkeypatch.setenv("INFOCALLER_HANDLER", "missing:handler")
    app = create_app(lambda query: {"N": query.name}, password="3956", timeout=1)
    assert b"<VarValue>Q<" in ask(app, form("Q"))[1]
    assert ask(app, form("Q", password="other"))[0] == 403
    by_name = create_app({" A ": lambda query: None}, password="3956")
    assert b"<Result>0<" in ask(by_name, form("A"))[1]
    assert b"<Result>1<" in ask(by_name, form("B"))[1]
    assert "Q, call 98565656" in capsys.readouterr().err


async def hangs(query):
    await asyncio.sleep(30)


@pytest.mark.parametrize(("handler", "status"), [(lambda query: None, 200), (hangs, 500), (lambda query: time.sleep(1), 500)])
def test_one_event_loop_after_the_other(form, handler, status):
    """Each request in a loop of its own, as in the tests of who writes handlers."""
    app = create_app(handler, password="3956", timeout=0.5)
    assert [ask(app, form("Q"))[0] for _ in range(3)] == [status] * 3


def test_what_cannot_be(monkeypatch):
    monkeypatch.delenv("INFOCALLER_HANDLER", raising=False)
    with pytest.raises(UsageError, match="there is no handler"):
        create_app()
    with pytest.raises(UsageError, match="time-out"):
        create_app(lambda query: None, timeout=0)
    monkeypatch.setenv("INFOCALLER_TIMEOUT", "soon")
    with pytest.raises(UsageError, match="time-out"):
        create_app(lambda query: None)


def test_an_undocumented_section_is_read_past_and_a_documented_one_given_twice_is_refused():
    query = (VECTORS / "seen" / "undocumented-section-in-a-query.json").read_bytes()
    app = create_app(lambda query: None, password="3956")
    assert ask(app, b"apiInfocaller=" + quote_plus(query).encode())[0] == 200
    twice = query.replace(b'"Recording"', b'"UserID":{},"Recording"')
    status, body = ask(app, b"apiInfocaller=" + quote_plus(twice).encode())
    assert status == 400
    assert b"ambiguous" in body
