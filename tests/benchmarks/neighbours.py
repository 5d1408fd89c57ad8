"""How long one client waits while another sends the worst bodies there are: python tests/benchmarks/neighbours.py

The worst wait of many small requests, one after the other, beside the same on an idle server. Exit code 1 over 100 ms (a server of one
process has one interpreter; what holds it holds everybody).
"""

from __future__ import annotations

import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from measure import HERE, ours
from serving import event, free_port, query, running

_MOST = 0.100
_MEBIBYTE = 1024 * 1024
_SECONDS = 1.5


def bodies(size: int) -> dict[str, bytes]:
    """Bodies of this many bytes, each bad for something: fields, parts, elements, brackets, escapes, findings, variables."""
    begin = b'{"ApiCall":{"UserID":{"LineNumber":"123456789","CallSequence":"98565656","Signature":"x"},"CustVars":{"CustVar":['

    def filled(before: bytes, unit: bytes, after: bytes = b"") -> bytes:
        return before + unit * ((size - len(before) - len(after)) // len(unit)) + after

    return {
        "a=&": filled(b"", b"a=&"),
        "--": filled(b"--\n", b"--\n"),
        "<": filled(b"<ApiCall>", b"<"),
        "<a/>": filled(b"<ApiCall>", b"<a/>", b"</ApiCall>"),
        "<a>": filled(b"<ApiCall>", b"<a>"),
        "{}": filled(begin, b"{},", b"{}]}}}"),
        "[": filled(b'{"ApiCall":', b"["),
        "{": filled(b'{"ApiCall":', b'{"a":'),
        "%3C": filled(b"apiInfocaller=%3CApiCall%3E", b"%3Ca%2F%3E", b"%3C%2FApiCall%3E"),
        "%0A": filled(b"apiInfocaller=", b"%0A%"),
        "variables": filled(begin, b'{"VarName":"A","VarValue":"B"},', b"{}]}}}"),
        "attributes": filled(b"<ApiCall ", b"a:b='' ", b"/>"),
        "accents": filled(b"<ApiCall><a>", b"\xf1", b"</a></ApiCall>"),
        "&#241;": filled(b"<ApiCall><a>", b"&#241;", b"</a></ApiCall>"),
    }


def _post(port: int, body: bytes, connection: http.client.HTTPConnection | None = None) -> int:
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def waits(port: int, small: bytes, large: bytes | None) -> list[float]:
    """Seconds of each small request while the large one is sent over and over by another client."""
    stop = threading.Event()

    def send_large(body: bytes) -> None:
        while not stop.is_set():
            _post(port, body)

    other = threading.Thread(target=send_large, args=(large,)) if large else None
    if other:
        other.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    until = time.perf_counter() + _SECONDS
    while time.perf_counter() < until:
        start = time.perf_counter()
        _post(port, small, connection)
        found.append(time.perf_counter() - start)
        time.sleep(0.002)
    stop.set()
    if other:
        other.join()
    return found


def main() -> int:
    """Measure, print the table. Returns the exit code."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("handlers.py").write_text("async def answer(query):\n    return {'N': 1}\n")
        servers = (
            ("serve-query", ["serve-query", "--handler", "handlers:answer"], query(), _MEBIBYTE),
            ("capture", ["capture", "--out", "calls.ndjson"], event(), 12 * _MEBIBYTE),
        )
        for name, arguments, small, size in servers:
            for what, body in {"idle": None, **bodies(size)}.items():
                if sys.argv[1:] and what not in ("idle", *sys.argv[1:]):
                    continue
                port = free_port()
                command = ours(*arguments, "--port", str(port)).command()
                with running(command, port):
                    found = waits(port, small, body)
                if body is None:
                    idle = max(found)
                worst = max(worst, *found)
                middle, most = statistics.median(found) * 1000, max(found)
                print(f"{name:12} {what:12} median {middle:6.1f} ms, worst {most * 1000:7.1f} ms, {most / idle:6.1f} x idle", flush=True)
                Path("calls.ndjson").unlink(missing_ok=True)
    return int(worst > _MOST)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
