"""How fast the project is, against floors and rivals in the same run: python tests/benchmarks/run.py [--quick]

A ratio is the median over pairs of runs beside each other. Exit code 1 if a target is missed. Needs the extra `bench`.
Floors are bare loops that do one step and check nothing; what is compared comes out the same, which is checked first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import data
from measure import Program, Usage, environment, floor, interleaved, measure, median, ours, own_peak, ratio

_TIMES = 5  # how much longer the long capture is


class Size(NamedTuple):
    """How much is measured."""

    documents: int
    starts: int
    rounds: int
    slow_rounds: int
    call_rounds: int


FULL = Size(20_000, 41, 7, 3, 41)
QUICK = Size(2_000, 15, 5, 2, 11)


class Row(NamedTuple):
    """A line of the table. `target`: the most the ratio may be; None where it is only reported."""

    what: str
    ours: str
    other: str
    ratio: float
    cpu: float | None = None
    target: float | None = None
    judged_by_cpu: bool = False

    @property
    def missed(self) -> bool:
        judged = self.cpu if self.judged_by_cpu and self.cpu is not None else self.ratio
        return self.target is not None and judged > self.target

    def cells(self) -> tuple[str, ...]:
        target = "" if self.target is None else f"<= {self.target:.2f}"
        verdict = "" if self.target is None else "MISSED" if self.missed else "ok"
        return self.what, self.ours, self.other, f"{self.ratio:.2f}", "" if self.cpu is None else f"{self.cpu:.2f}", target, verdict


def main() -> int:
    """Measure everything, print the table. Returns the exit code."""
    options = _options()
    size = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # no configuration of the user's
        _cache_bytecode(folder)
        _say(f"making {size.documents} documents")
        payload, capture = data.write(Path(folder), size.documents)
        _check(payload, capture)
        rows = [_verify(payload, size), *_captures(capture, size), *_memory(capture), *_library(size)]
    if options.cpu:
        rows = [row._replace(judged_by_cpu="cores" not in row.what) for row in rows]
    _print(rows, size)
    return int(any(row.missed for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast the project is, against floors and rivals in the same run.")
    parser.add_argument("--quick", action="store_true", help="fewer documents and rounds: for a look, not for a verdict")
    parser.add_argument("--cpu", action="store_true", help="judge what runs in one process by processor time: for a busy machine")
    return parser.parse_args()


def _cache_bytecode(folder: str) -> None:
    """Installed programs find their modules compiled, also where these may not be written. The warm-up compiles them."""
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ----------------------------------------------------------------------------------------------- the same work is compared


def _convert(capture: Path, *options: str) -> Program:
    return ours("convert", str(capture), "--to", "json", "--compact", *options)


def _check(payload: Path, capture: Path) -> None:
    """Raise unless every program gives the same content for every document, and each document is signed and valid."""
    _say("checking that all results are the same")
    folder = capture.parent
    programs = {
        "ours": _convert(capture, "--jobs", "1"),
        "ours on all cores": _convert(capture),
        "bare loop": floor("bare_loop", str(capture)),
        "xmltodict": floor("xmltodict_loop", str(capture)),
    }
    for name, program in programs.items():
        measure(program, folder / name)
    for name in list(programs)[1:]:
        for number, (one, other) in enumerate(zip_longest(_lines(folder / "ours"), _lines(folder / name)), 1):
            if one is None or other is None or (one != other and _content(one) != _content(other)):
                raise RuntimeError(f"document {number}: {name} gives another result than ours")
    for name in programs:
        (folder / name).unlink()
    measure(ours("verify", str(payload)))
    measure(ours("validate", str(capture)))
    measure(ours("verify", str(capture)))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from stream


def _content(line: bytes) -> Any:
    """A document with costs as text and empty containers as "": there each converter has its own habit."""
    return _plain(json.loads(line, parse_float=str))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        below = {key: _plain(item) for key, item in value.items()}
        return "" if all(item == [] for item in below.values()) else below
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return "" if value is None else value


# -------------------------------------------------------------------------------------------------------- what is measured


def _row(what: str, one: Sequence[Usage], other: Sequence[Usage], target: float | None = None) -> Row:
    shown = [f"{median(usages, 'wall'):.3f} s" for usages in (one, other)]
    return Row(what, *shown, ratio(one, other, "wall"), ratio(one, other, "cpu"), target)


def _verify(payload: Path, size: Size) -> Row:
    _say("verify payload.xml")
    mine, bare = interleaved([ours("verify", str(payload)), floor("bare_verify", str(payload))], size.starts)
    return _row("verify payload.xml / bare Typer command", mine, bare, 1.20)


def _captures(capture: Path, size: Size) -> Iterator[Row]:
    out = capture.with_name("out")
    bare_loop = floor("bare_loop", str(capture))
    _say("convert, validate and verify a capture")
    judged = [ours(command, str(capture)) for command in ("validate", "verify")]
    programs = [bare_loop, _convert(capture, "--jobs", "1"), _convert(capture), *judged]
    bare, single, default, validate, verify = interleaved(programs, size.rounds, out)
    yield _row("convert --jobs 1 / bare loop", single, bare, 1.20)
    # One core cannot do better than one process
    yield _row(f"convert on {_on_cores(default)} / bare loop", default, bare, 0.75 if _cores() > 1 else None)
    _say("convert, and xmltodict")
    programs = [floor("xmltodict_loop", str(capture)), _convert(capture, "--jobs", "1"), _convert(capture)]
    rival, single, default = interleaved(programs, size.slow_rounds, out)
    yield _row(f"convert on {_on_cores(default)} / xmltodict + json", default, rival, 1 / 2.5)
    yield _row("convert --jobs 1 / xmltodict + json", single, rival)
    yield _row("validate / bare loop", validate, bare)
    yield _row("verify / bare loop", verify, bare)


def _on_cores(usages: Sequence[Usage]) -> str:
    """The cores there are, and how many of them a run really had: on a busy machine its wall time says little."""
    return f"{_cores()} cores (got {median(usages, 'cpu') / median(usages, 'wall'):.1f})"


def _memory(capture: Path) -> Iterator[Row]:
    """Peak memory of a capture and of one five times as long."""
    _say(f"peak memory of {_TIMES} times the data")
    long = data.repeat(capture, _TIMES)
    runs = {
        "convert --jobs 1": lambda path: _convert(path, "--jobs", "1"),
        "convert": _convert,
        "validate": lambda path: ours("validate", str(path)),
        "verify": lambda path: ours("verify", str(path)),
    }
    for name, program in runs.items():
        more, less = (measure(program(path), total=name == "convert") for path in (long, capture))
        if less.largest < own_peak() * 1.1:
            _say(f"{name}: this process is as large as the measured one, so its peak memory is not known")
        parts = [("largest", ", largest process" * (name == "convert"))] + [("total", f", {_cores()} cores together")] * bool(less.total)
        for field, which in parts:
            high, low = getattr(more, field), getattr(less, field)
            yield Row(f"memory of {name}{which}, {_TIMES} x the data / 1 x", f"{high:.1f} MiB", f"{low:.1f} MiB", high / low, None, 1.10)
    long.unlink()


def _library(size: Size) -> Iterator[Row]:
    _say("library calls")
    command = floor("library", str(size.call_rounds)).command()
    times = json.loads(subprocess.run(command, env=environment(), capture_output=True, check=True).stdout)
    parser, alone = next(iter(times.items()))
    for name, microseconds in times.items():
        if name != parser:
            yield Row(f"library: {name} / {parser} alone", f"{microseconds:.1f} us", f"{alone:.1f} us", microseconds / alone)


# ------------------------------------------------------------------------------------------------------------- the report


def _print(rows: Sequence[Row], size: Size) -> None:
    head = ("what", "ours", "other", "ratio", "cpu ratio", "target", "ok?")
    table = [head, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    print(
        f"{size.documents} FIN documents, Python {sys.version.split()[0]}, {_cores()} cores; medians; whole processes, except library calls"
    )
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
