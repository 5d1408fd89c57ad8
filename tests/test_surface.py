"""What users import: these names, each where it is said to be, at no cost before it is asked for, with the types they rely on."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import infocaller_cli
import infocaller_cli.testing

ROOT = Path(__file__).parents[1]
# A name that goes breaks programs, one that comes is a promise: both are decided here
SURFACE = {
    infocaller_cli: {
        "__version__",
        *("decode", "encode", "convert", "validate", "sign", "verify"),
        *("Decoded", "Document", "Finding", "Verdict"),
        *("InfocallerError", "InputError", "DecodeError", "EncodeError", "SignatureError", "UsageError"),
        *("Query", "Answer", "QueryError", "Event"),
        *("Reply", "answer", "answer_async", "create_app", "create_wsgi_app", "receive", "SqliteSeen"),
    },
    infocaller_cli.testing: {"Infocaller", "Message", "Outcome", "Simulated", "Variables"},
}
PACKAGES = pytest.mark.parametrize("package", SURFACE, ids=lambda package: package.__name__)
NAMES = pytest.mark.parametrize(("package", "name"), [(package, name) for package, names in SURFACE.items() for name in sorted(names)])


def homes(package):
    """Name -> where type checkers are told to find it."""
    for node in ast.parse(Path(package.__file__).read_text("utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return {alias.name: f".{one.module}" for one in node.body for alias in one.names}
    raise AssertionError("it says nothing to type checkers")


@PACKAGES
def test_the_names(package):
    assert sorted(package.__all__) == sorted(SURFACE[package])
    assert set(homes(package)) == SURFACE[package]
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'decoder'"):
        package.decoder  # noqa: B018


@NAMES
def test_each_is_the_one_of_its_home_and_says_what_it_is(package, name):
    found = getattr(package, name)
    assert found is getattr(importlib.import_module(homes(package)[name], package.__name__), name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert inspect.getdoc(found)


@PACKAGES
def test_importing_it_imports_nothing_else(run, package):
    name = package.__name__
    script = f"import sys; before = set(sys.modules); import {name}; print(*sorted(set(sys.modules) - before))"
    assert run(code=script).out.split() == sorted({"infocaller_cli", name})


def test_a_star_brings_the_names(run):
    script = "from infocaller_cli import *; print(*sorted(set(dir()) & set(__import__('infocaller_cli').__all__)))"
    assert run(code=script).out.split() == sorted(SURFACE[infocaller_cli])


def test_every_error_is_ours():
    from infocaller_cli import DecodeError, EncodeError, InfocallerError, InputError, SignatureError, UsageError

    for error in (DecodeError, EncodeError, InputError, SignatureError, UsageError):
        assert issubclass(error, InfocallerError)


def test_the_types_are_those_that_users_rely_on(tmp_path):
    """From outside, without our settings: what is installed must say its types itself."""
    environment = {**os.environ, "MYPYPATH": str(ROOT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "--cache-dir", tmp_path / "cache"]
    done = subprocess.run(
        [*command, ROOT / "tests/typing/surface.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout == "Success: no issues found in 1 source file\n", done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", ["README.md", "CHANGELOG.md", *sorted(f"man/source/text/{one.name}" for one in (ROOT / "man/source/text").iterdir())]
)
def test_no_text_for_users_names_what_is_inside(path):
    inside = re.findall(r"infocaller_cli[./](?!(?:testing|load)\b)\w+", (ROOT / path).read_text("utf-8"))
    assert inside == []
