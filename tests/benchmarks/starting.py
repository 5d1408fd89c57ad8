"""How soon a command is done, beside HTTPie's and check-jsonschema's in the same run: python tests/benchmarks/starting.py [--quick]

Whole processes of installed console scripts, in turn; a ratio is the median over rounds. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import data
from measure import environment
from serving import Row, show

_SCHEMA = '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["ApiCall"]}'
_PYTHON = "python -c pass"


def commands(folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is started: name -> command line, and what its environment has more."""
    (payload := folder / "payload.xml").write_bytes(data.document(1))
    (schema := folder / "schema.json").write_text(_SCHEMA)
    (document := folder / "document.json").write_text('{"ApiCall": {}}')
    scripts = Path(sys.executable).parent
    ours, http, check = (str(scripts / name) for name in ("infocaller", "http", "check-jsonschema"))
    asked = {"_INFOCALLER_COMPLETE": "bash"}
    return {
        _PYTHON: ([sys.executable, "-c", "pass"], {}),
        "infocaller --help": ([ours, "--help"], {}),
        "infocaller send-event --help": ([ours, "send-event", "--help"], {}),
        "Tab after infocaller send-": ([ours, "send-"], asked),
        "Tab after infocaller validate --ignore IC4": ([ours, "validate", "--ignore", "IC4"], asked),
        "infocaller verify payload.xml": ([ours, "verify", str(payload)], {}),
        "http --version": ([http, "--version"], {}),
        "http --help": ([http, "--help"], {}),
        "http --offline": ([http, "--offline", "--ignore-stdin", "http://127.0.0.1/"], {}),
        "check-jsonschema --help": ([check, "--help"], {}),
        "check-jsonschema of a document": ([check, "--schemafile", str(schema), str(document)], {}),
    }


def measured(programs: dict[str, tuple[list[str], dict[str, str]]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every program in every round, one after the other; the first round is not counted."""
    found: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, (command, more) in programs.items():
            start = time.perf_counter()
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment() | more, check=False)
            seconds = time.perf_counter() - start
            if done.returncode:
                raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr.decode()}")
            if number:
                found[name].append(seconds)
    return found


PAIRS = (
    ("infocaller --help", "http --help", 1.0),
    ("infocaller --help", "check-jsonschema --help", 1.0),
    ("infocaller send-event --help", "http --help", None),
    ("Tab after infocaller send-", "http --version", None),
    ("Tab after infocaller validate --ignore IC4", "http --version", None),
    ("infocaller verify payload.xml", "check-jsonschema of a document", 1.0),
    ("infocaller verify payload.xml", "http --offline", 1.0),
    ("infocaller verify payload.xml", _PYTHON, None),
)


def rows(found: dict[str, list[float]]) -> Iterator[Row]:
    """The table."""
    for ours, other, most in PAIRS:
        ratio = statistics.median(one / beside for one, beside in zip(found[ours], found[other], strict=True))
        yield Row(f"{ours} / {other}", *(_shown(found[name]) for name in (ours, other)), ratio, most=most)


def _shown(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"


def main() -> int:
    """Measure, print the table. Returns the exit code."""
    parser = argparse.ArgumentParser(description="How soon a command is done, beside HTTPie and check-jsonschema in the same run.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a look, not for a verdict")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))
        os.environ["HTTPIE_CONFIG_DIR"] = folder
        table = list(rows(measured(commands(Path(folder)), 5 if options.quick else 31)))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; medians of whole processes")
    show(table)
    return int(any(row.missed for row in table))


if __name__ == "__main__":
    sys.exit(main())
