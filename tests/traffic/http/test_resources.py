"""What a process asks of the system, seen from outside: the limits it has, the memory it keeps, the address it gets again."""

import socket
import subprocess
import sys

import pytest

from infocaller_cli.traffic.http.server import listen

_PREPARED = """
import gc, resource, socket, sys
from infocaller_cli.traffic.http.resources import prepare_process
soft, hard = 300, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
most = prepare_process() if sys.argv[1] == "prepared" else 0
here, there = socket.socketpair()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    there.send(b"x")
    here.recv(262_144)  # as asyncio reads
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults, most, resource.getrlimit(resource.RLIMIT_NOFILE)[0], gc.get_freeze_count(), gc.get_threshold()[0])
"""


def numbers(how):
    done = subprocess.run([sys.executable, "-c", _PREPARED, how], capture_output=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    return [int(text) for text in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is that of glibc")
def test_a_process_that_is_prepared():
    plain, prepared = numbers("plain"), numbers("prepared")
    assert prepared[0] < plain[0] / 5  # page faults of what is read: the memory is kept
    assert prepared[2] > plain[2] == 300
    assert prepared[2] / 2 <= prepared[1] < prepared[2]  # connections: not every descriptor is for one
    assert prepared[3] > plain[3] == 0
    assert prepared[4] > plain[4]


def test_a_port_can_be_had_again_at_once():
    """Although a connection that we have ended lingers there."""
    sock = listen("127.0.0.1", 0)
    port = sock.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port))
    accepted = sock.accept()[0]
    accepted.close()
    assert client.recv(1) == b""
    client.close()
    sock.close()
    listen("127.0.0.1", port).close()
