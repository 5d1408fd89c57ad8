"""What the player reads ahead and how it keeps a pace, told by a clock of the test's own."""

import pytest

from infocaller_cli.traffic.http.message import Target
from infocaller_cli.traffic.replay import player
from infocaller_cli.traffic.replay.player import Job, Pace, Player

CALL = ("1", "2")


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def perf_counter(self):
            return self.now

    found = Clock()
    monkeypatch.setattr(player, "time", found)
    return found


def ready(jobs, **pace):
    """A player whose next job can be asked for, and the list of what it has read."""
    read = []

    def reading():
        for job in jobs:
            read.append(job)
            yield job

    made = Player(Target.parse("http://127.0.0.1:1/"), Pace(**pace), reading(), lambda *_: None)
    made._timer = made  # no loop runs that could wake it
    return made, read


def job(number, key=None, wire=b"x"):
    return Job("f", number, b"", key, wire)


def test_after_a_standstill_a_rate_is_no_burst(clock):
    made, _ = ready((job(number) for number in range(10_000)), rate=100.0)
    made._slot = clock.now
    assert made._next_job() is not None
    assert made._next_job() is None  # the next is due in 10 ms
    clock.now += 10.0
    at_once = sum(1 for _ in iter(made._next_job, None))
    assert 1 <= at_once <= 7  # what 50 ms hold, and the one that is due


@pytest.mark.parametrize(("size", "most"), [(1024 * 1024, 64), (1, 2000)], ids=["bytes", "requests"])
def test_it_reads_ahead_past_a_busy_call_only_so_far(clock, size, most):
    made, read = ready(job(number, CALL, b"x" * size) for number in range(5000))
    assert made._next_job() is read[0]
    assert made._next_job() is None  # its call is busy
    assert len(read) == most + 1


def test_other_calls_pass_a_busy_one(clock):
    jobs = [job(0, CALL), job(1, CALL), job(2, ("1", "3")), job(3)]
    made, _ = ready(iter(jobs))
    assert [made._next_job() for _ in range(4)] == [jobs[0], jobs[2], jobs[3], None]
    made._release(jobs[0])
    assert made._next_job() is jobs[1]
