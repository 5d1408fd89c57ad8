"""A signal that comes just before a wait for keys ends it all the same."""

import signal
import sys

import pytest

from infocaller_cli.cli.waking import waking

# A pipe that a key comes from late, and a SIGINT whose arrival wakes no wait of the main thread: another thread takes it
CODE = """
import os, signal, threading, time
from infocaller_cli.cli.waking import waking

def take():
    asked.wait()
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    time.sleep(5)
    pressed.set()
    os.write(writing, b"a key")

reading, writing = os.pipe()
asked, pressed = threading.Event(), threading.Event()
threading.Thread(target=take, daemon=True).start()
try:
    with waking():
        asked.set()
        os.read(reading, 10)
except KeyboardInterrupt:
    print("interrupted by a key" if pressed.is_set() else "interrupted at once")
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its console has its own way")


def test_a_wait_ends_though_the_signal_did_not_end_it(run):
    assert run(code=CODE).out == "interrupted at once\n"


def test_afterwards_nothing_ticks():
    before = signal.getsignal(signal.SIGALRM)
    with waking():
        assert signal.getitimer(signal.ITIMER_REAL)[1] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before
