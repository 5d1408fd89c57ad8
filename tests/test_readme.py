"""The README's examples are run as they stand, in order, in an empty folder, and print what they say."""

import os
import re
import subprocess
import sys
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


def test_every_example_prints_what_the_readme_says(tmp_path):
    shim = tmp_path / "bin" / "infocaller"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infocaller_cli "$@"\n')
    shim.chmod(0o755)
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {"PATH": f"{shim.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    for command, expected in examples():
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
        )
        printed = done.stdout.decode() + (f"[exit {done.returncode}]\n" if done.returncode else "")
        assert printed == expected, command
    # The library example reads the payload made above
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[0]], cwd=folder, env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.stdout.decode().splitlines() == ["fin 98565656 123456789", "True", "[]", "True"], done.stderr


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


def test_the_benchmark_it_names_starts():
    assert "python tests/benchmarks/run.py" in README
    run = [sys.executable, "tests/benchmarks/run.py", "--help"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_toml_example_is_a_configuration(tmp_path):
    from infocaller_cli.cli.report import Report
    from infocaller_cli.config.file import load

    path = tmp_path / "infocaller.toml"
    path.write_text(blocks("toml")[0])
    (tmp_path / "password").write_text("3956")
    config = load(str(path), Report())
    assert config.country == "34"
    assert config.lines["123456789"].password_file == tmp_path / "password"
