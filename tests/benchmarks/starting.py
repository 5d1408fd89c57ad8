"""How soon a command is done, beside Python's own start, HTTPie and check-jsonschema in the same run.

Whole processes of installed console scripts, in turn; a ratio is the median over rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import data
from measure import Row, environment, say

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
        "infocaller --version": ([ours, "--version"], {}),
        "infocaller send-event --help": ([ours, "send-event", "--help"], {}),
        "Tab after infocaller send-": ([ours, "send-"], asked),
        "Tab after infocaller validate --ignore IC4": ([ours, "validate", "--ignore", "IC4"], asked),
        "Tab after infocaller send-query": ([ours, "send-query", ""], asked),
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


# Ours, what stands beside it, what the ratio must be and would be at its best, its name in the README
PAIRS = (
    ("infocaller --help", _PYTHON, 5.5, 2.0, "`--help`"),
    ("infocaller send-event --help", _PYTHON, 5.5, 2.0, ""),
    ("infocaller --version", _PYTHON, 2.5, 1.5, "`--version`"),
    ("Tab after infocaller send-", _PYTHON, 3.0, 1.5, "Tab"),
    ("Tab after infocaller validate --ignore IC4", _PYTHON, 3.0, 1.5, ""),
    ("Tab after infocaller send-query", _PYTHON, None, None, ""),
    ("infocaller --help", "http --help", 1.0, None, ""),
    ("infocaller --help", "check-jsonschema --help", 1.0, None, ""),
    ("infocaller verify payload.xml", "check-jsonschema of a document", 1.0, None, ""),
    ("infocaller verify payload.xml", "http --offline", 1.0, None, ""),
    ("infocaller verify payload.xml", _PYTHON, None, None, ""),
)


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here."""
    os.environ["HTTPIE_CONFIG_DIR"] = str(folder)
    say("starting commands")
    found = measured(commands(folder), 5 if quick else 31)
    for mine, other, most, moonshot, short in PAIRS:
        ratio = statistics.median(one / beside for one, beside in zip(found[mine], found[other], strict=True))
        shown = (_shown(found[name]) for name in (mine, other))
        yield Row(f"{mine} / {other}", *shown, ratio, None, most, moonshot, short=short)


def _shown(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"
