"""How fast the servers are, under wrk, or hey where that is not installed, beside a bare uvicorn in the same run.

A ratio is the median over rounds beside each other. Nothing is measured where neither is installed.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

import data
from measure import Row, environment, floor, ours, say

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


def load(port: int, body: Path, seconds: int, connections: int = _CONNECTIONS) -> Load:
    """Put wrk, or hey, on a server."""
    return (_wrk if shutil.which("wrk") else _hey)(f"http://127.0.0.1:{port}/", body, seconds, connections)


def _wrk(url: str, body: Path, seconds: int, connections: int) -> Load:
    script = body.with_suffix(".lua")
    script.write_text(_SCRIPT.format(body=body))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", shown)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", shown).groups()
    bad = [int(text) for text in re.findall(r"Non-2xx or 3xx responses: (\d+)", shown)]
    bad += [int(text) for line in re.findall(r"Socket errors: (.*)", shown) for text in re.findall(r"\d+", line)]
    return Load(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit], sum(bad))


def _hey(url: str, body: Path, seconds: int, connections: int) -> Load:
    form = "application/x-www-form-urlencoded"
    command = ["hey", "-z", f"{seconds}s", "-c", str(connections), "-m", "POST", "-T", form, "-D", str(body), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", shown)[1])
    slow = re.search(r"99%+ in ([\d.]+) secs", shown)
    bad = [int(count) for status, count in re.findall(r"\[(\d+)\]\s+(\d+) responses", shown) if status[0] != "2"]
    return Load(rate, float(slow[1]) * 1000 if slow else 0.0, sum(bad) + len(re.findall(r"^\s+\[\d+\]\s+Post ", shown, re.MULTILINE)))


def _serve(handler: str, port: int, *more: str) -> list[str]:
    return ours("serve-query", "--handler", f"handlers:{handler}", "--port", str(port), *more).command()


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here, in a folder of its own that is the current one."""
    if not (shutil.which("wrk") or shutil.which("hey")):
        say("neither wrk nor hey is installed (Debian: apt install wrk): no servers are measured")
        return
    rounds, seconds = (2, 1) if quick else (5, 4)
    (folder / "handlers.py").write_text(_HANDLERS)
    queries, events = folder / "query.form", folder / "event.form"
    queries.write_bytes(query())
    events.write_bytes(event())
    out = str(folder / "calls.ndjson")
    servers = {
        "bare": (lambda port: floor("bare_server", str(port)).command(), queries),
        "async": (lambda port: _serve("asynchronous", port), queries),
        "sync": (lambda port: _serve("plain", port), queries),
        "workers": (lambda port: _serve("asynchronous", port, "--workers", "2"), queries),
        "reader": (lambda port: floor("bare_server", str(port), "reader").command(), events),
        "capture": (lambda port: ours("capture", "--out", out, "--port", str(port)).command(), events),
        "fsync": (lambda port: ours("capture", "--out", out, "--fsync", "--port", str(port)).command(), events),
    }
    if importlib.util.find_spec("granian"):
        servers["granian"] = lambda port: floor("bare_server", str(port), "granian").command(), queries
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    starts: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        say(f"servers, round {number}")
        for name, (command, body) in servers.items():
            port = free_port()
            with running(command(port), port) as ready:
                if number:  # the first compiles
                    loads[name].append(load(port, body, seconds))
                    starts[name].append(ready)
            Path(out).unlink(missing_ok=True)
    yield against("serve-query, async handler / bare uvicorn", loads["async"], loads["bare"], 0.90, 1.0, "serve-query async / uvicorn")
    yield against("serve-query, sync handler / bare uvicorn", loads["sync"], loads["bare"], 0.70, 1.0, "sync")
    yield against("serve-query --workers 2 / one process", loads["workers"], loads["async"])
    yield against("capture / bare uvicorn that reads the body", loads["capture"], loads["reader"], 0.60, 0.80, "capture")
    yield against("capture --fsync / bare uvicorn that reads the body", loads["fsync"], loads["reader"])
    if "granian" in loads:
        yield against("serve-query, async handler / bare granian", loads["async"], loads["granian"])
    yield _crowd(servers["async"], rounds, seconds)
    for _ in range(rounds if quick else 3 * rounds):
        for name in ("bare", "async"):
            port = free_port()
            with running(servers[name][0](port), port) as ready:
                starts[name].append(ready)
    ratio = statistics.median(one / other for one, other in zip(starts["async"], starts["bare"], strict=True))
    shown = [f"{statistics.median(starts[name]):.3f} s" for name in ("async", "bare")]
    yield Row("serve-query answers after / bare uvicorn", *shown, ratio, most=1.5)


def _crowd(server: tuple[Callable[[int], list[str]], Path], rounds: int, seconds: int) -> Row:
    """Answers a second to 100 calls side by side, and to one."""
    command, body = server
    port = free_port()
    with running(command(port), port):
        pairs = [(load(port, body, seconds, 100), load(port, body, seconds, 1)) for _ in range(rounds)]
    many, one = zip(*pairs, strict=True)
    return against("serve-query, 100 calls side by side / 1 at a time", many, one, 1.0)


def against(
    what: str,
    one: Sequence[Load],
    other: Sequence[Load],
    least: float | None = None,
    moonshot: float | None = None,
    short: str = "",
) -> Row:
    ratio = statistics.median(mine.rate / theirs.rate for mine, theirs in zip(one, other, strict=True))
    return Row(what, _shown(one), _shown(other), ratio, least, None, moonshot, errors=_errors(one), short=short)


def _shown(loads: Sequence[Load]) -> str:
    rate, p99 = (statistics.median(getattr(one, field) for one in loads) for field in ("rate", "p99"))
    return f"{rate:,.0f}/s, p99 {p99:.1f} ms, {_errors(loads)} errors"


def _errors(loads: Sequence[Load]) -> int:
    return sum(one.errors for one in loads)
