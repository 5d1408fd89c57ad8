"""CONTRIBUTING.md: its commands are run, what it names is there, and a newcomer finds from it what newcomers look for."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "infocaller_cli"


def test_it_is_short():
    assert len(TEXT.splitlines()) < 150


def test_every_file_it_names_is_there():
    named = {name for name in re.findall(r"`([\w./-]+)`", TEXT) if re.search(r"\.(py|md|txt|toml)$|/", name)}
    named -= {name for name in named if re.search(r"NAME|ICnnn|WHAT", name)}
    assert len(named) > 30
    missing = [
        name
        for name in named
        if not any((folder / name).exists() for folder in (ROOT, PACKAGE, PACKAGE / "cli", PACKAGE / "cli/documents"))
    ]
    assert sorted(missing) == sorted(name for name in missing if list(PACKAGE.rglob(name)))  # a file named without its folder


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("IC209", r'"IC209", "warning"'),
        ("(idle", r"^PATIENCE = "),
        ("passwords are looked for", r"--password-file, INFOCALLER_PASSWORD, the configuration"),
        ("of a wrong signature", r'\("not valid", "red"\)'),
        ("field names of a capture", r'\{"ts", "method", "url"'),
    ],
)
def test_a_newcomer_finds(words, fact):
    (row,) = [line for line in TEXT.splitlines() if line.startswith("|") and words in line]
    files = [PACKAGE / name for name in re.findall(r"`([\w/]+\.py)`", row)]
    assert any(re.search(fact, path.read_text("utf-8"), flags=re.MULTILINE) for path in files if path.exists()), row


def commands():
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL) for line in block.splitlines()]


def test_two_commands_run_it_and_test_it(tmp_path):
    """In the environment at hand; how it is made, CI tries from the README. Of the tests, one file."""
    run, test = commands()
    made, shown = run.rsplit(" && ", 1)
    assert "pip install --quiet -e '.[test,lint]'" in made
    (shim := tmp_path / "bin" / "infocaller").parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infocaller_cli "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "bin/python").symlink_to(sys.executable)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**surroundings, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), *sys.path)))}
    for command, expected in ((shown, r"^infocaller \d"), (f"{test} -p no:cacheprovider tests/codec/test_values.py", r"^\.+ +\[")):
        ours = shlex.split(command.replace(".venv/bin", str(tmp_path / "bin")).replace("-n auto", "-n 0"))
        done = subprocess.run(ours, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(expected, done.stdout, flags=re.MULTILINE)


def test_the_other_commands_start():
    for script in ("tests/mutations/run.py", "tests/fuzz/fuzz_decode.py"):
        assert f"`{script}`" in TEXT
        done = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0 or b"atheris" in done.stderr, script  # the fuzzer's library is not among ours
    assert "`python man/source`" in TEXT
    assert "hatchling build" in TEXT


def test_the_folders_of_vectors():
    named = set(re.findall(r"^\| `(\w+)(?:/ICnnn)?` \|", TEXT, flags=re.MULTILINE))
    there = {path.name for path in (ROOT / "tests/vectors").iterdir()}
    assert len(named) > 5
    assert named <= there
