"""Files that commands write are whole or not there, whatever ends the command; and no process outlives it."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[3])
PATIENCE = 30
RECORDS = 400
# Runs the command where no file may be larger than so many bytes: as a full disk, in the middle of a file
SMALL_DISK = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
os.execv(sys.executable, [sys.executable, "-B", "-m", "infocaller_cli", *sys.argv[1:]])
"""


@pytest.fixture
def calls(tmp_path, form):
    """A capture of many records."""
    with open(tmp_path / "calls.ndjson", "w") as stream:
        for call in range(1, RECORDS + 1):
            body = base64.b64encode(form(call=str(call))).decode()
            stream.write(json.dumps({"method": "POST", "url": "http://h/", "header": {}, "body": body}) + "\n")
    return tmp_path / "calls.ndjson"


@pytest.fixture
def start(tmp_path):
    """A function: the command under way, in a process group of its own, ended with the test."""
    started = []

    def begin(*arguments, **more):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE} | more
        environment = {**os.environ, "INFOCALLER_CONFIG": os.devnull, "INFOCALLER_PASSWORD": "3956", "PYTHONPATH": ROOT}
        process = subprocess.Popen(
            [sys.executable, "-m", "infocaller_cli", *arguments], cwd=tmp_path, start_new_session=True, env=environment, **streams
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def wait_until(there):
    end = time.monotonic() + PATIENCE
    while not (found := there()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)
    return found


def has_nameless(process, folder):
    """Whether it has a file open in a folder that has no name."""
    with suppress(OSError):
        return any(os.readlink(link).startswith(f"{folder}/#") for link in Path(f"/proc/{process.pid}/fd").iterdir())
    return False


def group(process):
    """Whether a process of its group lives (a zombie that nobody has waited for yet does not)."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(group) == process.pid and state not in "ZX":
                return True
    return False


def judge_documents(folder):
    """Every file under a name of its own is whole. How many there are."""
    found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for path in found:
        text = path.read_text()
        assert text.endswith("</ApiCall>\n") if path.suffix == ".xml" else json.loads(text)["ApiCall"], path
    return len(found)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("wanted", [1, 40, 150])
def test_output_dir_is_whole_after_a_kill_and_a_second_run_completes_it(start, run, calls, tmp_path, number, wanted):
    out = tmp_path / "out"
    process = start("convert", "calls.ndjson", "--to", "json", "--output-dir", "out", "--jobs", "1")
    wait_until(lambda: out.is_dir() and len(list(out.iterdir())) >= wanted)
    process.send_signal(number)
    assert process.wait(PATIENCE) == -number
    assert judge_documents(out) < RECORDS
    if number != signal.SIGKILL:  # who cannot be caught may leave its hidden file
        assert not [path.name for path in out.iterdir() if path.name.startswith(".")]
    assert run("convert", "calls.ndjson", "--to", "json", "--output-dir", "out") == (0, b"", b"")
    assert judge_documents(out) == RECORDS


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_full_disk_leaves_what_there_was(run, signed, tmp_path, force):
    (tmp_path / "a.xml").write_text(signed(call_fields=f"<Note>{'n' * 1000}</Note>"))
    (tmp_path / "out").mkdir()
    if force:
        (tmp_path / "out/a.json").write_text("old")
    for arguments in (["--output-dir", "out", *force], ["-o", "out/a.json"]):
        done = run("convert", "a.xml", *arguments, code=SMALL_DISK)
        assert done.code == 2
        assert "out/a.json cannot be written\n  why: File too large" in done.err
        assert [(path.name, path.read_text()) for path in (tmp_path / "out").iterdir()] == ([("a.json", "old")] if force else [])


def test_force_never_overwrites_what_is_read(run, signed, tmp_path):
    (tmp_path / "a.json").write_text(run("convert", "-", stdin=signed()).out)
    before = (tmp_path / "a.json").read_bytes()
    done = run("convert", "a.json", "--to", "json", "--compact", "--output-dir", ".", "--force")
    assert done.code == 2
    assert "is also a FILE" in done.err
    assert (tmp_path / "a.json").read_bytes() == before


@pytest.mark.parametrize("option", ["--html", "--svg"])
@pytest.mark.parametrize("name", ["in.xml", "soft", "hard", "other/../in.xml"])
def test_show_never_overwrites_what_it_shows(run, signed, tmp_path, option, name):
    (tmp_path / "in.xml").write_text(signed())
    (tmp_path / "other").mkdir()
    (tmp_path / "soft").symlink_to("in.xml")
    os.link(tmp_path / "in.xml", tmp_path / "hard")
    done = run("show", "in.xml", option, name)
    assert (done.code, done.out) == (2, "")
    assert f"{name} is also a FILE" in done.err
    assert (tmp_path / "in.xml").read_text() == signed()
    assert run("show", "in.xml", option, "new").code == 0


# ---- what ends with the command ----


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("waits", ["for input", "for its reader"])
@pytest.mark.parametrize("command", ["convert", "validate", "verify", "show"])
def test_workers_end_with_their_parent(start, calls, number, waits, command):
    stdin, stdout = (subprocess.PIPE, subprocess.DEVNULL) if waits == "for input" else (subprocess.DEVNULL, subprocess.PIPE)
    process = start(command, "--jobs", "3", "-" if waits == "for input" else "calls.ndjson", stdin=stdin, stdout=stdout)
    if waits == "for input":
        process.stdin.write(calls.read_bytes() * 4)
        process.stdin.flush()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(lambda: len(children.read_text().split()) >= 1)
    process.send_signal(number)
    assert process.wait(PATIENCE) == -number
    wait_until(lambda: not group(process))
    assert process.stderr.read() == b""


@pytest.mark.parametrize(
    "arguments",
    [("convert", "pipe", "-o", "out"), ("convert", "calls.ndjson", "pipe", "-o", "out"), ("show", "calls.ndjson", "--html", "out")],
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file(start, calls, tmp_path, arguments, number):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").write_text("precious")
    process = start(*arguments)
    if "pipe" in arguments:  # it waits for what never comes, its output half written
        wait_until(lambda: any(path.name.startswith(".out.") for path in tmp_path.iterdir()) or has_nameless(process, tmp_path))
    process.send_signal(number)
    code = process.wait(PATIENCE)
    assert code == -number
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.ndjson", "out", "pipe"]
    assert (tmp_path / "out").read_text() == "precious"
