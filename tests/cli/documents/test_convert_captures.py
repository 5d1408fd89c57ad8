"""`infocaller convert` on captures: in order, streaming, the same bytes whatever the number of processes."""

import base64
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_plus

import pytest

MANY = 1100  # several chunks for each process, and a last one that is not full
# Runs the command and says on stderr how many bytes the largest of its processes held. A small process must do it: a child's
# count begins with its parent's
MEASURED = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "infocaller_cli", *sys.argv[1:]], stdout=subprocess.DEVNULL)
unit = 1 if sys.platform == "darwin" else 1024
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, file=sys.stderr)
sys.exit(code)
"""

PATIENCE = 120
# Each has several processes for a capture
SPREAD = ["convert", "validate", "verify", "show"]
ROOT = str(Path(__file__).resolve().parents[3])


def document(call):
    user = {"LineNumber": "123456789", "CallSequence": str(call)}
    variables = [{"VarName": "NAME", "VarValue": "ñ" * 20}]
    return json.dumps({"ApiCall": {"UserID": user, "Infocaller": {"CallType": "R"}, "CustVars": {"CustVar": variables}}})


def record(call, body=None):
    body = "apiInfocaller=" + quote_plus(document(call)) if body is None else body
    return json.dumps({"method": "POST", "url": "http://h/", "header": {}, "body": base64.b64encode(body.encode()).decode()}) + "\n"


@pytest.fixture
def capture(tmp_path):
    """A capture whose records 1, 500 and the last are broken, with a torn line and a blank one among them."""
    lines = [record(call) for call in range(1, MANY + 1)]
    lines[0] = record(0, "apiInfocaller=%3CApiCall")
    lines[499] = record(0, '{"ApiCall":{"UserID":{"LineNumber":"1","LineNumber":"2"}}}')
    lines[699] = '{"method":"POST","url":"http://h/","bo\n'
    lines[799] = "\r\n"
    lines[MANY - 1] = record(0, "")
    (tmp_path / "calls.ndjson").write_text("".join(lines))
    return "calls.ndjson"


def calls(output):
    return [json.loads(line)["ApiCall"]["UserID"]["CallSequence"] for line in output.splitlines()]


def test_order_errors_and_bytes_do_not_depend_on_the_processes(run, capture):
    results = [run("convert", "--to", "json", *jobs, capture) for jobs in ((), ("--jobs", "1"), ("--jobs", "2"), ("--jobs", "7"))]
    first = results[0]
    assert first.code == 3
    assert calls(first.out) == [str(call) for call in range(1, MANY + 1) if call not in (1, 500, 700, 800, MANY)]
    blamed = [line.partition(": ")[2].split(":")[0] for line in first.err.splitlines() if line.startswith("error")]
    assert blamed == ["calls.ndjson#1", "calls.ndjson#500", f"calls.ndjson#{MANY}"]
    assert "warning: calls.ndjson#700: no complete record, skipped\n" in first.err
    assert [(done.code, done.stdout, done.stderr) for done in results[1:]] == [first] * 3


def test_lines_are_readable_again(run, tmp_path):
    (tmp_path / "calls.ndjson").write_text("".join(record(call) for call in range(1, 451)))
    there = run("convert", "calls.ndjson", "-o", "calls.xml.txt")
    assert (there.code, there.out) == (0, "")
    assert (tmp_path / "calls.xml.txt").read_text().count("\n") == 450
    back = run("convert", "calls.xml.txt")
    assert back.code == 0
    assert calls(back.out) == [str(call) for call in range(1, 451)]
    again = run("convert", "-", stdin=back.stdout)
    assert again.stdout == (tmp_path / "calls.xml.txt").read_bytes()
    assert again.out.count("&#241;") == 450 * 20


def test_lines_of_both_formats_are_readable_again(run, signed, tmp_path):
    (tmp_path / "calls.ndjson").write_text(record(1) + record(2, signed(call="2")) + record(3) + record(4, signed(call="4")))
    there = run("convert", "calls.ndjson")
    assert [line[0] for line in there.out.splitlines()] == ["<", "{", "<", "{"]
    back = run("convert", "--to", "json", "-", stdin=there.stdout)
    assert (back.code, calls(back.out)) == (0, ["1", "2", "3", "4"])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_first_lines_before_a_truncation_are_converted(run, tmp_path, jobs):
    """Fewer than two chunks: no process is started."""
    noisy = "".join(json.dumps(json.loads(record(call)) | {"noise": os.urandom(200).hex()}) + "\n" for call in range(1, 101))
    data = gzip.compress(noisy.encode())
    (tmp_path / "calls.ndjson.gz").write_bytes(data[: len(data) * 9 // 10])
    done = run("convert", "--to", "json", "--jobs", jobs, "calls.ndjson.gz")
    assert done.code == 3
    assert calls(done.out)[:50] == [str(call) for call in range(1, 51)]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_came_before_a_truncation_is_converted(run, tmp_path, jobs):
    # Noise does not compress: cutting a tenth of the file cuts about a tenth of the records
    noisy = "".join(json.dumps(json.loads(record(call)) | {"noise": os.urandom(200).hex()}) + "\n" for call in range(1, 901))
    data = gzip.compress(noisy.encode())
    (tmp_path / "calls.ndjson.gz").write_bytes(data[: len(data) * 9 // 10])
    judged = run("validate", "--json", "calls.ndjson.gz")
    readable = [json.loads(line)["call"] for line in judged.out.splitlines()]
    assert judged.code == 3
    assert 700 < len(readable) < 900
    done = run("convert", "--to", "json", "--jobs", jobs, "calls.ndjson.gz")
    assert done.code == 3
    assert calls(done.out) == readable
    assert "cannot be read to its end" in done.err


def test_a_broken_recorded_answer_does_not_hide_its_request(run):
    line = json.loads(record(1)) | {"resp": {"status": 200, "header": {}, "body": "no base64!"}}
    done = run("convert", "--to", "json", "-", stdin=json.dumps(line) + "\n" + record(2))
    assert calls(done.out) == ["1", "2"]


@pytest.mark.parametrize("command", SPREAD)
def test_memory_does_not_grow_with_the_capture(run, tmp_path, command):
    few = "".join(record(call) for call in range(1, 501)) * 5
    (tmp_path / "few.ndjson").write_text(few)
    (tmp_path / "many.ndjson").write_text(few * 5)
    peaks = {}
    for name in ("few", "many"):
        done = run(command, "--jobs", "2", f"{name}.ndjson", code=MEASURED, env={"INFOCALLER_PASSWORD": "3956"})
        assert done.code == (command in ("validate", "verify"))  # they are not signed
        peaks[name] = int(done.err.split("peak ")[1])
    assert peaks["many"] <= 1.1 * peaks["few"] + 2 * 1024 * 1024


# ---- ending early ----


def kill(process):
    """End what is left of its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def start(tmp_path):
    """A function: the command in a process group of its own, under way."""
    started = []

    def begin(*arguments, **more):
        process = subprocess.Popen(
            [sys.executable, "-m", "infocaller_cli", *arguments],
            cwd=tmp_path,
            start_new_session=True,
            env={**os.environ, "INFOCALLER_CONFIG": os.devnull, "PYTHONPATH": ROOT},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,
        )
        watchdog = threading.Timer(PATIENCE, kill, [process])  # whatever waits for it must not wait for ever
        watchdog.start()
        started.append((process, watchdog))
        return process

    yield begin
    for process, watchdog in started:
        watchdog.cancel()
        kill(process)
        process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()


def feed(process):
    """Give it 2000 records and leave stdin open: it waits for more. In a thread: it stops reading once nobody takes its output."""

    def write():
        with suppress(OSError, ValueError):
            process.stdin.write("".join(record(call) for call in range(1, 2001)).encode())
            process.stdin.flush()

    threading.Thread(target=write, daemon=True).start()


def assert_nobody_is_left(process):
    """No process of the group lives on (they may take a moment to be gone)."""
    for _ in range(600):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("processes were left behind")


@pytest.mark.parametrize("command", SPREAD)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_closed_pipe_is_no_error(start, tmp_path, jobs, command):
    (tmp_path / "calls.ndjson").write_text("".join(record(call) for call in range(1, 501)) * 10)
    process = start(command, "--jobs", jobs, "calls.ndjson", stdin=subprocess.DEVNULL)
    assert process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(60), said) == (0, b"")
    assert_nobody_is_left(process)


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "calls.ndjson"),
        ("validate", "--output", "sarif", "calls.ndjson"),
        ("show", "calls.ndjson"),
        ("show", "--json", "calls.ndjson"),
    ],
)
def test_a_closed_pipe_is_no_error_elsewhere(start, tmp_path, arguments):
    (tmp_path / "calls.ndjson").write_text("".join(record(call) for call in range(1, 501)) * 2)
    process = start(*arguments, stdin=subprocess.DEVNULL)
    process.stdout.read(1)
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(60), said) == (0, b"")


@pytest.mark.parametrize("command", SPREAD)
def test_who_is_killed_leaves_nobody(start, command):
    process = start(command, "--jobs", "2", "-", stdin=subprocess.PIPE)
    feed(process)
    assert process.stdout.readline()
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    assert_nobody_is_left(process)


@pytest.mark.parametrize("arguments", [("rules",), ("sample", "fin"), ("convert", "-")])
def test_nobody_reading_at_all_is_no_error(start, signed, arguments):
    process = start("-q", *arguments, stdin=subprocess.PIPE)
    process.stdout.close()
    process.stdin.write(signed().encode())
    process.stdin.close()
    said = process.stderr.read()
    assert process.wait(60) == 0
    assert b"Traceback" not in said


@pytest.mark.parametrize("command", SPREAD)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_everything_quietly(start, jobs, command):
    process = start(command, "--jobs", jobs, "-", stdin=subprocess.PIPE)
    feed(process)
    assert process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(60) == 130
    assert b"Traceback" not in said
    assert b"Error" not in said
    assert_nobody_is_left(process)


def has_unfinished(process, folder):
    """Whether it writes a file there that has no name yet, or a hidden one."""
    if any(path.name.startswith(".") for path in folder.iterdir()):
        return True
    with suppress(OSError):
        return any(os.readlink(link).startswith(f"{folder}/#") for link in Path(f"/proc/{process.pid}/fd").iterdir())
    return False


def test_ctrl_c_leaves_out_as_it_was(start, tmp_path):
    (tmp_path / "out.txt").write_text("precious")
    process = start("convert", "-", "-o", "out.txt", stdin=subprocess.PIPE)
    feed(process)
    while process.poll() is None and not has_unfinished(process, tmp_path):
        time.sleep(0.02)  # until it writes
    os.killpg(process.pid, signal.SIGINT)
    said = process.stderr.read()
    assert (process.wait(60), said.strip()) == (130, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert (tmp_path / "out.txt").read_text() == "precious"


# ---- one file a document ----


def test_output_dir_names_files_after_source_and_index(run, signed, tmp_path):
    (tmp_path / "calls.ndjson").write_text(record(1) + "\n" + record(0, "{") + record(4))
    (tmp_path / "one.b.xml").write_text(signed())
    with gzip.open(tmp_path / "more.ndjson.gz", "wt") as stream:
        stream.write(record(7))
    done = run("convert", "calls.ndjson", "one.b.xml", "more.ndjson.gz", "-", "--output-dir", "new/out", stdin=signed())
    assert (done.code, done.out) == (3, "")
    assert sorted(path.name for path in (tmp_path / "new/out").iterdir()) == [
        "calls-1.xml",
        "calls-4.xml",
        "more-1.xml",
        "one.b.json",
        "stdin.json",
    ]
    assert "calls.ndjson#3" in done.err
    assert (tmp_path / "new/out/calls-4.xml").read_text().count("\n  ") > 3  # indented: each is a single document


def test_output_dir_never_overwrites_unasked(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "a.json").write_text("precious")
    done = run("convert", "a.xml", "--output-dir", ".")
    assert (done.code, (tmp_path / "a.json").read_text()) == (2, "precious")
    assert "--force" in done.err
    assert run("convert", "a.xml", "--output-dir", ".", "--force").code == 0
    assert json.loads((tmp_path / "a.json").read_text())["ApiCall"]["UserID"]["LineNumber"] == "123456789"


def test_output_dir_never_writes_one_file_twice(run, signed, tmp_path):
    for folder, call in (("x", "1"), ("y", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.xml").write_text(signed(call=call))
    done = run("convert", "x/a.xml", "y/a.xml", "--output-dir", "out", "--force")
    assert done.code == 2
    assert json.loads((tmp_path / "out/a.json").read_text())["ApiCall"]["UserID"]["CallSequence"] == "1"


def test_output_dir_that_is_a_file_is_wrong_usage(run, signed, tmp_path):
    (tmp_path / "taken").write_text("precious")
    assert run("convert", "-", "--output-dir", "taken", stdin=signed()).code == 2
    assert (tmp_path / "taken").read_text() == "precious"
