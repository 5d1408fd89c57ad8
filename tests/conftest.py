"""What the tests share: a judge of hostile input that cannot hang the suite, the command itself (piped, on a terminal, serving),
endpoints that misbehave, signed documents, and hypothesis without its clock.
"""

import contextlib
import hashlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

import pytest
from hypothesis import settings
from nursery import PRELOADED, Nursery, talk
from servers import PATIENCE, Endpoint, Running

pytest_plugins = ["pytester"]

# A slow machine is no failure; input that takes for ever is caught by `outcome`
# In CI the same examples every time: a new finding belongs on a developer's desk, not in the way of another change
settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("suite")

# A script's background jobs have these ignored, and so would all that the tests start: what they send must arrive
for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

_CHILD = """
import sys
from infocaller_cli.codec import DecodeError, decode
try:
    decode(sys.stdin.buffer.read(), lenient=sys.argv[1] == "lenient", max_size=1 << 40)
except DecodeError as error:
    print(error.code)
else:
    print("read")
"""


@pytest.fixture
def outcome():
    """A function: what decoding these bytes comes to, "read" or the code of the DecodeError.

    In a process of its own: a pattern gone wild holds the interpreter's lock, so no thread could stop it. The limit is far
    above what any of this should take (well under a second), and far below what quadratic work on a megabyte takes.
    """

    def run(data, mode="strict"):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, mode], input=data, capture_output=True, timeout=10, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return done.stdout.decode().strip()

    return run


# ---- the command line ----

_ROOT = Path(__file__).resolve().parent.parent


class Done(NamedTuple):
    """A command that has ended. On a terminal `stderr` is all the terminal showed."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self):
        return self.stdout.decode("utf-8")

    @property
    def err(self):
        return self.stderr.decode("utf-8")


def _environment(home, changes):
    """Nothing of the surroundings but what Python needs: no INFOCALLER_*, no NO_COLOR, no configuration of the user's.

    Bytes keys and values are allowed: a password in the environment need not be UTF-8.
    """
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TMPDIR") if key in os.environ}
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    ours = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "xdg"), "PYTHONPATH": path, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    return {os.fsencode(key): os.fsencode(value) for key, value in {**kept, **ours, **(changes or {})}.items()}


@pytest.fixture(scope="session")
def nursery():
    """What forks commands (see there); None where each is to start as users start it."""
    if os.environ.get("INFOCALLER_TESTS_FRESH") or not hasattr(os, "pidfd_open"):
        yield None
        return
    with tempfile.TemporaryDirectory() as home:
        one = Nursery(_environment(Path(home), None))
        yield one
        one.close()


# What is imported before a command begins: a file of that name in its folder would come first
_TAKEN = sys.stdlib_module_names | {name.partition(".")[0] for name in PRELOADED}


def _needs_a_new_interpreter(changes, folder):
    """What Python reads as it starts, and modules of the user's that stand before those of others."""
    names = [os.fsdecode(name) for name in changes or ()]
    return any(name.startswith(("LANG", "LC_", "PYTHON")) for name in names) or any(path.stem in _TAKEN for path in Path(folder).iterdir())


@pytest.fixture
def run(tmp_path, nursery):
    """A function: the real command with these arguments, in `tmp_path`. `stdin` is text, bytes or a stream; else it is empty.

    `code` replaces `-m infocaller_cli` by a script, for what must be arranged inside the process.
    """

    def start(*arguments, stdin=None, env=None, cwd=None, code=None, **more):
        folder = cwd or tmp_path
        data = stdin.encode() if isinstance(stdin, str) else stdin if isinstance(stdin, bytes) else None
        if nursery and code is None and not more and not _needs_a_new_interpreter(env, folder):
            return _forked(nursery, arguments, _environment(tmp_path, env), folder, stdin if data is None else data)
        entry = ["-m", "infocaller_cli"] if code is None else ["-c", code]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        if data is not None:
            streams["input"] = data
        else:
            streams["stdin"] = subprocess.DEVNULL if stdin is None else stdin
        done = subprocess.run(
            [sys.executable, *entry, *arguments], env=_environment(tmp_path, env), cwd=folder, timeout=PATIENCE, check=False, **streams
        )
        return Done(done.returncode, done.stdout or b"", done.stderr or b"")

    return start


def _forked(nursery, arguments, environment, folder, stdin):
    """`subprocess.run` with pipes, in the nursery."""
    with contextlib.ExitStack() as theirs:  # the command's ends of the pipes

        def pipe(mine):
            ends = os.pipe()
            theirs.callback(os.close, ends[1 - mine])
            return ends[mine], ends[1 - mine]

        if isinstance(stdin, bytes):
            write, source = pipe(1)
        else:
            write, source = (
                None,
                os.open(os.devnull, os.O_RDONLY) if stdin is None else os.dup(stdin if isinstance(stdin, int) else stdin.fileno()),
            )
            theirs.callback(os.close, source)
        (out, their_out), (err, their_err) = pipe(0), pipe(0)
        child = nursery.start(arguments, environment, folder, (source, their_out, their_err))
    return Done(*talk(child, stdin, (write, out, err), PATIENCE))


# Makes the terminal its own, as a shell does, and becomes the command
_ON_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "infocaller_cli", *sys.argv[1:]])
"""


@pytest.fixture
def terminal(tmp_path, nursery):
    """A function: the real command on a terminal of its own, where `answers` (shown text, keys to press) are given in order.

    `stdin` (bytes) comes through a pipe instead of the keyboard, and with `piped` stdout goes into a pipe.
    """
    pty = pytest.importorskip("pty")

    def start(*arguments, answers=(), stdin=None, piped=False, env=None):
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            master, slave = pty.openpty()
            ours.callback(os.close, master)
            theirs.callback(os.close, slave)
            source = target = slave
            if stdin is not None:
                source, write = os.pipe()
                theirs.callback(os.close, source)
                os.write(write, stdin)  # what fits in a pipe
                os.close(write)
            if piped:
                read, target = os.pipe()
                theirs.callback(os.close, target)
                out = ours.enter_context(os.fdopen(read, "rb"))
            environment, streams = _environment(tmp_path, env), (source, target, slave)
            if nursery and not _needs_a_new_interpreter(env, tmp_path):
                process = nursery.start(arguments, environment, tmp_path, streams, terminal=True)
            else:
                command = [sys.executable, "-I", "-S", "-c", _ON_TERMINAL, *arguments]
                process = subprocess.Popen(
                    command, env=environment, cwd=tmp_path, **dict(zip(("stdin", "stdout", "stderr"), streams, strict=True))
                )
            ours.callback(process.wait)
            ours.callback(process.kill)
            theirs.close()
            shown = _converse(master, answers)
            return Done(process.wait(PATIENCE), out.read() if piped else b"", shown)

    return start


def _converse(master, answers):
    """Press the keys of each answer once its text is shown; everything shown until the command lets go of the terminal."""
    shown = b""
    seen = 0
    waiting = list(answers)
    while True:
        assert select.select([master], [], [], PATIENCE)[0], f"nothing more came after {shown!r}"
        try:
            data = os.read(master, 65536)
        except OSError:  # Linux says so when the last process has closed it
            data = b""
        if not data:
            assert not waiting, f"{waiting[0][0]!r} was never shown, only {shown!r}"
            return shown
        shown += data
        if waiting and waiting[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(master, waiting.pop(0)[1])


@pytest.fixture
def signed():
    """A function: an event in XML, signed with `password` (as hashlib does it). `user` and `call_fields` are more XML in
    UserID and Infocaller; `text` is what was signed, where it is not what should have been.
    """

    def make(password="3956", line="123456789", call="98565656", *, text=None, signature=None, user="", call_fields=""):
        text = f"{line}{call}{password}" if text is None else text
        text = text.encode("iso-8859-1") if isinstance(text, str) else text
        signature = hashlib.md5(text).hexdigest() if signature is None else signature
        return (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1">\n'
            f"  <UserID>\n    <LineNumber>{line}</LineNumber>\n    {user}<CallSequence>{call}</CallSequence>\n"
            f"    <Signature>{signature}</Signature>\n  </UserID>\n"
            f"  <Infocaller>\n    <CallType>R</CallType>\n    <CallerNumber>600000001</CallerNumber>\n    {call_fields}\n  </Infocaller>\n"
            "  <CustVars>\n    <CustVar>\n      <VarName>CITY</VarName>\n      <VarValue>Bilbao</VarValue>\n    </CustVar>\n"
            "  </CustVars>\n</ApiCall>\n"
        )

    return make


# ---- servers ----


def _forked_server(nursery, arguments, environment, folder):
    """`subprocess.Popen` with pipes for stdout and stderr, in the nursery."""
    (out, their_out), (err, their_err) = os.pipe(), os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    child = nursery.start(arguments, environment, folder, (nothing, their_out, their_err))
    for fd in (nothing, their_out, their_err):
        os.close(fd)
    child.stdout, child.stderr = os.fdopen(out, "rb"), os.fdopen(err, "rb")
    return child


@pytest.fixture
def server(tmp_path, nursery):
    """A function: a command that serves, with these arguments, on a free port, in `tmp_path`. It is killed at the end.

    `code` replaces `-m infocaller_cli` by a script.
    """
    started = []

    def start(*arguments, env=None, code=None, **more):
        environment = _environment(tmp_path, {"INFOCALLER_PASSWORD": "3956"} | (env or {}))
        arguments = [*map(str, arguments), "--port", "0"]
        if nursery and code is None and not more and not _needs_a_new_interpreter(env, tmp_path):
            process = _forked_server(nursery, arguments, environment, tmp_path)
        else:
            entry = ["-m", "infocaller_cli"] if code is None else ["-c", code]
            process = subprocess.Popen(
                [sys.executable, *entry, *arguments],
                env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
            )  # fmt: skip
        started.append(process)
        return Running(process)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def endpoint():
    """A function: an Endpoint that behaves so. Bytes stand for: answer every request with them."""
    made = []

    def start(behave):
        if isinstance(behave, bytes):
            answer = behave

            def behave(connection, number):
                while one.read(connection):
                    connection.sendall(answer)

        one = Endpoint(behave)
        made.append(one)
        return one

    yield start
    for one in made:
        one.close()


@pytest.fixture
def form(signed):
    """A function: a form body that holds a document, `signed` with these arguments; with `query` it asks something."""

    def make(query=None, variables=(("NUMPEDIDO", "1"),), **arguments):
        fields = "" if query is None else f"<QueryName>{query}</QueryName>"
        text = signed(call_fields=fields, **arguments)
        found = "".join(f"<CustVar><VarName>{name}</VarName><VarValue>{value}</VarValue></CustVar>" for name, value in variables)
        text = re.sub(r"<CustVar>.*</CustVar>", found, text, flags=re.DOTALL)
        return b"apiInfocaller=" + quote_plus(text).encode()

    return make
