"""`serve-query`: what its options refuse, where handlers are found, one document on stdin, several processes."""

import os
import signal
import socket
import sys
import time
from urllib.parse import quote_plus

import pytest

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
# As the installed command starts, without the current folder among those of the modules
INSTALLED = "import sys; sys.path.remove(''); from infocaller_cli.cli.main import main; sys.exit(main(sys.argv[1:]))"
FINE = "def answer(query):\n    return {'A': 1}\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "there is no handler"),
        (("--handler", "app"), "names no function"),
        (("--handler", "app:"), "names no function"),
        (("--handler", "missing_module:answer"), "there is no module 'missing_module'"),
        (("--handler", "app:anser"), "did you mean answer?"),
        (("--handler", "app:NUMBER"), "is no function"),
        (("--handler", "broken:answer"), "SyntaxError"),
        (("--handler", "leaves:answer"), "SystemExit: 7"),
        (("--handler", "odd:answer"), "Odd: no exception"),
        (("--handler", "app.py:answer"), "without its .py: app"),
        (("--handler", " =app:answer"), "no query has a blank name"),
        (("--handler", "needs:answer"), "ModuleNotFoundError: No module named 'not_there'"),
        (("--handler", "app:answer", "--handler", "app:answer"), "two handlers for all that have none of their own"),
        (("--handler", "A=app:answer", "--handler", " A =app:answer"), "two handlers for 'A'"),
        (("--on", "FIM=app:answer"), "there is no event 'FIM'"),
        (("--on", "FIN=app:answer", "--on", "FIN=app:answer"), "two handlers for 'FIN'"),
        (("--on", "fin=app:answer", "--on", "FIN=app:answer"), "two handlers for FIN"),
        (("--on", "FIN=app:anser"), "did you mean answer?"),
        (("--handler", "app:answer", "--once", "--workers", "2"), "do not go with --workers"),
        (("--handler", "app:answer", "--count", "2", "--reload"), "do not go with --workers or --reload"),
        (("--handler", "app:answer", "--once", "--count", "2"), "exclude each other"),
        (("--handler", "app:answer", "--workers", "2", "--reload"), "exclude each other"),
        (("--handler", "app:answer", "--workers", "2", "--password-file", "-"), "standard input is read once"),
        (("--handler", "app:answer", "--stdin", "--password-file", "-"), "standard input is read once"),
        (("--handler", "app:answer", "--stdin", "--once"), "--stdin answers one document"),
        (("--handler", "app:answer", "--timeout", "0"), "time-out cannot be"),
        (("--handler", "app:answer", "--timeout", "nan"), "time-out cannot be"),
        (("--handler", "app:answer", "--tls-key", "k"), "--tls-key needs --tls-cert"),
        (("--handler", "app:answer", "--tls-cert", "missing.pem"), "cannot be read"),
        (("--handler", "app:answer", "--tls-cert", "app.py"), "the certificate cannot be used"),
        (("--handler", "app:answer", "--port", "70000"), "--port"),
    ],
)
def test_wrong_usage(run, tmp_path, arguments, why):
    (tmp_path / "app.py").write_text(f"{FINE}NUMBER = 1\n")
    (tmp_path / "broken.py").write_text("def answer(:\n")
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(7)\n")
    (tmp_path / "odd.py").write_text("class Odd(BaseException): pass\nraise Odd('no exception')\n")
    (tmp_path / "needs.py").write_text("import not_there\n")
    done = run("serve-query", "--port", "0", *arguments, env=KNOWN)
    assert (done.code, done.stdout) == (2, b"")
    assert why in done.err
    assert "Traceback" not in done.err


def test_a_port_in_use(run, tmp_path):
    (tmp_path / "app.py").write_text(FINE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve-query", "--handler", "app:answer", "--port", str(port), env=KNOWN)
    assert done.code == 4
    assert f"cannot listen on 127.0.0.1 port {port}" in done.err
    assert "--port 0" in done.err


def test_a_host_that_is_not_ours(run, tmp_path):
    (tmp_path / "app.py").write_text(FINE)
    assert run("serve-query", "--handler", "app:answer", "--host", "192.0.2.1", env=KNOWN).code == 4
    assert run("serve-query", "--handler", "app:answer", "--host", "no such host", env=KNOWN).code == 4


@pytest.mark.parametrize("module", ["queue", "typing", "asyncio", "app", "uvicorn", "json"])
def test_a_module_is_found_in_the_current_folder_first(run, tmp_path, form, module):
    (tmp_path / f"{module}.py").write_text("def answer(query):\n    return {'HERE': 1}\n")
    done = run("serve-query", "--handler", f"{module}:answer", "--stdin", stdin=form("Q"), env=KNOWN, code=INSTALLED)
    assert done.code == 0, done.err
    assert b"HERE" in done.stdout


@pytest.mark.parametrize("how", [(), ("--workers", "2"), ("--reload",)], ids=["one process", "workers", "reload"])
def test_modules_of_the_users_hide_none_of_ours(server, tmp_path, form, signed, how):
    """A folder with a file for every module of Python's and of what is installed, each worse than useless."""
    names = {name for name in sys.stdlib_module_names if name.isidentifier() and name[0] != "_"}
    names.remove("linecache")  # from 3.13 on Python itself looks for it, before a program that comes by -c begins
    for name in names | {"lxml", "orjson", "uvicorn", "httptools", "h11", "typer", "infocaller_cli"}:
        (tmp_path / f"{name}.py").write_text("raise ImportError('hidden')\n")
    (tmp_path / "app.py").write_text("def answer(query):\n    return {'A': 1 // int(query.variables['N'])}\n")
    one = server("serve-query", "--handler", "app:answer", *how, code=INSTALLED)
    assert b"<VarValue>1<" in one.post(form("Q", variables=[("N", "1")]))[2]
    assert one.post(b'{"ApiCall": {')[0] == 400
    fin = "<CallSeconds>5</CallSeconds><EndDate>2026-03-01T10:00:05</EndDate><CostRX>0.12</CostRX>"
    assert one.post(quote_plus(signed(call_fields=fin)).encode().join((b"apiInfocaller=", b"")))[0] == 200
    assert one.post(form("Q", variables=[("N", "1"), ("V", "x" * 90_000)]))[0] == 200
    assert one.post(form("Q", variables=[("N", "1"), ("V", "&#65533;")]))[0] == 200
    status, _, body = one.post(form("Q", variables=[("N", "0")]))
    assert (status, b"<Result>1<" in body) == (500, True)
    one.wait_for("ZeroDivisionError", 2)
    assert one.stop() == 0
    assert not any("hidden" in line for line in one.lines())


def test_stdin(run, tmp_path, form, signed):
    (tmp_path / "app.py").write_text(FINE)
    command = ("serve-query", "--handler", "app:answer", "--stdin")
    for body in (form("Q"), signed(call_fields="<QueryName>Q</QueryName>")):
        done = run(*command, stdin=body, env=KNOWN)
        assert done.code == 0
        assert done.out.startswith("<?xml")
        assert "<VarName>A</VarName><VarValue>1</VarValue>" in done.out
    refused = run(*command, stdin=form("Q", password="1"), env=KNOWN)
    assert (refused.code, b"<Result>1</Result>" in refused.stdout) == (1, True)
    malformed = run(*command, stdin="<ApiCall>", env=KNOWN)
    assert (malformed.code, malformed.stdout) == (3, b"")
    assert "IC001" in malformed.err


def test_several_workers(server, tmp_path, form):
    (tmp_path / "app.py").write_text("import os\ndef answer(query):\n    return {'PID': os.getpid()}\n")
    one = server("serve-query", "--handler", "app:answer", "--workers", "2")
    seen = set()
    deadline = time.monotonic() + 60
    while len(seen) < 2 and time.monotonic() < deadline:
        status, _, body = one.post(form("Q"))
        assert status == 200
        seen.add(int(body.partition(b"<VarValue>")[2].partition(b"<")[0]))
    assert len(seen) == 2
    assert one.process.pid not in seen
    os.kill(min(seen), signal.SIGKILL)
    one.wait_for("starting another")
    assert one.post(form("Q"))[0] == 200
    assert one.stop() == 0


def test_processes_that_never_answer_are_not_announced(run, tmp_path):
    broken = "import multiprocessing\nif multiprocessing.parent_process():\n    raise RuntimeError('not here')\n"
    (tmp_path / "app.py").write_text(broken + FINE)
    done = run("serve-query", "--handler", "app:answer", "--workers", "2", "--port", "0", env=KNOWN)
    assert done.code != 0
    assert "RuntimeError: not here" in done.err
    assert "listening" not in done.err


def test_workers_end_with_their_parent(server, tmp_path, form):
    (tmp_path / "app.py").write_text("import os\ndef answer(query):\n    return {'PID': os.getpid()}\n")
    one = server("serve-query", "--handler", "app:answer", "--workers", "2")
    worker = int(one.post(form("Q"))[2].partition(b"<VarValue>")[2].partition(b"<")[0])
    one.stop(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the worker lives on")


def test_reload(server, tmp_path, form):
    app = tmp_path / "app.py"
    app.write_text(FINE)
    one = server("serve-query", "--handler", "app:answer", "--reload")

    def changed_to(text, shown, count):
        app.write_text(text)
        os.utime(app, (time.time() + count, time.time() + count))
        one.wait_for(shown, count)

    def until(value):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if value in one.post(form("Q"))[2]:
                return
            time.sleep(0.1)
        pytest.fail(f"{value} never came")

    until(b"<VarValue>1<")
    changed_to(FINE.replace("1", "2"), "app.py changed", 1)
    until(b"<VarValue>2<")
    changed_to("def answer(:", "app.py changed", 2)
    one.wait_for("SyntaxError")
    one.wait_for("waiting for a change")
    changed_to(FINE.replace("1", "3"), "app.py changed", 3)
    until(b"<VarValue>3<")
    assert one.stop(signal.SIGINT) == 0
