"""How fast whole calls are played, beside bare requests in the same run: a part of run.py.

`simulate --test` beside a loop of httpx posts of as many requests, both as whole processes, against a handler of 1 ms; Locust's `Caller`
beside a bare FastHttpUser that posts one fixed body, each on one core and on two, against the same bare server. A ratio is the median over
rounds beside each other. Needs the extra `load`; without it Locust's rows are left out.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from measure import HERE, Row, Usage, environment, floor, measure, ours, say
from serving import free_port, running

_HANDLER = """
import time

def status(query):
    time.sleep(0.001)
    return {"PEDIDO": 2}
"""
_SCRIPT = """
[[step]]
message = "Bienvenida"
[[step]]
keypad = "Su pedido"
variable = "NUMPEDIDO"
[[step]]
query = "ESTADO PEDIDO"
[[step]]
conditions = [["PEDIDO = 2", { message = "Ha sido enviado" }], ["otherwise", { message = "No se sabe" }]]
"""
_CASE = '[[case]]\nname = "case {}"\nkeys = ["123456789"]\nexpect = {{ variables = {{ PEDIDO = "2" }}, end = "script" }}\n'
_REQUESTS = 3  # of each call: INICIO, the query, FIN
_CALLER = 'from infocaller_cli.load import Caller\n\nclass Orders(Caller):\n    script = "one.toml"\n'
_BARE = """
from locust import FastHttpUser, task
from serving import query

BODY, HEADERS = query(), {"Content-Type": "application/x-www-form-urlencoded"}

class Bare(FastHttpUser):
    @task
    def post(self):
        self.client.post("", data=BODY, headers=HEADERS)
"""


def _write(folder: Path, cases: int) -> None:
    (folder / "orders.py").write_text(_HANDLER)
    (folder / "many.toml").write_text(_SCRIPT + "".join(map(_CASE.format, range(cases))))
    (folder / "one.toml").write_text(_SCRIPT + _CASE.format(0))
    (folder / "caller.py").write_text(_CALLER)
    (folder / "bare.py").write_text(_BARE)


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here."""
    cases, rounds, seconds = (100, 1, 3) if quick else (200, 5, 10)
    _write(folder, cases)
    yield _cases(folder, cases, rounds)
    if find_spec("locust") is None:
        say("Locust is not installed (extra load): its rows are left out")
        return
    for processes in (1, 2):
        yield _load(folder, processes, rounds, seconds)


def _cases(folder: Path, cases: int, rounds: int) -> Row:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    ready = ours("-q", "serve-query", "--handler", "orders:status", "--port", str(port))
    played: list[Usage] = []
    posted: list[Usage] = []
    with running(ready.command(), port):
        for number in range(rounds + 1):
            say(f"cases, round {number}")
            one = measure(ours("simulate", str(folder / "many.toml"), "--test", "--to", url), folder / "out")
            if f"{cases} ok, 0 failed" not in (folder / "out").read_text():
                raise RuntimeError((folder / "out").read_text()[-500:])
            other = measure(floor("calling_loop", url, str(cases * _REQUESTS)), folder / "out")
            if number:
                played.append(one)
                posted.append(other)
    ratio = statistics.median(other.wall / one.wall for one, other in zip(played, posted, strict=True))
    rates = [cases / statistics.median(usage.wall for usage in usages) for usages in (played, posted)]
    return Row(f"httpx loop / simulate --test, {cases} calls", f"{rates[0]:,.0f} calls/s", f"{rates[1]:,.0f} calls/s", ratio, 1.0)


def _load(folder: Path, processes: int, rounds: int, seconds: int) -> Row:
    port = free_port()
    command = [sys.executable, str(HERE / "bare_server.py"), str(port)]
    rates: dict[str, list[float]] = {"caller": [], "bare": []}
    with running(command, port):
        for number in range(rounds):
            for name, found in rates.items():
                say(f"{name} in {processes} processes, round {number + 1}")
                found.append(_rate(folder, name, f"http://127.0.0.1:{port}/", processes, seconds))
    ratio = statistics.median(one / other for one, other in zip(rates["caller"], rates["bare"], strict=True))
    mine, other = (statistics.median(found) for found in rates.values())
    calls = f"{mine:,.0f} requests/s, {mine / _REQUESTS:,.0f} calls/s"
    what = f"Caller / bare FastHttpUser, {processes} process{'es' if processes > 1 else ''}"
    return Row(what, calls, f"{other:,.0f} requests/s", ratio, 0.5)


def _rate(folder: Path, name: str, url: str, processes: int, seconds: int) -> float:
    """Requests a second, whole calls not counted. Raises RuntimeError where one failed."""
    command = [sys.executable, "-m", "locust", "-f", f"{name}.py", "--host", url, "--headless", "--csv", name, "--only-summary"]
    command += ["-u", "20", "-r", "20", "-t", f"{seconds}s", *(("--processes", str(processes)) if processes > 1 else ())]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=seconds + 60, check=False)
    with (folder / f"{name}_stats.csv").open(newline="") as stream:
        figures = [row for row in csv.DictReader(stream) if row["Type"] not in ("", "CALL")]
    if done.returncode or any(int(row["Failure Count"]) for row in figures):
        raise RuntimeError(done.stderr[-2000:])
    return sum(float(row["Requests/s"]) for row in figures)
