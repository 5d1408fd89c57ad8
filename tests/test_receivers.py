"""The receivers to copy: each takes what Infocaller sends, in every form it is known to send, and answers what the call understands."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

RECEIVERS = Path(__file__).with_name("receivers")
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
# ñ and é differ in every charset; the rest must be escaped in XML, in JSON, in a form
NAME = "Peña & José <5 \"x\" 'y' 100% a+b"


def node_modules():
    """Where express and fast-xml-parser are; NODE_PATH, or beside the repository's tests."""
    for folder in filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)):
        if all((Path(folder) / name).is_dir() for name in ("express", "fast-xml-parser")):
            return folder
    return None


def _flask(port):
    return [sys.executable, "-m", "flask", "--app", str(RECEIVERS / "flask_receiver.py"), "run", "--port", str(port)]


def _django(port):
    return [sys.executable, str(RECEIVERS / "django_receiver.py"), "runserver", "--noreload", f"127.0.0.1:{port}"]


def _fastapi(port):
    return [sys.executable, "-m", "uvicorn", "fastapi_receiver:app", "--app-dir", str(RECEIVERS), "--port", str(port)]


def _ruby():
    if subprocess.run(["ruby", "-rwebrick", "-rrexml/document", "-e", ""], check=False, capture_output=True).returncode:
        pytest.skip("ruby has no webrick or no rexml")
    return ["ruby", str(RECEIVERS / "receiver.rb")]


def _go(folder):
    environment = os.environ | {"GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
    built = ["go", "build", "-o", str(folder / "receiver"), str(RECEIVERS / "receiver.go")]
    subprocess.run(built, check=True, capture_output=True, timeout=300, env=environment)
    return [str(folder / "receiver")]


def _mono(folder):
    parts = ("System.Xml.Linq", "System.Web.Extensions", "System.Web")
    built = ["mcs", *(f"-r:{part}" for part in parts), f"-out:{folder}/Receiver.exe", str(RECEIVERS / "Receiver.cs")]
    subprocess.run(built, check=True, capture_output=True, timeout=120)
    return ["mono", f"{folder}/Receiver.exe"]


# Receiver -> whether its language is here, and the command that starts it on a port, with what it needs in a folder
STARTS = {
    "php": (shutil.which("php"), lambda port, folder: ["php", "-S", f"127.0.0.1:{port}", str(RECEIVERS / "receiver.php")]),
    "node": (shutil.which("node") and node_modules(), lambda port, folder: ["node", str(RECEIVERS / "receiver.js")]),
    "flask": (find_spec("flask"), lambda port, folder: _flask(port)),
    "django": (find_spec("django"), lambda port, folder: _django(port)),
    "fastapi": (find_spec("fastapi"), lambda port, folder: _fastapi(port)),
    "aiohttp": (find_spec("aiohttp"), lambda port, folder: [sys.executable, str(RECEIVERS / "aiohttp_receiver.py")]),
    "go": (shutil.which("go"), lambda port, folder: _go(folder)),
    "ruby": (shutil.which("ruby"), lambda port, folder: _ruby()),
    "java": (shutil.which("javac"), lambda port, folder: ["java", str(RECEIVERS / "Receiver.java")]),
    "csharp": (shutil.which("mcs") and shutil.which("mono"), lambda port, folder: _mono(folder)),
}
WITHOUT_JSON = {"java"}  # the JDK has none


@pytest.fixture(scope="module", params=STARTS)
def receiver(request, tmp_path_factory):
    """The URL of a receiver that runs."""
    here, command = STARTS[request.param]
    if not here:
        pytest.skip(f"what {request.param} needs is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = os.environ | PASSWORD | {"PORT": str(port), "NODE_PATH": node_modules() or ""}
    with open(folder / "log", "wb") as log, subprocess.Popen(command(port, folder), env=environment, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/infocaller"
        finally:
            process.kill()


@pytest.fixture
def both(request):
    """What `check-endpoint --format` is to send."""
    return "xml" if request.node.callspec.params["receiver"] in WITHOUT_JSON else "both"


FORMS = [("--format", "xml"), ("--as-printed",), ("--encoding", "utf-8"), ("--encoding", "iso-8859-1"), ("--format", "json")]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_query_is_read_and_answered(receiver, run, form, both):
    if form[-1] == "json" and both == "xml":
        pytest.skip("it reads no JSON")
    done = run(
        "send-query", "ESTADO PEDIDO", "--to", receiver, "--var", f"NOMBRE={NAME}", "--expect", f"ECO={NAME}", *form, "--json", env=PASSWORD
    )
    row = json.loads(done.out)
    assert (done.code, row["status"], row["result"]) == (0, 200, "0"), row
    assert row["variables"] == {"ECO": NAME}


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
@pytest.mark.parametrize("event", ["INICIO", "DESVIO_FALLIDO", "FIN"])
def test_an_event_is_taken(receiver, run, event, form, both):
    if form[-1] == "json" and both == "xml":
        pytest.skip("it reads no JSON")
    done = run("send-event", event, "--to", f"{receiver}?eve={event}", "--var", f"NOMBRE={NAME}", *form, env=PASSWORD)
    assert done.code == 0, done.out + done.err


@pytest.mark.parametrize("format", ["xml", "json"])
def test_who_has_another_password_is_refused(receiver, run, format, both):
    if format == "json" and both == "xml":
        pytest.skip("it reads no JSON")
    done = run("send-query", "ESTADO PEDIDO", "--to", receiver, "--format", format, "--json", env={"INFOCALLER_PASSWORD": "3957"})
    row = json.loads(done.out)
    assert (done.code, row["status"], row["result"]) == (1, 403, "1")
    assert "3956" not in done.out


def test_nonsense_is_refused(receiver):
    for body in (b"", b"apiInfocaller=", b"apiInfocaller=%3CApiCall", b"apiInfocaller=%7B%22ApiCall%22%3A1%7D", b"x=1"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(receiver, body, method="POST"), timeout=60)
        assert refused.value.code == 400, body
        assert b"3956" not in refused.value.read()


def test_it_passes_what_an_endpoint_must(run, receiver, both):
    done = run(
        *("check-endpoint", receiver, "--query", "SALUDO", "--var", "NOMBRE=x", "--echo", "NOMBRE=ECO", "--format", both),
        *("--timeout", "10", "--output", "json"),
        env=PASSWORD,
    )
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["code"], row["format"], row["came"]) for row in rows if row.get("verdict") == "fail"] == []
    assert done.code == 0
    assert rows[-1]["summary"]["pass"] > (90 if both == "both" else 45)


def test_it_takes_all_events(run, receiver, both):
    done = run("check-endpoint", receiver, "--event", "all", "--format", both, "--timeout", "10", "--output", "json", env=PASSWORD)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["code"], row["format"], row["came"]) for row in rows if row.get("verdict") == "fail"] == []
    assert done.code == 0
