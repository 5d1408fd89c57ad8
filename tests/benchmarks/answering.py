"""How fast `answer` is in an application of somebody's own, under gunicorn (2 workers), beside the same that does it by hand with lxml."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from measure import Row, say
from serving import against, free_port, load, query, running

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
            say(f"{what}, round {number}: {app}")
            port = free_port()
            with running(_command(app, port, threads), port):
                if number:  # the first compiles
                    loads[app].append(load(port, body, seconds))
    if threads > 1:  # gunicorn then runs at one of two speeds, a third of each other, with either application, by the flip of a coin
        loads = {app: [max(found)] for app, found in loads.items()}
    return against(what, loads["with_answer"], loads["by_hand"], _LEAST)


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here, in a folder of its own that is the current one."""
    if not (shutil.which("wrk") or shutil.which("hey")) or not importlib.util.find_spec("gunicorn"):
        say("wrk (or hey) or gunicorn is not installed: answer is not measured")
        return
    how = (2, 1) if quick else (5, 4)
    yield _measured("answer / by hand, a connection a request", folder, 1, *how)
    yield _measured("answer / by hand, 4 threads, connections kept", folder, 4, *how)
