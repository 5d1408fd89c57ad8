"""What the tests share: a judge of hostile input that cannot hang the suite, the command itself (piped and on a terminal),
signed documents, and hypothesis without its clock.
"""

import hashlib
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

# A slow machine is no failure; input that takes for ever is caught by `outcome`
# In CI the same examples every time: a new finding belongs on a developer's desk, not in the way of another change
settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("suite")

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
# Far above what any command takes, even on a busy machine: a hang is a failure, slowness is none
_PATIENCE = 120


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


@pytest.fixture
def run(tmp_path):
    """A function: the real command with these arguments, in `tmp_path`. `stdin` is text, bytes or a stream; else it is empty.

    `code` replaces `-m infocaller_cli` by a script, for what must be arranged inside the process.
    """

    def start(*arguments, stdin=None, env=None, cwd=None, code=None, **more):
        entry = ["-m", "infocaller_cli"] if code is None else ["-c", code]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        if isinstance(stdin, str | bytes):
            streams["input"] = stdin.encode() if isinstance(stdin, str) else stdin
        else:
            streams["stdin"] = subprocess.DEVNULL if stdin is None else stdin
        done = subprocess.run(
            [sys.executable, *entry, *arguments],
            env=_environment(tmp_path, env),
            cwd=cwd or tmp_path,
            timeout=_PATIENCE,
            check=False,
            **streams,
        )
        return Done(done.returncode, done.stdout or b"", done.stderr or b"")

    return start


# Makes the terminal its own, as a shell does, and becomes the command. Ctrl-C may be ignored where the suite runs: not here
_ON_TERMINAL = """
import fcntl, os, signal, sys, termios
os.setsid()
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "infocaller_cli", *sys.argv[2:]])
"""


@pytest.fixture
def terminal(tmp_path):
    """A function: the real command on a terminal of its own, where `answers` (shown text, keys to press) are given in order.

    `stdin` (bytes) comes through a pipe instead of the keyboard, and with `piped` stdout goes into a pipe.
    """
    pty = pytest.importorskip("pty")

    def start(*arguments, answers=(), stdin=None, piped=False, env=None):
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _ON_TERMINAL, str(slave), *arguments],
            stdin=slave if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            pass_fds=[slave],
            env=_environment(tmp_path, env),
            cwd=tmp_path,
        )
        os.close(slave)
        try:
            if stdin is not None:
                with process.stdin:
                    process.stdin.write(stdin)
            shown = _converse(master, answers)
            out = process.stdout.read() if piped else b""
            return Done(process.wait(_PATIENCE), out, shown)
        finally:
            os.close(master)
            process.kill()
            process.wait()
            if piped:
                process.stdout.close()

    return start


def _converse(master, answers):
    """Press the keys of each answer once its text is shown; everything shown until the command lets go of the terminal."""
    shown = b""
    seen = 0
    waiting = list(answers)
    while True:
        assert select.select([master], [], [], _PATIENCE)[0], f"nothing more came after {shown!r}"
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
