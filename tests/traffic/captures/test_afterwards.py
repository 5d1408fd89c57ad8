"""What waits until nobody waits for an answer: in order, at once where little comes, a little at a time where much does, up to a limit."""

import asyncio

from infocaller_cli.traffic.captures import afterwards
from infocaller_cli.traffic.captures.afterwards import Afterwards


def turns(number):
    """Let the loop turn."""

    async def turn():
        for _ in range(number):
            await asyncio.sleep(0)

    return turn()


def idle():
    return False


def test_while_somebody_waits_nothing_is_done_and_it_goes_on_when_told(monkeypatch):
    monkeypatch.setattr(afterwards, "_PATIENCE", 3600)
    done, waits = [], []

    async def run():
        later = Afterwards(done.append, done.append, lambda: bool(waits))
        later.add(0, 1)
        await turns(3)
        waits.append(True)
        later.add(1, 1)
        later.add(2, 1)
        await turns(9)
        assert done == [0]
        waits.clear()
        await turns(9)
        assert done == [0]
        later.resume()
        await turns(9)
        assert done == [0, 1, 2]

    asyncio.run(run())


def test_a_piece_is_done_in_the_next_turns_and_not_before():
    done = []

    async def run():
        later = Afterwards(done.append, done.append, idle)
        for piece in range(3):
            later.add(piece, 1)
            assert done == list(range(piece))
            await turns(3)
            assert done == list(range(piece + 1))

    asyncio.run(run())


def test_while_more_comes_in_every_turn_all_but_a_few_wait_and_then_are_done_in_order(monkeypatch):
    monkeypatch.setattr(afterwards, "_PATIENCE", 3600)
    done = []

    async def run():
        later = Afterwards(done.append, done.append, idle)
        for piece in range(100):
            later.add(piece, 1)
            await turns(1)
        assert done == [0]
        await turns(101)
        assert done == list(range(100))

    asyncio.run(run())


def test_though_more_comes_in_every_turn_one_is_done_now_and_then(monkeypatch):
    monkeypatch.setattr(afterwards, "_PATIENCE", 0)
    done = []

    async def run():
        later = Afterwards(done.append, done.append, idle)
        for piece in range(100):
            later.add(piece, 1)
            await turns(1)
        assert len(done) > 90

    asyncio.run(run())


def test_where_many_wait_they_wait_for_a_silence(monkeypatch):
    monkeypatch.setattr(afterwards, "_PATIENCE", 3600)
    monkeypatch.setattr(afterwards, "_CROWD", 2)
    done, timers = [], []

    async def run():
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda _, *call: timers.append(call))
        later = Afterwards(done.append, done.append, idle)
        for piece in range(5):
            later.add(piece, 1)
        for _ in range(3):
            await turns(9)
            assert done == [0]
            later.add(5, 1)
            ((turn, loop),) = timers
            timers.clear()
            turn(loop)
        await turns(9)
        assert done == [0]
        ((turn, loop),) = timers
        turn(loop)
        await turns(9)
        assert done == [0, 1, 2, 3, 4, 5, 5, 5]

    asyncio.run(run())


def test_what_is_too_much_is_counted_with_what_comes_in_the_moment_after_and_then_it_goes_on(monkeypatch):
    monkeypatch.setattr(afterwards, "_MOST", 4)
    monkeypatch.setattr(afterwards, "_MOST_BYTES", 20)
    done, left_out, timers = [], [], []

    async def run():
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda _, *call: timers.append(call))
        later = Afterwards(done.append, left_out.append, idle)
        for piece in range(7):
            later.add(piece, 1)
        await turns(9)
        assert (done, left_out, len(timers)) == ([], [], 1)
        timers.pop()[0]()
        assert left_out == [7]
        later.add(7, 21)
        later.add(8, 1)
        later.add(9, 1)
        timers.pop()[0]()
        assert left_out == [7, 3]
        later.add(10, 1)
        await turns(3)
        assert done == [10]

    asyncio.run(run())
    assert left_out == [7, 3]


def test_what_was_left_out_is_told_at_the_end(monkeypatch):
    monkeypatch.setattr(afterwards, "_MOST", 4)
    done, left_out = [], []

    async def run():
        later = Afterwards(done.append, left_out.append, idle)
        for piece in range(6):
            later.add(piece, 1)
        later.finish()

    asyncio.run(run())
    assert (done, left_out) == ([], [6])


def test_what_waits_is_done_at_the_end():
    done = []

    async def run():
        later = Afterwards(done.append, done.append, idle)
        for piece in range(5):
            later.add(piece, 1)
        later.finish()
        assert done == [0, 1, 2, 3, 4]
        await turns(3)

    asyncio.run(run())


def test_one_that_fails_does_not_keep_back_the_others():
    done, failed = [], []

    def work(piece):
        done.append(piece)
        if piece == 1:
            raise ValueError

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
        later = Afterwards(work, done.append, idle)
        for piece in range(3):
            later.add(piece, 1)
        await turns(9)

    asyncio.run(run())
    assert done == [0, 1, 2]
    assert [type(error) for error in failed] == [ValueError]
