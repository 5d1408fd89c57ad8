"""`answer`, `receive` and the applications inside Flask, Django and FastAPI, under the servers that people run them with."""

import http.client
import importlib.util
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infocaller_cli import answer
from infocaller_cli.testing import Infocaller

ROOT = Path(__file__).parents[3]
APPS = Path(__file__).parent / "frameworks"
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:0", "--workers", "1")
UVICORN = ("uvicorn", "--port", "0")
HYPERCORN = ("hypercorn", "--bind", "127.0.0.1:0")
SERVERS = [
    (*GUNICORN, "flask_app:app"),
    (*GUNICORN, "--threads", "2", "django_app:wsgi"),
    (*UVICORN, "django_app:asgi"),
    (*UVICORN, "fastapi_app:app"),
    (*HYPERCORN, "django_app:asgi"),
    (*HYPERCORN, "fastapi_app:app"),
]


class Server:
    """A server of somebody else's in a process of its own, once it listens."""

    def __init__(self, command, folder):
        path = os.pathsep.join(filter(None, [str(ROOT), str(APPS), *sys.path]))
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": path, "INFOCALLER_HANDLER": "shop:status"}
        environment |= {"INFOCALLER_PASSWORD": "3956"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            pytest.fail("".join(self.said))
        # Nobody else reads on, and a full pipe would hold it up
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout))
        self.reader.start()

    def post(self, path, body, content_type):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type})
            found = connection.getresponse()
            return found.status, found.headers["Content-Type"], found.read()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.reader.join(60)
        self.process.stdout.close()


def started(command, folder):
    for module in (command[0], command[-1].partition("_app")[0]):
        if module != "infocaller_cli:create_wsgi" and not importlib.util.find_spec(module):
            pytest.skip(f"{module} is not installed")
    return Server(command, folder)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda command: f"{command[0]}-{command[-1]}")
def framework(request, tmp_path_factory):
    server = started(request.param, tmp_path_factory.mktemp("application"))
    server.name = request.param[-1]
    yield server
    server.stop()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """What the applications share, in this process."""
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("shop", APPS / "shop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def messages():
    """What a call may send: both formats, the hardest bytes, a wrong signature, an error, an exception."""
    us = Infocaller("3956")
    variables = {"NUMPEDIDO": "5", "CITY": "León <&>"}
    yield us.query("ESTADO PEDIDO", variables)
    yield us.query("ESTADO PEDIDO", variables, format="json")
    yield us.query("ESTADO PEDIDO", variables, as_printed=True)
    yield us.query("ESTADO", variables, encoding="utf-8")
    yield us.query("ESTADO", variables, password="3957")
    yield us.query("ESTADO", variables, line="987654321", password="1111")
    yield us.query("ESTADO", {"NUMPEDIDO": "0"})
    yield us.query("ESTADO", {"NUMPEDIDO": "-1"}, format="json")
    yield us.event("FIN")


@pytest.mark.parametrize("path", ["/orders", "/mounted"])
def test_the_same_bytes_as_in_this_process(framework, shop, path):
    for message in messages():
        expected = answer(message.body, shop.status, password=shop.PASSWORDS.get, content_type=message.content_type)
        found = framework.post(path, message.body, message.content_type)
        assert found == (expected.status, expected.content_type, expected.body), message


def test_events(framework):
    us = Infocaller("3956")
    for event, place in (("INICIO", "/ev?eve=inicio"), ("FIN", "/ev?eve=fin"), ("DESVIO_CORRECTO", "/ev?eve=desvio_correcto")):
        message = us.event(event, {"CITY": "León"}, as_printed=True)
        said = [framework.post(place, message.body, message.content_type) for _ in range(2)]
        assert [(status, body.decode()) for status, _, body in said] == [
            (200, f"{event} 123456789 León {when}") for when in ("new", "again")
        ]
    assert framework.post("/ev", us.event("FIN", password="3957").body, "application/x-www-form-urlencoded")[0] == 403
    assert framework.post("/ev", b"", "application/x-www-form-urlencoded")[0] == 400
    assert framework.post("/ev", us.query("X").body, "application/x-www-form-urlencoded")[0] == 400


def test_a_body_that_something_has_read_before(framework):
    """Flask has none left, and the log says what to do; Django keeps it, and so does Starlette."""
    message = Infocaller("3956").query("X", {"CITY": "León"}, as_printed=True)
    status, _, body = framework.post("/late", message.body, message.content_type)
    if "flask" in framework.name:
        assert (status, body.decode().rpartition("; ")[2]) == (400, "was the form already parsed? Pass the raw body, read first")
    else:
        assert (status, b"Le&#243;n" in body) == (200, True)


def test_gunicorn_takes_the_application_from_the_environment(tmp_path, shop):
    server = started((*GUNICORN, "--threads", "4", "infocaller_cli:create_wsgi_app()"), tmp_path)
    try:
        for message in messages():
            expected = answer(message.body, shop.status, password="3956", content_type=message.content_type)
            found = server.post("/", message.body, message.content_type)
            assert found == (expected.status, expected.content_type, expected.body), message
    finally:
        server.stop()
    said = "".join(server.said)
    assert "ESTADO PEDIDO, call 98565656: NUMPEDIDO=5, CITY=León <&> -> PEDIDO=2, CITY=León <&>, result 0 (ESTADO PEDIDO), " in said
    assert "the handler raised ValueError: hunter2" in said
