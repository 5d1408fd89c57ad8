"""The README's examples are run as they stand, in order, in an empty folder, and print what they say."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def examples():
    """(command, what it prints) of every console block, in order."""
    for block in blocks("console"):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return str(sock.getsockname()[1])


def alike(text):
    """Times differ from run to run."""
    text = re.sub(r"\b[\d.]+ ms\b", "N ms", text)
    text = re.sub(r"in [\d.]+ s, [\d,]+/s", "in N s, N/s", text)
    return re.sub(r"(p50|p95|p99|max) [\d.]+", r"\1 N", text)


class Console:
    """A folder in which the examples run one after the other. What ends with & goes on until `close`."""

    def __init__(self, tmp_path):
        shims = tmp_path / "bin"
        shims.mkdir()
        for name, module in (("infocaller", "infocaller_cli"), ("pytest", "pytest")):
            (shim := shims / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            shim.chmod(0o755)
        self.folder = tmp_path / "empty"
        self.folder.mkdir()
        self.environment = {
            "PATH": f"{shims}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
        }
        # The README's ports may be taken on this machine
        self.ports = {port: free_port() for port in ("8080", "8765")}
        self._out = tmp_path / "out"
        self._servers = []

    def ported(self, text):
        for port, free in self.ports.items():
            text = text.replace(port, free)
        return text

    def run(self, command, expected):
        """What a command prints; of a server, until it has printed what is expected."""
        command, expected = self.ported(command), self.ported(expected)
        with self._out.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command.removesuffix('&')}" if command.endswith("&") else command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        if command.endswith("&"):
            self._servers.append(process)
            self._out.rename(self._out.with_name(f"server{len(self._servers)}"))
            shown = self._out.with_name(f"server{len(self._servers)}")
            deadline = time.monotonic() + 60
            while shown.read_text() != expected and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.02)
            return shown.read_text(), expected
        code = process.wait(60)
        return self._out.read_text() + (f"[exit {code}]\n" if code else ""), expected

    def close(self):
        for process in self._servers:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in self._servers] == [0] * len(self._servers)


def test_every_example_prints_what_the_readme_says(tmp_path):
    console = Console(tmp_path)
    *files, library = blocks("python")
    for text in files:
        name = re.match(r"# (\S+\.py)\n", text)[1]
        (console.folder / name).write_text(text)
    try:
        for command, output in examples():
            printed, expected = console.run(command, output)
            assert alike(printed) == alike(expected), command
        # The library example reads the payload made above
        done = subprocess.run(
            [sys.executable, "-c", library], cwd=console.folder, env=console.environment, capture_output=True, timeout=60, check=False
        )
        assert done.stdout.decode().splitlines() == ["FIN 98565656 2026-11-23 10:00:00 123456789", "200 text/xml 259"], done.stderr
    finally:
        console.close()


def test_there_are_two_setup_commands_and_they_are_those_of_ci():
    setup = blocks("sh")
    assert len(setup) == 2
    assert "infocaller verify" in setup[0]
    assert "pytest" in setup[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_main_job_on_the_body_a_server_received():
    verify = blocks("sh")[0].rpartition("&&")[2].replace(".venv/bin/infocaller", f"{sys.executable} -m infocaller_cli")
    done = subprocess.run(["bash", "-c", verify], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"valid: the signature proves line and call id" in done.stdout


def test_every_command_is_in_the_table():
    from infocaller_cli.cli.app import COMMANDS

    for command in COMMANDS:
        assert re.search(rf"^\| `{command}[ `]", README, flags=re.MULTILINE), command


def test_the_benchmarks_it_names_start():
    named = re.findall(r"`python (tests/benchmarks/\w+\.py)`", README)
    assert named
    for script in named:
        done = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b""), script


def test_the_workflow_names_files_and_actions_that_hold_still():
    """A tag of an action can be moved; a pull request brings its own configuration."""
    (workflow,) = blocks("yaml")
    assert all(re.search(r"@[0-9a-f]{40}\b", line) for line in workflow.splitlines() if "uses:" in line)
    assert "contents: read" in workflow
    commands = re.findall(r"run: (infocaller .*)", workflow)
    assert commands
    assert all(" --config /dev/null " in command for command in commands)
