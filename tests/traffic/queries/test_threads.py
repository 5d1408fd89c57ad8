"""Handlers within their time limit, whatever they do: late ones, ones that will not end, one event loop after the other."""

import asyncio
import contextlib
import threading

import pytest

from infocaller_cli.traffic.queries.threads import Threads
from infocaller_cli.traffic.queries.time_limit import HandlerTimeoutError, Limit

LIMIT = 0.2


def ended(work):
    """What came of a coroutine function under the limit, and what it left on `told`."""

    async def main():
        told = []
        limit = Limit(LIMIT)
        try:
            result = await limit.run(work(told))
        except HandlerTimeoutError:
            result = "late"
        first = list(told)
        for _ in range(40):
            await asyncio.sleep(0.05)
            if told != first:
                break
        return result, first, told, asyncio.current_task().cancelling()

    return asyncio.run(asyncio.wait_for(main(), 30))


async def swallows(told):
    for _ in range(100):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.append("swallowed")


async def answers_all_the_same(told):
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        return "an answer"


async def holds_up_the_loop(told):
    threading.Event().wait(2 * LIMIT)
    return "an answer"


async def raises_instead(told):
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        raise ValueError from None


@pytest.mark.parametrize("work", [swallows, answers_all_the_same, holds_up_the_loop])
def test_what_comes_too_late_counts_as_not_come(work):
    result, _, _, cancelling = ended(work)
    assert (result, cancelling) == ("late", 0)


def test_what_a_handler_raises_at_its_end_is_told():
    with pytest.raises(ValueError):
        ended(raises_instead)


def test_a_handler_may_put_things_in_order_after_its_end():
    async def tidies(told):
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(LIMIT / 2)  # longer than the limit is looked at
            told.append("in order")

    result, first, told, _ = ended(tidies)
    assert (result, first, told) == ("late", [], ["in order"])


def test_what_is_left_behind_is_closed_in_the_end():
    async def stays(told):
        try:
            for _ in range(100):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(30)
        finally:
            told.append("closed")

    assert ended(stays)[2] == ["closed"]


def test_a_handler_in_time_is_awaited_as_ever():
    async def steps(told):
        async with asyncio.timeout(30):
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(30)
            return await asyncio.gather(asyncio.sleep(0, "a"), asyncio.sleep(0.01, "b"))

    assert ended(steps)[0] == ["a", "b"]


def test_the_cancelling_of_others_goes_through():
    async def main():
        limit = Limit(30)
        task = asyncio.create_task(limit.run(asyncio.sleep(30)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_threads_end_when_told():
    before = set(threading.enumerate())  # other tests have left some that are stuck

    async def main():
        threads = Threads(Limit(30), lambda count: None)
        assert await threads.run(lambda given: given + 1, 1) == 2
        threads.end()
        return set(threading.enumerate()) - before

    started = asyncio.run(main())
    assert started
    for thread in started:
        thread.join(30)
    assert not any(thread.is_alive() for thread in started)
