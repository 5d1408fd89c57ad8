"""How fast `replay` is, beside the loops a user would write, in the same run.

A ratio is the median over rounds beside each other: whole processes, the same capture, the same sink.
"""

from __future__ import annotations

import re
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import data
from measure import Program, Row, Usage, environment, floor, measure, ours, own_peak, say

_CONCURRENCY = "16"
_TIMES = 5


@contextmanager
def sink() -> Iterator[str]:
    """An endpoint that answers everything; gives its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(floor("sink", str(port)).command(), stdin=subprocess.DEVNULL, env=environment())
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/ev"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _replay(capture: Path, url: str, concurrency: str = _CONCURRENCY) -> Program:
    return ours("replay", str(capture), "--to", url, "--concurrency", concurrency)


def _loop(name: str, capture: Path, url: str) -> Program:
    return floor("replay_loop", name, str(capture), url, _CONCURRENCY)


def _check(capture: Path, url: str, count: int, out: Path) -> None:
    """Raise unless everybody sends everything and has it answered."""
    for program in (_replay(capture, url), _loop("aiohttp", capture, url)):
        measure(program, out)
        if str(count) not in out.read_text().replace(",", ""):
            raise RuntimeError(f"{program.module} did not send {count} requests: {out.read_text()}")


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here."""
    count, rounds, slow_rounds = (3000, 2, 1) if quick else (10_000, 7, 3)
    _, capture = data.write(folder, count)
    out = folder / "out"
    with sink() as url:
        _check(capture, url, count, out)
        results: dict[str, list[Usage]] = {"replay": [], "aiohttp": []}
        for number in range(rounds + 1):
            say(f"round {number}")
            for name, program in (("replay", _replay(capture, url)), ("aiohttp", _loop("aiohttp", capture, url))):
                usage = measure(program, out)
                if number:
                    results[name].append(usage)
        yield _row("aiohttp loop / replay", results["aiohttp"], results["replay"], count, 2.8, 4.0, "replay / aiohttp")
        beside: dict[str, list[Usage]] = {"replay": [], "httpx": []}
        for _ in range(slow_rounds):
            say("beside httpx")
            beside["httpx"].append(measure(_loop("httpx", capture, url), out))
            beside["replay"].append(measure(_replay(capture, url), out))
        yield _row("httpx.AsyncClient loop / replay", beside["httpx"], beside["replay"], count, 30.0)
        if shutil.which("wrk"):
            yield Row("wrk, the same sink, one body", _per_second(results["replay"], count), _wrk(folder, url), None)
        many, one = ([measure(_replay(capture, url, calls)) for _ in range(rounds)] for calls in ("100", "1"))
        yield _row("replay, 1 call at a time / 100 side by side", one, many, count, 0.9)
        yield _memory(capture, url)


def _row(
    what: str, others: list[Usage], mine: list[Usage], count: int, least: float, moonshot: float | None = None, short: str = ""
) -> Row:
    ratio = statistics.median(other.wall / one.wall for other, one in zip(others, mine, strict=True))
    return Row(what, _per_second(mine, count), _per_second(others, count), ratio, least, None, moonshot, short=short)


def _per_second(usages: list[Usage], count: int) -> str:
    wall = statistics.median(usage.wall for usage in usages)
    return f"{wall:.3f} s, {count / wall:,.0f}/s"


def _wrk(folder: Path, url: str) -> str:
    script = folder / "post.lua"
    body = folder / "body"
    body.write_bytes(b"x" * 6000)
    script.write_text(f'local f = io.open("{body}", "rb")\nwrk.method = "POST"\nwrk.body = f:read("*a")\nf:close()\n')
    command = ["wrk", "-t1", f"-c{_CONCURRENCY}", "-d3s", "-s", str(script), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", shown)[1])
    return f"{rate:,.0f}/s"


def _memory(capture: Path, url: str) -> Row:
    say(f"memory of {_TIMES} times the data")
    long = data.repeat(capture, _TIMES)
    more, less = (measure(_replay(path, url)).largest for path in (long, capture))
    if less < own_peak() * 1.1:
        say("this process is as large as the measured one, so its peak memory is not known")
    return Row(f"memory of replay, {_TIMES} x the data / 1 x", f"{more:.1f} MiB", f"{less:.1f} MiB", more / less, most=1.10)
