"""How fast `answer` is in an application of somebody's own, under gunicorn (2 workers) and wrk: python tests/benchmarks/answering.py

Beside it the same application that does it by hand with lxml, in the same run. Exit code 1 if the target is missed, 2 where wrk is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import HERE
from serving import Row, against, free_port, load, query, running, show

_APPS = ("with_answer", "by_hand")
_LEAST = 0.70


def _command(app: str, port: int, threads: int) -> list[str]:
    kept = ["--threads", str(threads)] if threads > 1 else []
    return [sys.executable, "-m", "gunicorn", "--workers", "2", *kept, "--bind", f"127.0.0.1:{port}", f"wsgi_apps:{app}"]


def _measured(what: str, folder: Path, threads: int, rounds: int, seconds: int) -> Row:
    body = folder / "query.form"
    body.write_bytes(query())
    loads: dict[str, list] = {app: [] for app in _APPS}
    for number in range(rounds + 1):
        for app in _APPS:
            print(f"... {what}, round {number}: {app}", file=sys.stderr, flush=True)
            port = free_port()
            with running(_command(app, port, threads), port):
                seen = load(port, body, seconds if number else 1)
            if number:  # the first warms up
                loads[app].append(seen)
    return against(what, loads["with_answer"], loads["by_hand"], _LEAST)


def main() -> int:
    """Measure, print the table. Returns the exit code."""
    parser = argparse.ArgumentParser(description="How fast `answer` is, under gunicorn and wrk beside the same application by hand.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: for a look, not for a verdict")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not installed (Debian: apt install wrk)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        how = (2, 1) if options.quick else (5, 4)
        table = [
            _measured("answer / by hand, a connection a request", Path(folder), 1, *how),
            _measured("answer / by hand, 4 threads, connections kept", Path(folder), 4, *how),
        ]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, gunicorn with 2 workers; medians")
    show(table)
    return int(any(row.missed for row in table))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
