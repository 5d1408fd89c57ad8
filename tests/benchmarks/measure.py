"""Whole processes, measured: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import data

HERE = Path(__file__).resolve().parent
_MEBIBYTE = 1024 * 1024
# ru_maxrss is in KiB, on macOS in bytes
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_SAMPLE_SECONDS = 0.02


class Usage(NamedTuple):
    """What a process used, with the processes it started: seconds, and MiB of the largest one and of all together.

    `total` is sampled (shared pages counted once) and 0 where it was not asked for or the system does not tell.
    """

    wall: float
    cpu: float
    largest: float
    total: float = 0.0


class Row(NamedTuple):
    """A line of the table: a ratio of ours to another, what it must not leave (`least`, `most`), and what it would be at its best.

    `ratio` None: it is only reported. `cpu` is the ratio in processor time, for a busy machine. `short` is its name in the README.
    """

    what: str
    ours: str
    other: str
    ratio: float | None
    least: float | None = None
    most: float | None = None
    moonshot: float | None = None
    cpu: float | None = None
    errors: int = 0
    short: str = ""

    @property
    def missed(self) -> bool:
        low = self.least is not None and self.ratio is not None and self.ratio < self.least
        high = self.most is not None and self.ratio is not None and self.ratio > self.most
        return low or high or self.errors > 0

    def cells(self) -> tuple[str, ...]:
        sign = ">=" if self.least is not None else "<="
        bound = self.most if self.least is None else self.least
        target, moonshot = ("" if one is None else f"{sign} {one:.2f}" for one in (bound, self.moonshot))
        ratio, cpu = ("" if one is None else f"{one:.2f}" for one in (self.ratio, self.cpu))
        return self.what, self.ours, self.other, ratio, cpu, target, moonshot, "MISSED" if self.missed else "ok" if target else ""


HEAD = ("what", "ours", "other", "ratio", "cpu ratio", "must be", "moonshot", "ok?")


def show(rows: Sequence[Row], *, judged: bool) -> None:
    """Print a table, with or without its last column."""
    table = [cells if judged else cells[:-1] for cells in (HEAD, *(row.cells() for row in rows))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip(), flush=True)


class Program(NamedTuple):
    """What is started: `module:run` with arguments. Ours and the floors start in the same way, like a console script."""

    module: str
    arguments: tuple[str, ...]

    def command(self) -> list[str]:
        return [sys.executable, "-c", f"from {self.module} import run; run()", *self.arguments]


def ours(*arguments: str) -> Program:
    """The command line of the project."""
    return Program("infocaller_cli.cli.main", arguments)


def floor(module: str, *arguments: str) -> Program:
    """A script of this folder."""
    return Program(module, arguments)


def environment() -> dict[str, str]:
    """What the programs find: this folder's modules, the password, no configuration."""
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    # How Python buffers and caches is the same for everybody, whatever this shell says
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name == "PYTHONPYCACHEPREFIX"}
    return {**kept, "PYTHONPATH": path, "INFOCALLER_PASSWORD": data.PASSWORD, "INFOCALLER_CONFIG": ""}


def measure(program: Program, out: Path | str = os.devnull, *, total: bool = False) -> Usage:
    """Run a program, its output in `out`. Raises RuntimeError if it fails."""
    with open(out, "wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(program.command(), stdin=subprocess.DEVNULL, stdout=stream, env=environment())
        peak = _watch(process.pid) if total else 0.0
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{program.module} {' '.join(program.arguments)} ended with {process.returncode}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT / _MEBIBYTE, peak)


def _watch(pid: int) -> float:
    """The most memory, in MiB, that a process and its children held together. Returns when the process has ended."""
    peak = 0.0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        peak = max(peak, sum(map(_proportional, _family(pid))))
        time.sleep(_SAMPLE_SECONDS)
    return peak / 1024


def _family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *map(int, children)]


def _proportional(pid: int) -> int:
    """KiB of a process, each shared page divided by those that share it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def interleaved(programs: Sequence[Program], rounds: int, out: Path | str = os.devnull) -> list[list[Usage]]:
    """Each program's usage in every round: A B C, A B C, ... after one round that warms up and is not counted."""
    results: list[list[Usage]] = [[] for _ in programs]
    for number in range(rounds + 1):
        for program, usages in zip(programs, results, strict=True):
            usage = measure(program, out)
            if number:
                usages.append(usage)
    return results


def ratio(ours: Sequence[Usage], others: Sequence[Usage], field: str) -> float:
    """The median of the ratios of the runs that stood beside each other."""
    return statistics.median(getattr(one, field) / getattr(other, field) for one, other in zip(ours, others, strict=True))


def median(usages: Sequence[Usage], field: str) -> float:
    """The median of one figure."""
    return statistics.median(getattr(usage, field) for usage in usages)


def say(text: str) -> None:
    """What is going on, for who waits."""
    print(f"... {text}", file=sys.stderr, flush=True)


def own_peak() -> float:
    """MiB of this process. A started process counts those as its own, so they must stay below what is measured."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT / _MEBIBYTE
