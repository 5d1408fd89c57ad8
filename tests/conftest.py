"""What the tests share: a judge of hostile input that cannot hang the suite, and hypothesis without its clock."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

# A slow machine is no failure; input that takes for ever is caught by `outcome`
settings.register_profile("suite", deadline=None)
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
        done = subprocess.run([sys.executable, "-c", _CHILD, mode], input=data, capture_output=True, timeout=10, env=environment)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return done.stdout.decode().strip()

    return run
