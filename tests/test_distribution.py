"""What is built: reproducible, complete, nothing else, and at home where it is installed."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PARTS = ("infocaller_cli", "completions", "man", "tests")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".gitignore")
UNWANTED = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", "*.egg-info")


def build(folder):
    """Build sdist and wheel in a copy of the project; its files are younger than those here."""
    source = folder / "source"
    source.mkdir()
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=UNWANTED, copy_function=shutil.copyfile)
    for name in FILES:
        shutil.copyfile(ROOT / name, source / name)
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder / "dist"]
    subprocess.run(command, cwd=source, check=True, capture_output=True, umask=0o077 if folder.name == "second" else 0o022)
    return {path.suffix: path for path in (folder / "dist").iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The two archives, by their suffix."""
    (folder := tmp_path_factory.mktemp("built") / "first").mkdir()
    return build(folder)


def ours():
    kinds = (".py", ".typed", ".txt", ".toml")
    return {str(path.relative_to(ROOT)) for path in (ROOT / "infocaller_cli").rglob("*") if path.suffix in kinds}


def test_the_same_source_gives_the_same_archives(built, tmp_path):
    (tmp_path / "second").mkdir()
    again = build(tmp_path / "second")
    for suffix, path in built.items():
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(again[suffix].read_bytes()).digest(), suffix


def test_the_wheel_has_the_package_its_pages_and_completions_and_nothing_else(built):
    names = zipfile.ZipFile(built[".whl"]).namelist()
    data = {re.sub(r"^[^/]+\.data/data/", "", name) for name in names if ".data/data/" in name}
    assert data == {
        "share/bash-completion/completions/infocaller",
        "share/zsh/site-functions/_infocaller",
        "share/fish/vendor_completions.d/infocaller.fish",
        *(f"share/man/man{path.name[-1]}/{path.name}" for path in (ROOT / "man").glob("man?/*")),
    }
    package = {name for name in names if name.startswith("infocaller_cli/")}
    assert package == ours()
    rest = {re.sub(r"^[^/]+\.dist-info/", "", name) for name in names} - data - package
    rest = {name for name in rest if ".data/" not in name}
    assert rest == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_has_what_is_needed_to_build_and_test(built):
    with tarfile.open(built[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ours() | {name for name in FILES if name != ".gitignore"}
    wanted |= {
        f"{folder}/{path.name}"
        for folder in ("completions", "man/man1", "man/man5", "man/man7", "man/source/text")
        for path in (ROOT / folder).iterdir()
    }
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py")}
    assert wanted <= names
    assert all(name.startswith(PARTS) or name in (*FILES, "PKG-INFO") for name in names)
    assert not any("__pycache__" in name for name in names)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The prefix below which the wheel is installed."""
    prefix = tmp_path_factory.mktemp("installed") / "prefix"
    # without --ignore-installed pip would take the project out of the environment that runs this
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--ignore-installed",
        "--prefix",
        prefix,
    ]
    subprocess.run([*pip, built[".whl"]], check=True, capture_output=True)
    return next(prefix.rglob("bin/infocaller")).parents[1]


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_man_finds_the_pages_of_an_installed_wheel(installed):
    command = installed / "bin" / "infocaller"
    environment = {"PATH": f"{command.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    found = subprocess.run(["man", "-w", "infocaller-replay"], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(installed / "share/man/man1/infocaller-replay.1")


BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
SHELLS = {
    "bash": f"source {BASH_COMPLETION}; _completion_loader infocaller; complete -p infocaller",
    "zsh": "fpath=($XDG_DATA_DIRS/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[infocaller]",
    "fish": "complete --do-complete 'infocaller send-ev'",
}
SAYS = {"bash": "complete -F _infocaller infocaller", "zsh": "_infocaller", "fish": "send-event\tSend an event, as Infocaller does"}


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_find_the_completions_of_an_installed_wheel(installed, shell, tmp_path):
    if not shutil.which(shell) or (shell == "bash" and not BASH_COMPLETION.exists()):
        pytest.skip(f"{shell} or its completion is not installed")
    packages = next(installed.rglob("site-packages"))
    environment = {
        "PATH": f"{installed}/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_DATA_DIRS": f"{installed}/share",
        "LANG": "C.UTF-8",
    }
    environment["PYTHONPATH"] = os.pathsep.join((str(packages), *filter(None, sys.path)))
    done = subprocess.run([shell, "-c", SHELLS[shell]], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == SAYS[shell], done.stderr


def test_the_lowest_versions_that_ci_tests_are_the_bounds():
    constraints = dict(line.split("==") for line in (ROOT / ".ci" / "lowest.txt").read_text().splitlines() if line[:1] not in ("#", ""))
    required = PROJECT["project"]["dependencies"] + [
        one for extra in ("test", "keyring", "load") for one in PROJECT["project"]["optional-dependencies"].get(extra, ())
    ]
    bounds = dict(re.match(r"([\w.-]+)>=([\w.]+)", text).groups() for text in required if "[" not in text)
    assert constraints == bounds


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    block = text.partition("dependencies = [")[2].partition("\n]")[0]
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    for before, line in itertools.pairwise(lines):
        assert not line.startswith('"') or before.startswith("#"), line


def test_ci_has_a_version_for_everything_it_installs():
    pinned = {line.partition("==")[0].lower().replace("-", "_") for line in (ROOT / ".ci" / "constraints.txt").read_text().splitlines()}
    wanted = PROJECT["project"]["dependencies"] + [
        one for extra in ("test", "lint", "load") for one in PROJECT["project"]["optional-dependencies"][extra]
    ]
    assert {re.match(r"[\w.-]+", text)[0].lower().replace("-", "_") for text in wanted if "[" not in text} <= pinned
    assert os.access(ROOT / ".ci" / "run", os.X_OK) or (ROOT / ".ci" / "run").read_text().startswith("#!")
