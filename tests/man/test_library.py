"""infocaller-library(7): its examples are what it says, types and all, and it has every name."""

import asyncio
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import infocaller_cli
from infocaller_cli.testing import Infocaller

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "man/source/text/infocaller-library.txt").read_text("utf-8")
# Each run of indented lines that begins with an import
EXAMPLES = [
    textwrap.dedent(block) for block in re.findall(r"^(?:    .*\n|\n(?=\n*    ))+", TEXT, flags=re.MULTILINE) if "    from " in block[:20]
]
FLASK, FASTAPI, DJANGO, CONNECTIONS, SCRIPT = EXAMPLES


def test_the_types_are_right(tmp_path):
    for number, text in enumerate(EXAMPLES):
        (tmp_path / f"example{number}.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "--ignore-missing-imports"]
    # Django says no types, and its decorators none either
    command += ["--allow-untyped-decorators", "--allow-subclassing-any", "--cache-dir", str(tmp_path / "cache")]
    command += map(str, sorted(tmp_path.glob("*.py")))
    environment = {"MYPYPATH": str(ROOT), "NO_COLOR": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == f"Success: no issues found in {len(EXAMPLES)} source files\n", done.stdout + done.stderr


def test_flask():
    pytest.importorskip("flask")
    names = {"__name__": "example"}
    exec(FLASK, names)
    message = Infocaller("3956").query("ESTADO PEDIDO")
    found = names["app"].test_client().post("/orders", data=message.body, content_type=message.content_type)
    assert (found.status_code, found.content_type) == (200, "text/xml")
    assert b"<VarName>PEDIDO</VarName><VarValue>2</VarValue>" in found.data


def in_a_process(code, folder):
    """What an example prints whose framework wants a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fastapi(tmp_path):
    pytest.importorskip("fastapi")
    asking = """
import asyncio
from infocaller_cli.testing import Infocaller
message = Infocaller("3956").query("ESTADO PEDIDO")
async def main():
    sent = []
    async def receive():
        return {"type": "http.request", "body": message.body}
    async def send(part):
        sent.append(part)
    scope = {"type": "http", "method": "POST", "path": "/orders", "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return sent
head, body = asyncio.run(main())
print(head["status"], dict(head["headers"])[b"content-type"].decode(), b"<VarValue>2</VarValue>" in body["body"])
"""
    assert in_a_process(FASTAPI + asking, tmp_path) == "200 text/xml True\n"


def test_django(tmp_path):
    pytest.importorskip("django")
    settings = "from django.conf import settings\nsettings.configure(ALLOWED_HOSTS=['*'])\nimport django; django.setup()\n"
    asking = """
from django.test import RequestFactory
from infocaller_cli.testing import Infocaller
for password in ("3956", "3956", "wrong"):
    message = Infocaller(password).event("FIN", seconds=95, cost_rx="0.12")
    print(ended(RequestFactory().post("/ev?eve=fin", message.body, content_type=message.content_type)).status_code)
"""
    assert in_a_process(settings + DJANGO + asking, tmp_path).splitlines() == ["FIN 98565656 95 0.120000", "200", "200", "403"]
    assert in_a_process(settings + CONNECTIONS, tmp_path) == ""


def test_django_keeps_the_body_of_a_urlencoded_form_alone(tmp_path):
    pytest.importorskip("django")
    code = """
from django.conf import settings
settings.configure()
from django.http import RawPostDataException
from django.test import RequestFactory
urlencoded = RequestFactory().post("/", b"apiInfocaller=x", content_type="application/x-www-form-urlencoded")
print(urlencoded.POST["apiInfocaller"], urlencoded.body)
multipart = RequestFactory().post("/", {"apiInfocaller": "x"})
assert multipart.POST
try:
    multipart.body
except RawPostDataException as error:
    print(type(error).__name__)
"""
    assert in_a_process(code, tmp_path).splitlines() == ["x b'apiInfocaller=x'", "RawPostDataException"]


def test_starlette_has_no_body_once_the_stream_was_read():
    pytest.importorskip("starlette")
    from starlette.requests import Request

    async def receive():
        return {"type": "http.request", "body": b"apiInfocaller=x"}

    async def main():
        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        async for _ in request.stream():  # as form() does
            pass
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()

    asyncio.run(main())


def test_the_script(tmp_path):
    assert in_a_process(SCRIPT, tmp_path) == "200 text/xml\n95\n"


def test_every_name_is_there_as_it_says_of_itself():
    page = (ROOT / "man/man7/infocaller-library.7").read_text("utf-8")
    for name in infocaller_cli.__all__:
        if name != "__version__":
            assert re.search(rf"^\\fB{name}\\fR", page, flags=re.MULTILINE), name
