"""How fast the servers are, under wrk beside a bare uvicorn in the same run: python tests/benchmarks/serving.py [--quick]

A ratio is the median over rounds beside each other. Exit code 1 if a target is missed, 2 where wrk is not installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

import data
from measure import HERE, environment, floor, ours

_CONNECTIONS = 64
_HANDLERS = """
def plain(query):
    return {"PEDIDO": 2 if query.variables.get("NUMPEDIDO") else 0}


async def asynchronous(query):
    return {"PEDIDO": 2 if query.variables.get("NUMPEDIDO") else 0}
"""
_SCRIPT = """
local file = io.open("{body}", "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
file:close()
"""


class Load(NamedTuple):
    """What wrk saw of one server: requests per second, the 99th percentile in ms, answers that were none or not 2xx."""

    rate: float
    p99: float
    errors: int


class Row(NamedTuple):
    """A line of the table. `least` and `most` are what the ratio must not leave."""

    what: str
    ours: str
    other: str
    ratio: float | None
    least: float | None = None
    most: float | None = None
    errors: int = 0

    @property
    def missed(self) -> bool:
        low = self.least is not None and self.ratio is not None and self.ratio < self.least
        high = self.most is not None and self.ratio is not None and self.ratio > self.most
        return low or high or self.errors > 0

    def cells(self) -> tuple[str, ...]:
        target = f">= {self.least:.2f}" if self.least else f"<= {self.most:.2f}" if self.most else ""
        verdict = "MISSED" if self.missed else "ok" if target else ""
        return self.what, self.ours, self.other, "" if self.ratio is None else f"{self.ratio:.2f}", target, verdict


def query() -> bytes:
    """A signed query as a form body."""
    line, call = "123456789", "98565656"
    document = (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1">\n  <UserID>\n'
        f"    <LineNumber>{line}</LineNumber>\n    <LineNumberInt>34{line}</LineNumberInt>\n    <CallSequence>{call}</CallSequence>\n"
        f"    <Signature>{data.signature(line, call)}</Signature>\n  </UserID>\n  <Infocaller>\n    <CallType>R</CallType>\n"
        "    <CallerNumber>911888920</CallerNumber>\n    <CallerNumberInt>34911888920</CallerNumberInt>\n"
        f"    <InboundNumber>{line}</InboundNumber>\n    <OutboundNumber></OutboundNumber>\n    <idcall></idcall>\n"
        "    <QueryName>ESTADO PEDIDO</QueryName>\n  </Infocaller>\n  <CustVars>\n    <CustVar>\n      <VarName>NUMPEDIDO</VarName>\n"
        "      <VarValue>123456789</VarValue>\n    </CustVar>\n  </CustVars>\n</ApiCall>"
    )
    return b"apiInfocaller=" + quote_plus(document.encode("iso-8859-1")).encode()


def event() -> bytes:
    """A signed FIN as a form body."""
    return b"apiInfocaller=" + quote_plus(data.document(1)).encode()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[float]:
    """A server, once it accepts connections; gives the seconds that took. Raises RuntimeError if it ends."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    try:
        yield _until_answered(process, port, start)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _until_answered(process: subprocess.Popen[bytes], port: int, start: float) -> float:
    body = query()
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
                sock.sendall(request + body)
                if sock.recv(100).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - start
        except OSError:
            time.sleep(0.002)
    raise RuntimeError(f"the server ended with {process.returncode}")


def load(port: int, body: Path, seconds: int) -> Load:
    """Put wrk on a server."""
    script = body.with_suffix(".lua")
    script.write_text(_SCRIPT.format(body=body))
    url = f"http://127.0.0.1:{port}/"
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", shown)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", shown).groups()
    bad = [int(text) for text in re.findall(r"Non-2xx or 3xx responses: (\d+)", shown)]
    bad += [int(text) for line in re.findall(r"Socket errors: (.*)", shown) for text in re.findall(r"\d+", line)]
    return Load(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit], sum(bad))


def _serve(handler: str, port: int) -> list[str]:
    return ours("serve-query", "--handler", f"handlers:{handler}", "--port", str(port)).command()


def _bare(port: int) -> list[str]:
    return floor("bare_server", str(port)).command()


def rows(folder: Path, rounds: int, seconds: int) -> Iterator[Row]:
    """Everything that is measured here, in a folder of its own that is the current one."""
    (folder / "handlers.py").write_text(_HANDLERS)
    queries, events = folder / "query.form", folder / "event.form"
    queries.write_bytes(query())
    events.write_bytes(event())
    out = str(folder / "calls.ndjson")
    servers = {
        "bare": (_bare, queries),
        "async": (lambda port: _serve("asynchronous", port), queries),
        "sync": (lambda port: _serve("plain", port), queries),
        "capture": (lambda port: ours("capture", "--out", out, "--port", str(port)).command(), events),
        "fsync": (lambda port: ours("capture", "--out", out, "--fsync", "--port", str(port)).command(), events),
    }
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    starts: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name, (command, body) in servers.items():
            print(f"... round {number}: {name}", file=sys.stderr, flush=True)
            port = free_port()
            with running(command(port), port) as ready:
                seen = load(port, body, seconds if number else 1)
            if number:  # the first warms up
                loads[name].append(seen)
                starts[name].append(ready)
            Path(out).unlink(missing_ok=True)
    yield against("serve-query, async handler / bare uvicorn", loads["async"], loads["bare"], 0.70)
    yield against("serve-query, sync handler / bare uvicorn", loads["sync"], loads["bare"], 0.55)
    yield Row("capture", _shown(loads["capture"]), "", None, errors=_errors(loads["capture"]))
    yield Row("capture --fsync", _shown(loads["fsync"]), "", None, errors=_errors(loads["fsync"]))
    for _ in range(3 * rounds):
        for name in ("bare", "async"):
            port = free_port()
            with running(servers[name][0](port), port) as ready:
                starts[name].append(ready)
    ratio = statistics.median(one / other for one, other in zip(starts["async"], starts["bare"], strict=True))
    shown = [f"{statistics.median(starts[name]):.3f} s" for name in ("async", "bare")]
    yield Row("serve-query answers after / bare uvicorn", *shown, ratio, most=1.5)


def against(what: str, one: Sequence[Load], other: Sequence[Load], least: float) -> Row:
    ratio = statistics.median(mine.rate / theirs.rate for mine, theirs in zip(one, other, strict=True))
    return Row(what, _shown(one), _shown(other), ratio, least, errors=_errors(one))


def _shown(loads: Sequence[Load]) -> str:
    rate, p99 = (statistics.median(getattr(one, field) for one in loads) for field in ("rate", "p99"))
    return f"{rate:,.0f}/s, p99 {p99:.1f} ms, {_errors(loads)} errors"


def _errors(loads: Sequence[Load]) -> int:
    return sum(one.errors for one in loads)


def show(table: Sequence[Row]) -> None:
    """Print the table."""
    lines = [("what", "ours", "other", "ratio", "target", "ok?"), *(row.cells() for row in table)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def main() -> int:
    """Measure, print the table. Returns the exit code."""
    parser = argparse.ArgumentParser(description="How fast the servers are, under wrk beside a bare uvicorn in the same run.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: for a look, not for a verdict")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not installed (Debian: apt install wrk)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))
        table = list(rows(Path(folder), *((2, 1) if options.quick else (5, 4))))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, wrk with {_CONNECTIONS} connections; medians")
    show(table)
    return int(any(row.missed for row in table))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
