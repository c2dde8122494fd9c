"""Tasks end although a cancellation is lost, and together they end with the first of them."""

from __future__ import annotations

import asyncio

import pytest
from service_kit.tasks import end, together

from tests.waiting import until


class Work:
    """Goes on until it is cancelled, and loses so many cancellations before."""

    def __init__(self, losing: int = 0) -> None:
        self.losing = losing
        self.running = False

    async def run(self) -> None:
        self.running = True
        try:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if not self.losing:
                        raise
                    self.losing -= 1
        finally:
            self.running = False


async def fail(begin: asyncio.Event) -> None:
    await begin.wait()
    raise LookupError("of the work's own")


async def test_a_cancellation_that_is_lost_is_said_again() -> None:
    work = Work(losing=1)
    task = asyncio.create_task(work.run())
    await until(lambda: work.running)
    await end([task])
    assert (task.cancelled(), work.losing) == (True, 0)


async def test_who_is_cancelled_while_others_end_waits_for_them() -> None:
    work = Work(losing=1)
    task = asyncio.create_task(work.run())
    await until(lambda: work.running)
    ending = asyncio.create_task(end([task]))
    await until(lambda: work.losing == 0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.cancelled()


@pytest.mark.parametrize("losing", [0, 1])
async def test_works_are_cancelled_together(losing: int) -> None:
    works = [Work(losing), Work()]
    task = asyncio.create_task(together(*(each.run() for each in works)))
    await until(lambda: all(each.running for each in works))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(each.running for each in works)


async def test_the_failure_of_one_ends_the_others() -> None:
    work, begin = Work(losing=1), asyncio.Event()
    task = asyncio.create_task(together(work.run(), fail(begin)))
    await until(lambda: work.running)
    begin.set()
    with pytest.raises(LookupError):
        await task
    assert not work.running
