"""Every example of --help and of the manual is run as it stands, by bash, in a folder with the files it names.

Port 8000 takes events, port 8080 answers queries; a test puts ports of its own in their place.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infocaller_cli.cli.examples import EXAMPLES, Example

ROOT = Path(__file__).parents[2]
HANDLER = """
def status(query):
    return {"PEDIDO": 2 if query.variables.get("NUMPEDIDO") == "123456789" else 0}


def ended(event):
    print(event.call)
"""
# What the tests need (uvicorn, check-jsonschema) is installed beside Python
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
TEXTS = sorted((ROOT / "man" / "source" / "text").glob("*.txt"))
MORE = [(text.stem, line[6:]) for text in TEXTS for line in text.read_text().splitlines() if line.startswith("    $ ")]
RUNS = [
    ("a workflow", line) for text in TEXTS for line in re.findall(r"^ +(?:- )?run: (infocaller .*)$", text.read_text(), flags=re.MULTILINE)
]
CASES = [pytest.param(one, id=f"{path or 'infocaller'}: {one.what}") for path, examples in EXAMPLES.items() for one in examples]
CASES += [pytest.param(Example("", line), id=f"manual, {name}: {line[:30]}") for name, line in MORE]
# One of the payloads is wrong
CASES += [pytest.param(Example("", line, int("||" not in line)), id=f"{name}: {line[:50]}") for name, line in RUNS]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A folder with the files the examples name, made by the command itself."""
    folder = tmp_path_factory.mktemp("prepared")

    def infocaller(*words, password="3956"):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "INFOCALLER_PASSWORD": password}
        command = [sys.executable, "-m", "infocaller_cli", *words]
        return subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True).stdout

    (folder / "orders.py").write_text(HANDLER)
    (folder / "password").write_text("3956\n")
    (folder / "password").chmod(0o600)
    (folder / "payload.xml").write_bytes(infocaller("sample", "fin", "--start", "2026-11-23T10:00:00"))
    (folder / "query.xml").write_bytes(infocaller("sample", "query"))
    (folder / "answer.xml").write_bytes(infocaller("sample", "response"))
    (folder / "other.xml").write_bytes(infocaller("sample", "fin", password="3957"))
    (folder / "edited.xml").write_bytes((folder / "payload.xml").read_bytes().replace(b"98565656", b"98565657"))
    (folder / "payloads").mkdir()
    shutil.copy(folder / "other.xml", folder / "payloads")
    (folder / "order-status.toml").write_bytes(infocaller("simulate", "--example", "order-status"))
    fin = ["14:Inicio de llamada", "1:Bienvenida", "4:Marque:123456789", "17:ESTADO PEDIDO:0", "18:PEDIDO = 2", "1:Enviado", "7:Fin"]
    actions = [word for action in fin for word in ("--action", action)]
    (folder / "played.ndjson").write_bytes(infocaller("sample", "fin", "--format", "json", "--compact", *actions))
    (folder / "staging.toml").write_text('format = "json"\n')
    (folder / "project").mkdir()
    (folder / "project" / "infocaller.toml").write_text('[lines.123456789]\npassword_command = "echo 3956"\n')
    shutil.copy(Path(__file__).with_name("filering.py"), folder)
    (folder / "store.json").write_text('{"infocaller/987654321": "1"}')
    form = infocaller("send-event", "FIN", "payload.xml", "--to", "http://127.0.0.1/", "--dry-run").partition(b"\n\n")[2]
    query = infocaller("send-query", "ESTADO PEDIDO", "query.xml", "--to", "http://127.0.0.1/", "--dry-run").partition(b"\n\n")[2]
    lines = []
    for second, body in enumerate((query.strip(), query.strip())):
        record = {"ts": f"2026-11-23T10:00:0{second}Z", "method": "POST", "url": "http://127.0.0.1:8080/orders"}
        record |= {"header": {"Content-Type": ["application/x-www-form-urlencoded"]}, "body": base64.b64encode(body).decode()}
        lines.append(json.dumps(record))
    assert form.startswith(b"apiInfocaller=")
    (folder / "calls.ndjson").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def application(prepared):
    """The ports of an application that takes events and of one that answers queries."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(prepared), "INFOCALLER_PASSWORD": "3956"}
    ports, processes = [], []
    for words in (["capture", "--out", "taken.ndjson"], ["serve-query", "--handler", "orders:status"]):
        command = [sys.executable, "-m", "infocaller_cli", *words, "--port", "0"]
        process = subprocess.Popen(command, cwd=prepared, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        ready = next(line for line in process.stderr if line.startswith("listening on "))  # notices come before it
        ports.append(ready.rpartition(":")[2].strip())
    yield dict(zip(("8000", "8080"), ports, strict=True))
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def folder(prepared, application, tmp_path):
    """A copy of the files in the current folder, and what replaces the ports."""
    shutil.copytree(prepared, tmp_path / "folder", ignore=shutil.ignore_patterns("taken.ndjson"))
    (tmp_path / "folder" / "taken.ndjson").symlink_to(prepared / "taken.ndjson")  # what the application counts
    shim = tmp_path / "bin" / "infocaller"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infocaller_cli "$@"\n')
    shim.chmod(0o755)
    return tmp_path / "folder"


def start(line, folder):
    environment = {"PATH": os.pathsep.join((str(folder.parent / "bin"), PATH)), "PYTHONPATH": str(ROOT), "HOME": str(folder.parent)}
    environment |= {"LANG": "C.UTF-8", "INFOCALLER_PASSWORD": "3956", "PYTHON_KEYRING_BACKEND": "filering.Keyring"}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(["bash", "-eu", "-o", "pipefail", "-c", line], cwd=folder, env=environment, text=True, **streams)


def serves(line):
    return (line.split()[1] in ("serve-query", "capture") and "--stdin" not in line) or " uvicorn " in line


@pytest.mark.parametrize("example", [case for case in CASES if not serves(case.values[0].line)])
def test_an_example_does_what_it_says(example, folder, application):
    line = example.line
    for port, free in application.items():
        line = line.replace(f":{port}/", f":{free}/")
    for program in ("jq", "xmllint", "check-jsonschema"):
        if f"{program} -" in line and not shutil.which(program, path=PATH):
            pytest.skip(f"{program} is not installed")
    process = start(line, folder)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err.count("error:")) == (example.code, 0), err
    assert (
        out
        or "config set-password" in line
        or "config init" in line
        or "config trust" in line
        or "-o " in line
        or ">" in line
        or "--svg" in line
        or "--html" in line
        or "--output-dir" in line
        or "eval" in line
    )


@pytest.mark.parametrize("example", [case for case in CASES if serves(case.values[0].line)])
def test_an_example_serves_until_it_is_stopped(example, folder, application):
    line = example.line
    for port, free in application.items():
        line = line.replace(f":{port}/", f":{free}/")
    line, exec_, command = line.rpartition("infocaller ") if " uvicorn " not in line else line.rpartition("uvicorn ")
    process = start(f"{line}exec {exec_}{command} --port 0", folder)
    ready = process.stderr.readline()
    while ready and "http://127.0.0.1:" not in ready:
        ready = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)  # uvicorn ends by the signal itself
    assert "error" not in err
    assert "http://127.0.0.1:" in ready
