"""A command that prints the state: what it costs at most, and what is left of it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from infocaller_cli.traffic.conformance.observer import LONGEST, Observer, UnobservedError


def look(command, seconds=30.0):
    return asyncio.run(Observer(command, seconds).look())


def is_gone(number):
    """Whether no process runs under a number; one that nobody has waited for runs no more."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] in ("", "Z")


def test_what_it_prints():
    assert look("printf '%s\\n' 17; echo nobody reads it >&2") == "17\n"
    assert look("cat") == ""  # no standard input
    assert look("printf '\\351'") == "\ufffd"
    assert len(look(f"head -c {LONGEST} /dev/zero")) == LONGEST


def test_much_on_stderr_blocks_nothing():
    assert look("head -c 1000000 /dev/zero >&2; echo 17") == "17\n"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"head -c {LONGEST + 1} /dev/zero", "printed more than"),
        ("cat /dev/zero", "printed more than"),
        ("exit 3", "exit code 3$"),
        ("echo 17; echo no database >&2; exit 1", "exit code 1: no database$"),
        ("printf '%01000d' 0 >&2; false", "exit code 1: 0{160}$"),
        ("nobody-has-this", r"exit code 127 \(a command in it was not found\): "),
        ("kill -TERM $$", "ended by signal 15$"),
        ("echo a\0b", "the shell cannot be run: embedded null byte"),
    ],
)
def test_why_there_is_nothing(command, why):
    with pytest.raises(UnobservedError, match=re.compile(why)):
        look(command)


@pytest.mark.parametrize("command", ["sleep 1000", "cat /dev/zero > /dev/null", "sleep 1000 & echo 17", "trap '' TERM; sleep 1000 | cat"])
def test_what_takes_too_long_is_ended_with_all_it_started(command, tmp_path):
    file = tmp_path / "pid"
    with pytest.raises(UnobservedError, match=r"longer than 0\.5 s"):
        look(f"echo $$ > {file}; {command}", 0.5)
    done = subprocess.run(["ps", "-o", "stat=", "-g", file.read_text().strip()], capture_output=True, text=True, check=False)
    assert [state for state in done.stdout.split() if not state.startswith("Z")] == []


def test_ctrl_c_ends_it_too(tmp_path):
    file = tmp_path / "pid"
    command = [sys.executable, "-m", "infocaller_cli", "check-endpoint", "http://127.0.0.1:1/", "--event", "FIN", "--observe"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path), "INFOCALLER_PASSWORD": "3956"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*command, f"echo $$ > {file}; exec sleep 1000"], env=environment, **streams)
    for _ in range(1200):
        if file.exists() and file.read_text().endswith("\n"):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "nothing was checked; 0 requests, interrupted\n"), err
    assert "Traceback" not in err
    assert is_gone(int(file.read_text()))


def test_no_configuration_can_name_it(run, tmp_path):
    """A folder's file may have come with a cloned repository."""
    for text in ('observe = "touch gone"\n', '[check-endpoint]\nobserve = "touch gone"\n'):
        (tmp_path / "infocaller.toml").write_text(text)
        variables = {"INFOCALLER_PASSWORD": "3956", "INFOCALLER_OBSERVE": "touch gone"}
        assert run("check-endpoint", "http://127.0.0.1:1/", "--event", "FIN", env=variables).code in (2, 4)
        assert not (tmp_path / "gone").exists()
