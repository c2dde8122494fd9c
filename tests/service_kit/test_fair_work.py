"""One organization's work costs another's at most a slice, however much there is of it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable
from contextlib import suppress

import pytest
from service_kit.fair_work import FairWork, Steps, finished


class Work:
    """Steps that each take a second of a clock of their own; `order` tells whose they were."""

    def __init__(self, slice_seconds: float = 1.0) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.rounds = 0
        self._work = FairWork(slice_seconds=slice_seconds, time=lambda: self.now)

    def steps(self, whose: str, count: int, *, seconds: float = 1.0, fails: bool = False) -> Steps[str]:
        for _ in range(count):
            self.now += seconds
            self.order.append(whose)
            yield
        if fails:
            raise ValueError(whose)
        return whose

    def begin(self, whose: str, count: int = 1, *, seconds: float = 1.0, fails: bool = False) -> asyncio.Task[str]:
        return asyncio.create_task(self._done(whose, self.steps(whose, count, seconds=seconds, fails=fails)))

    async def _done(self, whose: str, steps: Steps[str]) -> str:
        return await self._work.done(whose, steps)

    async def count_rounds(self, until: Awaitable[object]) -> None:
        waiting = asyncio.ensure_future(until)
        while not waiting.done():
            self.rounds += 1
            await asyncio.sleep(0)


async def test_work_within_a_slice_is_done_at_once() -> None:
    work = Work(slice_seconds=10)
    assert await work.begin("a", 3) == "a"
    done = work._work.done("a", work.steps("a", 3))
    with pytest.raises(StopIteration) as ended:
        done.send(None)
    assert ended.value.value == "a"


async def test_who_comes_late_is_next_however_much_waits_of_another() -> None:
    work = Work()
    loud = [work.begin("loud", 5) for _ in range(20)]
    await asyncio.sleep(0)
    before = len(work.order)
    assert await work.begin("quiet", 2) == "quiet"
    assert work.order[before:][:4].count("quiet") == 2
    assert await asyncio.gather(*loud) == ["loud"] * 20


async def test_little_work_of_who_owes_nothing_does_not_wait_for_a_busy_one() -> None:
    work = Work()
    loud = work.begin("loud", 50)
    await asyncio.sleep(0)
    at_once = work._work.done("quiet", work.steps("quiet", 3, seconds=0.25))
    with pytest.raises(StopIteration) as ended:
        at_once.send(None)
    assert ended.value.value == "quiet"
    later = work.begin("quiet", 3, seconds=0.25)
    await asyncio.sleep(0)
    # It had its part of this time.
    assert work.order.count("quiet") == 3
    assert await later == "quiet"
    assert not loud.done()
    await loud


async def test_what_is_done_out_of_turn_is_a_slice_of_all_together() -> None:
    work = Work()
    loud = work.begin("loud", 50)
    await asyncio.sleep(0)
    before = len(work.order)
    many = [work.begin(f"quiet {number}", 1, seconds=0.5) for number in range(10)]
    await asyncio.sleep(0)
    assert len(work.order[before:]) == 2
    await asyncio.gather(*many)
    assert not loud.done()
    await loud


async def test_organizations_get_as_much_as_each_other_whatever_the_size_of_their_steps() -> None:
    work = Work()
    tasks = [work.begin("large", 10, seconds=4.0), work.begin("small", 40)]
    await tasks[1]
    # Both were at it all the time, and were served alike.
    assert work.order.count("large") in (9, 10)
    await asyncio.gather(*tasks)


async def test_of_one_organization_the_first_comes_first() -> None:
    work = Work()
    ended: list[int] = []
    tasks = []
    for number in range(5):
        tasks.append(work.begin("a", 5 - number))
        tasks[-1].add_done_callback(lambda _, number=number: ended.append(number))  # type: ignore[misc]
    await asyncio.gather(*tasks)
    await asyncio.sleep(0)
    assert ended == [0, 1, 2, 3, 4]


async def test_a_round_of_the_loop_has_one_slice_of_work() -> None:
    work = Work(slice_seconds=2)
    tasks = [work.begin("a", 10) for _ in range(3)]
    await work.count_rounds(asyncio.gather(*tasks))
    assert work.rounds >= 30 / 2


async def test_who_had_nothing_to_do_saves_nothing_up() -> None:
    work = Work()
    await work.begin("early", 1)
    await asyncio.gather(*(work.begin("busy", 50) for _ in range(2)))
    busy, early = work.begin("busy", 20), work.begin("early", 20)
    await asyncio.gather(busy, early)
    latest = work.order[-40:]
    assert 8 <= latest[:20].count("early") <= 12


@pytest.mark.parametrize("count", [pytest.param(0, id="at once"), pytest.param(3, id="after it waited")])
async def test_an_error_reaches_who_asked(count: int) -> None:
    work = Work()
    other = work.begin("other", 3)
    with pytest.raises(ValueError, match="bad"):
        await work.begin("bad", count, fails=True)
    assert await other == "other"


async def test_what_failed_work_held_is_given_back_without_a_collection() -> None:
    class Large:
        """Stands for a body."""

    def failing(held: object) -> Steps[None]:
        yield
        raise ValueError

    async def fail() -> weakref.ref[Large]:
        large = Large()
        with suppress(ValueError):
            await work.done("a", failing(large))
        return weakref.ref(large)

    work = FairWork(slice_seconds=0)
    gc.collect()
    gc.disable()
    try:
        held = await fail()
        # The loop itself knows the error until its round ends.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert held() is None
    finally:
        gc.enable()


async def test_what_nobody_waits_for_is_left() -> None:
    work = Work()
    first, gone = work.begin("a", 2), work.begin("a", 1000)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone.cancel()
    assert await first == "a"
    assert await work.begin("a", 1) == "a"
    assert len(work.order) < 20


async def test_many_that_are_gone_are_forgotten() -> None:
    work = Work()
    for number in range(3000):
        await work.begin(f"org-{number}", 2)
    assert len(work._work._row._served) < 2000


def test_steps_can_be_done_at_once() -> None:
    assert finished(Work().steps("a", 3)) == "a"
