"""The house: which folder may import which, and no file in a circle. Every import counts, inside functions and for types too."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "infocaller_cli"
NAME = PACKAGE.name
MODULES = {
    ".".join((NAME, *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path for path in PACKAGE.rglob("*.py")
}
# Room -> what it may import of the rooms below it; itself, and the modules that stand at the top, it always may
BASE = {"errors", "files", "spelling", "streams", "version"}
BELOW = {
    "codec": set(),
    "calls": {"codec"},
    "config": {"codec"},
    "traffic.http": {"codec"},
    "traffic.send": {"traffic.http", "config", "codec"},
    "traffic.queries": {"traffic.send", "traffic.http", "config", "codec"},
    "traffic.simulate": {"calls", "traffic.send", "traffic.http", "config", "codec"},
    "traffic.captures": {"traffic.queries", "traffic.send", "traffic.http", "config", "codec"},
    "traffic.conformance": {"traffic.send", "traffic.http", "config", "codec"},
    "traffic.replay": {"traffic.captures", "traffic.send", "traffic.http", "config", "codec"},
    "testing": {"traffic.simulate", "calls", "traffic.queries", "traffic.send", "traffic.http", "config", "codec"},
    "load": {"traffic.simulate", "calls", "traffic.send", "traffic.http", "codec"},
    "cli": {
        *(
            "traffic.simulate",
            "traffic.conformance",
            "traffic.replay",
            "traffic.captures",
            "traffic.queries",
            "traffic.send",
            "traffic.http",
        ),
        *("calls", "config", "codec"),
    },
}


def room(module):
    """`infocaller_cli.traffic.http.client` -> `traffic.http`; a module at the top is a room of its own."""
    name = module.removeprefix(NAME).strip(".")
    return next((room for room in BELOW if f"{name}.".startswith(f"{room}.")), name)


@cache
def imports(module):
    """The modules of ours that a module imports, wherever in it the import stands."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join(filter(None, (*above, node.module)))
            found |= {name if (name := f"{base}.{alias.name}") in MODULES else base for alias in node.names}
    return found & set(MODULES) - {module}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_arrows_point_down_only(module):
    mine = room(module)
    if mine in ("", "__main__"):  # what users import, and `python -m`
        return
    allowed = BASE | BELOW.get(mine, set()) | {mine}
    assert {found for found in imports(module) if room(found) not in allowed} == set(), f"{mine} may import {sorted(allowed)}"


def test_no_file_imports_in_a_circle():
    try:
        TopologicalSorter({module: imports(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_every_import_of_a_neighbour_was_seen():
    """The test's own eyes: relative imports, those in functions and those for types."""
    relative = re.compile(r"^\s+from \.", re.MULTILINE)
    inside = [module for module, path in MODULES.items() if relative.search(path.read_text("utf-8"))]
    assert len(inside) > 50
    assert all(imports(module) for module in inside)


def test_no_room_gives_a_name_to_two_things():
    """A function of a room that is called as a file of it is gone once somebody has imported the file."""
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            files = {name.rpartition(".")[2] for name in MODULES if name.rpartition(".")[0] == module}
            defined = {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
            assert not files & defined, module


def test_the_tests_mirror_the_package():
    folders = {path.parent.relative_to(PACKAGE.parent / "tests") for path in (PACKAGE.parent / "tests").rglob("test_*.py")}
    known = {Path(*module.split(".")[1:]) for module, path in MODULES.items() if path.name == "__init__.py"} | {Path("man")}
    assert folders <= known


def test_the_library_needs_no_typer():
    """Nor does it get it by a detour: applications that import it, and their tests, have versions of their own."""
    library = sorted(name for name in MODULES if room(name) not in ("cli", "load", "__main__"))  # load needs Locust
    script = f"import sys\nsys.modules['typer'] = None\nfor name in {library}:\n    __import__(name)\nprint(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"infocaller_cli.config.file", "infocaller_cli.codec", "infocaller_cli.traffic.send.sender", "infocaller_cli.testing"} < set(
        library
    )
