"""Commands without the start of Python: a process that has imported all that they import forks for each of them.

Streams, environment, folder and arguments are made anew. Half of the suite's time was modules being read four thousand times.
INFOCALLER_TESTS_FRESH=1 starts each command as a user does, as CI does with those of every example: a missing import is noticed there;
what a command imports at its start is tested in interpreters of its own (`cli/test_startup.py`).
"""

import atexit
import contextlib
import fcntl
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
from importlib import import_module
from pathlib import Path

# What commands import of others; all of it is in the environment of the tests
PRELOADED = ("httpx", "httpcore", "typer", "lxml.etree", "orjson", "rich.console", "rich.table", "uvicorn.protocols.http.httptools_impl")


class Nursery:
    """The process that forks. It ends with this one."""

    def __init__(self, environment):
        self._folder = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen([sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=environment)
        self._channel = ours

    def start(self, arguments, environment, cwd, streams, *, terminal=False):
        """A command: its arguments, what is in its environment (bytes), its folder, its three streams (file descriptors).

        `terminal`: stderr is one, which it makes its own.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            environment = {os.fsdecode(key): os.fsdecode(value) for key, value in environment.items()}
            order = json.dumps([[os.fsdecode(one) for one in arguments], environment, os.fspath(cwd), terminal]).encode()
            socket.send_fds(self._channel, [order], [theirs.fileno(), *streams])
        return Child(ours)

    def close(self):
        self._channel.close()
        self._process.wait()


class Child:
    """A command that was forked, with what is used of a Popen."""

    returncode = None

    def __init__(self, connection):
        self._connection = connection
        self.pid = int(connection.recv(64))

    def wait(self, timeout=None):
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("infocaller", timeout)
            with self._connection:
                self.returncode = os.waitstatus_to_exitcode(int(self._connection.recv(64)))
        return self.returncode

    def poll(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def talk(child, data, pipes, patience):
    """Write `data` to the first of a child's pipes (None if there is none), read the others to their ends: (exit code, what came)."""
    stdin, *outputs = pipes
    came = [b"", b""]

    def write():
        with contextlib.suppress(BrokenPipeError), open(stdin, "wb") as stream:
            stream.write(data)

    def read(number):
        with open(outputs[number], "rb") as stream:
            came[number] = stream.read()

    threads = [threading.Thread(target=read, args=[number]) for number, pipe in enumerate(outputs) if pipe is not None]
    threads += [threading.Thread(target=write)] if stdin is not None else []
    for thread in threads:
        thread.start()
    try:
        code = child.wait(patience)
    finally:
        child.kill()
        for thread in threads:
            thread.join(patience)
    return code, *came


def _ours():
    """Every module of ours but the entry, which acts when it is imported, and those of users' own tests and loads."""
    import infocaller_cli

    names = [module.name for module in pkgutil.walk_packages(infocaller_cli.__path__, "infocaller_cli.")]
    return [name for name in names if not name.startswith(("infocaller_cli.__main__", "infocaller_cli.testing", "infocaller_cli.load"))]


def _warm_up():
    """Have the patterns compiled that nearly every command compiles."""
    from infocaller_cli import decode, encode, validate

    for path in sorted((Path(__file__).parent / "vectors" / "pairs").glob("*.*")):
        document = decode(path.read_bytes()).document
        for format in ("xml", "json"):
            validate(decode(encode(document, format)))


def _serve(channel):
    """Fork for each order that comes; who returns is the child, with its order. The parent tells how each has ended."""
    for name in (*PRELOADED, *_ours()):
        import_module(name)
    _warm_up()
    gc.collect()
    gc.freeze()
    waiting = {}
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == channel.fileno():
                order, fds, _, _ = socket.recv_fds(channel, 1 << 22, 4)
                if not order:
                    os._exit(0)
                pid = os.fork()
                if not pid:
                    for one in (*waiting, *(connection.fileno() for _, connection in waiting.values()), channel.fileno(), fds[0]):
                        os.close(one)
                    return json.loads(order), fds[1:]
                connection = socket.socket(fileno=fds[0])
                connection.send(str(pid).encode())
                for one in fds[1:]:
                    os.close(one)
                pidfd = os.pidfd_open(pid)
                poll.register(pidfd, select.POLLIN)
                waiting[pidfd] = pid, connection
            else:
                poll.unregister(fd)
                os.close(fd)
                pid, connection = waiting.pop(fd)
                status = os.waitpid(pid, 0)[1]
                with contextlib.suppress(OSError), connection:
                    connection.send(str(status).encode())


def _become(arguments, environment, folder, terminal, fds):
    """What a new interpreter would do."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    if terminal:  # as a shell does
        os.setsid()
        fcntl.ioctl(2, termios.TIOCSCTTY, 0)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        old = getattr(sys, name)
        buffering = 1 if name == "stderr" or os.isatty(number) else -1
        new = open(number, mode, buffering, encoding=old.encoding, errors=old.errors, newline="\n", closefd=False)  # noqa: SIM115
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = os.getcwd()
    sys.argv = ["infocaller", *arguments]


def _end(code):
    """What Python does at the end, but for taking everything apart, which here would copy it first."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    import runpy

    order, fds = _serve(socket.socket(fileno=int(sys.argv[1])))
    _become(*order, fds)
    try:
        runpy.run_module("infocaller_cli", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int):  # else Python has something to say
            _end(ended.code)
        raise
