"""How fast captures are read, against floors and rivals in the same run.

Floors are bare loops that do one step and check nothing; what is compared comes out the same, which is checked first. There are two:
most of what the first spends is the standard library's unquoting, which the second does as we do.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import data
from measure import Program, Row, Usage, environment, floor, interleaved, measure, median, ours, own_peak, ratio, say

_TIMES = 5  # how much longer the long capture is


class Size(NamedTuple):
    """How much is measured."""

    documents: int
    starts: int
    rounds: int
    slow_rounds: int
    call_rounds: int


FULL = Size(20_000, 41, 7, 3, 41)
QUICK = Size(2_000, 9, 2, 1, 7)


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here."""
    size = QUICK if quick else FULL
    say(f"making {size.documents} documents")
    payload, capture = data.write(folder, size.documents)
    _check(payload, capture)
    yield _verify(payload, size)
    yield from _captures(capture, size)
    yield from _memory(capture)
    yield from _library(size)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ----------------------------------------------------------------------------------------------- the same work is compared


def _convert(capture: Path, *options: str) -> Program:
    return ours("convert", str(capture), "--to", "json", "--compact", *options)


def _check(payload: Path, capture: Path) -> None:
    """Raise unless every program gives the same content for every document, and each document is signed and valid."""
    say("checking that all results are the same")
    folder = capture.parent
    programs = {
        "ours": _convert(capture, "--jobs", "1"),
        "ours on all cores": _convert(capture),
        "bare loop": floor("bare_loop", str(capture)),
        "bare loop that unquotes as we do": floor("bare_loop", str(capture), "as-ours"),
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


def _row(
    what: str, one: Sequence[Usage], other: Sequence[Usage], most: float | None = None, moonshot: float | None = None, short: str = ""
) -> Row:
    shown = [f"{median(usages, 'wall'):.3f} s" for usages in (one, other)]
    return Row(what, *shown, ratio(one, other, "wall"), None, most, moonshot, ratio(one, other, "cpu"), short=short)


def _verify(payload: Path, size: Size) -> Row:
    say("verify payload.xml")
    mine, bare = interleaved([ours("verify", str(payload)), floor("bare_verify", str(payload))], size.starts)
    return _row("verify payload.xml / bare Typer command", mine, bare, 1.05, 1.0)


# Command -> what it must be on one core and on all, at its best likewise
_TARGETS = {
    "convert": ((1.20, None), (0.75, None)),
    "validate": ((1.35, 1.0), (0.80, 0.60)),
    "verify": ((None, None), (0.50, 0.40)),
    "show": ((None, None), (1.30, 1.0)),
}


def _captures(capture: Path, size: Size) -> Iterator[Row]:
    out = capture.with_name("out")
    floors = {"bare loop": floor("bare_loop", str(capture)), "second floor": floor("bare_loop", str(capture), "as-ours")}
    mine = {"convert": _convert(capture)} | {name: ours(name, str(capture)) for name in ("validate", "verify", "show")}
    alone = {name: program._replace(arguments=(*program.arguments, "--jobs", "1")) for name, program in mine.items()}
    say("convert, validate, verify and show a capture, beside the floors")
    found = interleaved([*floors.values(), *mine.values(), *alone.values()], size.rounds, out)
    (bare, second), default, single = (
        found[:2],
        dict(zip(mine, found[2:], strict=False)),
        dict(zip(alone, found[-len(alone) :], strict=True)),
    )
    for name, (on_one, on_all) in _TARGETS.items():
        if _cores() > 1:  # one core cannot do better than one process
            yield _row(f"{name} on {_on_cores(default[name])} / bare loop", default[name], bare, *on_all, short=name)
        yield _row(f"{name} --jobs 1 / bare loop", single[name], bare, *on_one)
        yield _row(f"{name} --jobs 1 / the floor that unquotes as we do", single[name], second)
    yield _row("the floor that unquotes as we do / bare loop", second, bare)
    say("convert, and xmltodict")
    programs = [floor("xmltodict_loop", str(capture)), alone["convert"], mine["convert"]]
    rival, one, several = interleaved(programs, size.slow_rounds, out)
    yield _row(f"convert on {_on_cores(several)} / xmltodict + json", several, rival, 1 / 2.5)
    yield _row("convert --jobs 1 / xmltodict + json", one, rival)


def _on_cores(usages: Sequence[Usage]) -> str:
    """The cores there are, and how many of them a run really had: on a busy machine its wall time says little."""
    return f"{_cores()} cores (got {median(usages, 'cpu') / median(usages, 'wall'):.1f})"


def _memory(capture: Path) -> Iterator[Row]:
    """Peak memory of a capture and of one five times as long."""
    say(f"peak memory of {_TIMES} times the data")
    long = data.repeat(capture, _TIMES)
    runs = {
        "convert --jobs 1": lambda path: _convert(path, "--jobs", "1"),
        "convert": _convert,
        "validate": lambda path: ours("validate", str(path)),
        "verify": lambda path: ours("verify", str(path)),
        "show": lambda path: ours("show", str(path)),
    }
    for name, program in runs.items():
        more, less = (measure(program(path), total=True) for path in (long, capture))
        if less.largest < own_peak() * 1.1:
            say(f"{name}: this process is as large as the measured one, so its peak memory is not known")
        parts = [("largest", ", largest process")] + [("total", f", {_cores()} cores together")] * bool(less.total)
        for field, which in parts:
            high, low = getattr(more, field), getattr(less, field)
            yield Row(f"memory of {name}{which}, {_TIMES} x the data / 1 x", f"{high:.1f} MiB", f"{low:.1f} MiB", high / low, None, 1.10)
    long.unlink()


def _library(size: Size) -> Iterator[Row]:
    say("library calls")
    command = floor("library", str(size.call_rounds)).command()
    times = json.loads(subprocess.run(command, env=environment(), capture_output=True, check=True).stdout)
    parser, alone = next(iter(times.items()))
    for name, microseconds in times.items():
        if name != parser:
            yield Row(f"library: {name} / {parser} alone", f"{microseconds:.1f} us", f"{alone:.1f} us", microseconds / alone)
