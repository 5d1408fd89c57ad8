"""Several processes that answer on one socket, or one that starts anew when the code changes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any

from ...errors import ExitCode

if TYPE_CHECKING:
    from .server import Tls

_TICK = 0.25
# A process that ends so often before it was ready will not get ready
_TRIES = 3
# Python's variable for: do not look for modules in the current folder
_SAFE_PATH = "PYTHONSAFEPATH"
_SKIPPED = frozenset(("__pycache__", "node_modules", "site-packages"))
Say = Callable[[str], None]


def run(make: Callable[[], Any], sock: socket, tls: Tls | None, *, workers: int, reload: bool, ready: Callable[[], None], say: Say) -> int:
    """Run until a signal. `make` (picklable) gives the application in each process, or ends the process itself.

    `ready` is called once all processes answer; `say` takes notices. Returns the exit code.
    """
    supervisor = _Supervisor(make, sock, tls, workers, reload, ready, say)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, supervisor.on_signal)
    try:
        return supervisor.run()
    finally:
        supervisor.end()


class _Supervisor:
    def __init__(
        self, make: Callable[[], Any], sock: socket, tls: Tls | None, workers: int, reload: bool, ready: Callable[[], None], say: Say
    ) -> None:
        self._arguments = (make, sock, tls)
        self._workers = workers
        self._ready = ready
        self._say = say
        self._watch = _Watch(Path.cwd()) if reload else None
        self._processes: dict[BaseProcess, Connection | None] = {}
        self._serving: set[BaseProcess] = set()
        self._failures = 0
        self._announced = False
        self._interrupts = 0
        self._stop = False

    def on_signal(self, number: int, _frame: object) -> None:
        self._stop = True
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts > 1:
                for process in self._processes:
                    process.kill()

    def run(self) -> int:
        for _ in range(self._workers):
            self._start_process()
        while not self._stop:
            self._wait_for_news()
            if self._failures >= _TRIES and self._watch is None:
                return ExitCode.BUG if not self._announced else ExitCode.UNREACHABLE
            if self._watch and (changed := self._watch.changed()):
                self._say(f"{changed} changed: starting anew")
                self.end()
                self._failures = 0
                self._start_process()
        self.end()
        return ExitCode.INTERRUPTED if self._interrupts > 1 else ExitCode.OK

    def end(self) -> None:
        """End all processes politely and wait for them."""
        for process in self._processes:
            if process.is_alive():
                process.terminate()
        for process in list(self._processes):
            while process.is_alive():
                process.join(_TICK)
        self._processes.clear()
        self._serving.clear()

    def _start_process(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        safe = os.environ.get(_SAFE_PATH)
        process = context.Process(target=_child, args=(*self._arguments, theirs, safe))
        os.environ[_SAFE_PATH] = "1"  # or the new interpreter would find a queue.py of the user's before its own
        try:
            process.start()
        finally:
            _restore(safe)
        theirs.close()
        self._processes[process] = ours

    def _wait_for_news(self) -> None:
        """Wait a moment for a process to get ready or to end."""
        pipes = [pipe for pipe in self._processes.values() if pipe is not None]
        wait([*pipes, *(process.sentinel for process in self._processes)], _TICK)
        for process, pipe in list(self._processes.items()):
            if pipe is not None and pipe.poll():
                self._processes[process] = None
                if self._is_said(pipe):
                    self._failures = 0
                    self._serving.add(process)
                pipe.close()
            if not process.is_alive():
                self._ended(process)
        if not self._announced and self._processes and self._processes.keys() <= self._serving:
            self._announced = True
            self._ready()

    @staticmethod
    def _is_said(pipe: Connection) -> bool:
        try:
            return bool(pipe.recv())
        except EOFError:  # it ended before it was ready
            return False

    def _ended(self, process: BaseProcess) -> None:
        del self._processes[process]
        self._serving.discard(process)
        if self._stop:
            return
        self._failures += 1
        if self._watch:
            self._say("the process has ended: waiting for a change")
        elif self._failures < _TRIES:
            self._say(f"a process has ended with {process.exitcode}: starting another")
            self._start_process()


class _Watch:
    """The Python files below a folder, and whether one of them has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times = dict(self._modification_times())

    def changed(self) -> str:
        """The name of a file that has changed, come or gone since the last call; "" if none has."""
        before, self._times = self._times, dict(self._modification_times())
        differing = (name for name, when in before.items() ^ self._times.items())
        return next(differing, "")

    def _modification_times(self) -> Iterator[tuple[str, float]]:
        for folder, folders, files in os.walk(self._folder):
            folders[:] = [
                name for name in folders if name not in _SKIPPED and name[0] != "." and not Path(folder, name, "pyvenv.cfg").exists()
            ]
            for name in files:
                if name.endswith(".py"):
                    path = Path(folder, name)
                    try:
                        yield str(path.relative_to(self._folder)), path.stat().st_mtime
                    except OSError:
                        continue


def _restore(safe: str | None) -> None:
    if safe is None:
        del os.environ[_SAFE_PATH]
    else:
        os.environ[_SAFE_PATH] = safe


def _child(make: Callable[[], Any], sock: socket, tls: Tls | None, pipe: Connection, safe: str | None) -> None:
    """A process that answers. It ends with its parent, however that ends."""
    _restore(safe)
    from . import server

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # until it serves, the parent decides

    def ready(running: server.Server) -> None:
        threading.Thread(target=_end_with_parent, args=(running,), daemon=True).start()
        pipe.send(True)
        pipe.close()

    code = server.serve(server.configure(make(), tls), sock, ready)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # a handler stuck in a thread must not hold the process


def _end_with_parent(running: Any) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        running.stop()
