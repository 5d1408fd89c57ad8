"""The hook for pre-commit, run by pre-commit itself on a repository of its own; and what a commit to this project must pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
BAD = '{"ApiCall":{"Status":{"Result":"0","ResultText":""},"CustVars":{"CustVar":[{"VarName":"A_B","VarValue":""}]}}}'
WARNED = '{"ApiCall":{"Status":{"Result":"0"},"CustVars":{"CustVar":[]}}}'


@pytest.fixture
def commit(tmp_path):
    """A function: the exit code and the output of the hook on these files (text by name), with `more` in its configuration."""
    shim = tmp_path / "bin" / "infocaller"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infocaller_cli "$@"\n')
    shim.chmod(0o755)
    kept = {"PATH": f"{shim.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def run(files, /, **more):
        repository = tmp_path / "repository"
        for name, text in files.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text)
        (hook,) = yaml.safe_load(MANIFEST.read_text())
        # The installed one instead of a new environment: only how it gets there differs
        local = {"repos": [{"repo": "local", "hooks": [hook | {"language": "system"} | more]}]}
        (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
        for command in (["git", "init", "-q"], ["git", "add", "."]):
            subprocess.run(command, cwd=repository, env=kept, check=True, timeout=60)
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose", "--color", "never"]
        done = subprocess.run(command, cwd=repository, env=kept, capture_output=True, text=True, timeout=120, check=False)
        assert done.stderr == "", done.stderr
        return done.returncode, done.stdout

    return run


def test_the_manifest_is_one():
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_judges_what_is_called_infocaller_and_nothing_else(commit):
    files = {
        "pom.xml": "<project/>",
        "package.json": "{}",
        "infocaller.toml": "",
        "tests/data/Infocaller/fin answer.json": WARNED,
        "tests/infocaller-answer.json": BAD,
        "tests/infocaller.ndjson": "",
    }
    code, out = commit(files)
    assert code == 1
    assert "tests/infocaller-answer.json:1: error IC401: " in out
    assert "tests/data/Infocaller/fin answer.json: valid: response, json" in out
    assert not any(name in out for name in ("pom.xml", "package.json", "infocaller.toml"))


def test_a_good_commit_passes_and_strict_is_an_argument(commit):
    files = {"infocaller/a.json": WARNED}
    assert commit(files)[0] == 0
    code, out = commit(files, args=["--strict"])
    assert code == 1
    assert "error IC502" in out


def test_files_is_the_user_s(commit):
    code, out = commit({"payloads/a.txt": BAD, "infocaller/b.json": BAD}, files="^payloads/")
    assert code == 1
    assert "payloads/a.txt" in out
    assert "b.json" not in out


def test_nothing_to_judge_is_nothing_wrong(commit):
    code, out = commit({"pom.xml": "<project/>"})
    assert (code, "no files to check" in out) == (0, True)


def test_a_commit_must_pass_what_ci_asks():
    configuration = ROOT / ".pre-commit-config.yaml"
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    (local,) = yaml.safe_load(configuration.read_text())["repos"]
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in local["hooks"])
    asked = re.findall(r"^\.venv/bin/((?:ruff|mypy).*)$", (ROOT / ".ci" / "run").read_text(), flags=re.MULTILINE)
    assert [hook["entry"] for hook in local["hooks"]] == asked == ["ruff check .", "ruff format --check .", "mypy"]
