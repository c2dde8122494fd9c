"""One organization's requests cost another's at most a step, however many there are."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import suppress

import pytest
from service_kit.fair_steps import FairSteps

from tests.waiting import turns as let_others_run


class Work:
    """Coroutines whose steps each take seconds of a clock of their own; `order` tells whose they were."""

    def __init__(self, slice_seconds: float = 1.0) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.steps = FairSteps(slice_seconds=slice_seconds, time=lambda: self.now)

    async def job(self, whose: str, count: int, seconds: float) -> None:
        for _ in range(count):
            self.order.append(whose)
            self.now += seconds
            await asyncio.sleep(0)

    def begin(self, whose: str, count: int = 1, *, seconds: float = 1.0) -> asyncio.Task[None]:
        return asyncio.create_task(self.steps.done(self.job(whose, count, seconds), lambda: whose))

    def nothing_is_left(self) -> bool:
        return not self.steps._waiting and not self.steps._row and self.steps._given is None


async def test_a_step_is_done_at_once_while_nobody_else_has_one() -> None:
    work = Work(slice_seconds=10)
    done = work.steps.done(work.job("a", 1, 1), lambda: "a")
    # What it waits for is the coroutine's own: a round of the loop.
    assert done.send(None) is None
    assert work.order == ["a"]
    done.close()


async def test_who_comes_late_is_next_however_much_waits_of_another() -> None:
    work = Work()
    loud = [work.begin("loud", 5) for _ in range(20)]
    await let_others_run()
    before = len(work.order)
    await work.begin("quiet", 3)
    assert work.order[before:].index("quiet") <= 2
    assert len(work.order) - before <= 8
    await asyncio.gather(*loud)
    assert work.order.count("loud") == 100
    assert work.nothing_is_left()


async def test_names_get_as_much_as_each_other_whatever_the_size_of_their_steps() -> None:
    work = Work()
    tasks = [
        *(work.begin("large", 5, seconds=4.0) for _ in range(4)),
        *(work.begin("small", 20) for _ in range(4)),
    ]
    await asyncio.gather(*tasks[4:])
    assert work.order.count("large") in range(18, 21)
    await asyncio.gather(*tasks)


async def test_of_one_name_the_first_comes_first() -> None:
    work = Work()
    order: list[int] = []

    async def job(number: int) -> None:
        work.now += 1
        order.append(number)

    await asyncio.gather(*(work.steps.done(job(number), lambda: "a") for number in range(20)))
    assert order == list(range(20))


async def test_what_was_served_alone_is_no_debt() -> None:
    work = Work()
    await work.begin("early", 1)
    await work.begin("busy", 50)
    tasks = [work.begin("busy", 20), work.begin("busy", 20), work.begin("early", 20), work.begin("early", 20)]
    await asyncio.gather(*tasks)
    assert 16 <= work.order[-80:][:40].count("early") <= 24


async def test_the_name_may_change_on_the_way() -> None:
    work = Work()
    name = "address"

    async def job() -> None:
        nonlocal name
        work.now += 5
        await asyncio.sleep(0)
        name = "organization"
        work.now += 7

    await work.steps.done(job(), lambda: name)
    assert work.steps._row._served == {"address": 5.0, "organization": 12.0}


async def test_answers_and_errors_of_what_is_waited_for_come_through() -> None:
    work = Work()
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    failure: asyncio.Future[str] = loop.create_future()
    told: list[object] = []

    async def job() -> None:
        told.append(await answer)
        with suppress(ValueError):
            await failure
        told.append(asyncio.current_task())
        raise LookupError("own")

    task = asyncio.create_task(work.steps.done(job(), lambda: "a"))
    noise = [work.begin("b", 10) for _ in range(3)]
    await let_others_run()
    answer.set_result("answer")
    await let_others_run()
    failure.set_exception(ValueError())
    with pytest.raises(LookupError, match="own"):
        await task
    await asyncio.gather(*noise)
    assert told == ["answer", task]
    assert work.nothing_is_left()


@pytest.mark.parametrize("rounds", range(12))
async def test_who_is_cancelled_is_told_wherever_it_waits_and_gives_its_turn_back(rounds: int) -> None:
    """Before its first step, in the row, with a turn that it has been given, and in a wait of its own."""
    work = Work()
    told: list[str] = []

    async def job() -> None:
        try:
            await work.job("gone", 1000, 1.0)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    noise = [work.begin("busy", 20) for _ in range(3)]
    gone = asyncio.create_task(work.steps.done(job(), lambda: "gone"))
    await asyncio.sleep(0)
    for _ in range(rounds):
        await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert told == (["cancelled"] if "gone" in work.order else [])
    await asyncio.gather(*noise)
    assert work.order.count("busy") == 60
    assert work.nothing_is_left()


async def test_a_limit_of_time_inside_ends_what_it_is_about() -> None:
    work = Work()
    told: list[str] = []

    async def job() -> None:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            told.append("over")

    noise = [work.begin("busy", 20) for _ in range(3)]
    await work.steps.done(job(), lambda: "a")
    assert told == ["over"]
    await asyncio.gather(*noise)


async def test_what_failed_work_held_is_given_back_without_a_collection() -> None:
    class Large:
        """Stands for a body."""

    async def failing(held: object) -> None:
        await asyncio.sleep(0)
        raise ValueError

    async def fail() -> weakref.ref[Large]:
        large = Large()
        with suppress(ValueError):
            await FairSteps(slice_seconds=1e-9).done(failing(large), lambda: "a")
        return weakref.ref(large)

    gc.collect()
    gc.disable()
    try:
        held = await fail()
        await asyncio.sleep(0)
        assert held() is None
    finally:
        gc.enable()


async def test_many_that_are_gone_are_forgotten() -> None:
    work = Work()
    for number in range(3000):
        await work.begin(f"org-{number}", 2)
    assert len(work.steps._row._served) < 2000
    assert work.nothing_is_left()


def test_what_a_loop_has_left_undone_holds_up_no_other() -> None:
    work = Work()

    async def left() -> None:
        for _ in range(3):
            work.begin("a", 5)
        await asyncio.sleep(0)

    asyncio.run(left())
    asyncio.run(asyncio.wait_for(work.steps.done(work.job("b", 2, 1.0), lambda: "b"), 60))
    assert work.order[-2:] == ["b", "b"]
    assert work.nothing_is_left()
