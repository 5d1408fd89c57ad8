"""A signal that comes just before a wait for keys ends it all the same."""

import os
import signal
import sys
import threading
import time

import pytest

from infocaller_cli.cli.waking import waking


@pytest.fixture
def unwoken():
    """A pipe that nothing comes from, and a SIGINT whose arrival wakes no wait of this thread: another thread takes it."""
    reading, writing = os.pipe()
    over = threading.Event()

    def take():
        time.sleep(0.3)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        keys.append(not over.wait(10) and os.write(writing, b"a key"))

    keys = []
    thread = threading.Thread(target=take)
    thread.start()
    yield reading
    over.set()
    thread.join()
    assert keys == [False], "only a key ended the wait"
    os.close(reading)
    os.close(writing)


@pytest.mark.skipif(sys.platform == "win32", reason="its console has its own way")
def test_a_wait_ends_though_the_signal_did_not_end_it(unwoken):
    with pytest.raises(KeyboardInterrupt), waking():
        os.read(unwoken, 10)


def test_afterwards_nothing_ticks():
    before = signal.getsignal(signal.SIGALRM)
    with waking():
        assert signal.getitimer(signal.ITIMER_REAL)[1] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before
