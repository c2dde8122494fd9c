"""Background work begins again after what ends it, tells of itself, and ends when it is told to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from service_kit import tasks
from service_kit.background import Background, Restarts
from service_kit.clock import ManualClock
from service_kit.logs import JsonFormatter

RESTARTS = Restarts(pause_seconds_first=1.0, pause_seconds_max=8.0, well_seconds=30.0, failures_max=3)


class Pauses:
    """Stands in for `asyncio.sleep`: the test sees each pause and ends it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._begun: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        over = asyncio.Event()
        self._begun.put_nowait((seconds, over))
        await over.wait()

    async def over(self) -> float:
        """Waits for the next pause, lets its time pass, and says how long it was."""
        seconds, over = await self._begun.get()
        self._clock.advance(seconds)
        over.set()
        return seconds

    async def begun(self) -> float:
        """Waits for the next pause and leaves it going on."""
        return (await self._begun.get())[0]


class Stand:
    """A supervisor whose time and chance are the test's."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.pauses = Pauses(self.clock)
        self.registry = CollectorRegistry()
        self.chance = 1.0
        self.background = Background(
            self.registry, self.clock, restarts=RESTARTS, sleep=self.pauses, chance=lambda: self.chance
        )

    def figure(self, name: str, work: str) -> float | None:
        return self.registry.get_sample_value(name, {"work": work})


class Fickle:
    """Fails when it is told to, else goes on."""

    def __init__(self) -> None:
        self.begun = asyncio.Queue[None]()
        self._orders = asyncio.Queue[Exception | None]()

    async def run(self) -> None:
        self.begun.put_nowait(None)
        order = await self._orders.get()
        if order is not None:
            raise order

    async def fail(self) -> None:
        await self.begun.get()
        self._orders.put_nowait(ConnectionError("a secret address"))

    async def end(self) -> None:
        await self.begun.get()
        self._orders.put_nowait(None)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    each = Stand()
    yield each
    await each.background.stop()


async def test_failed_work_begins_again_after_growing_pauses(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("feed", work.run)
    pauses = []
    for _ in range(6):
        await work.fail()
        pauses.append(await stand.pauses.over())
    assert pauses == [1, 2, 4, 8, 8, 8]
    assert stand.figure("verdict_background_failures_total", "feed") == 6


async def test_jitter_takes_up_to_half_of_a_pause(stand: Stand) -> None:
    work = Fickle()
    stand.chance = 0.0
    stand.background.keep("feed", work.run)
    await work.fail()
    assert await stand.pauses.over() == 0.5


async def test_pauses_are_short_again_after_work_went_well_for_a_while(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("feed", work.run)
    for _ in range(3):
        await work.fail()
        await stand.pauses.over()
    await work.begun.get()
    stand.clock.advance(RESTARTS.well_seconds)
    work.begun.put_nowait(None)
    await work.fail()
    assert await stand.pauses.over() == 1


async def test_work_that_fails_ends_no_other(stand: Stand) -> None:
    good, bad = Fickle(), Fickle()
    stand.background.keep("good", good.run)
    stand.background.keep("bad", bad.run)
    await bad.fail()
    await stand.pauses.begun()
    assert stand.figure("verdict_background_running", "good") == 1
    assert stand.figure("verdict_background_running", "bad") == 0
    assert stand.figure("verdict_background_failures_total", "good") == 0


async def test_work_that_is_to_go_on_and_returns_has_failed(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("feed", work.run)
    await work.end()
    assert await stand.pauses.over() == 1
    await work.begun.get()
    assert stand.figure("verdict_background_failures_total", "feed") == 1


async def test_a_round_follows_its_pause_and_a_failed_one_waits_longer(stand: Stand) -> None:
    work = Fickle()
    stand.background.every("sweep", work.run, seconds=3)
    await work.end()
    assert await stand.pauses.over() == 3
    pauses = []
    for _ in range(3):
        await work.fail()
        pauses.append(await stand.pauses.over())
    assert pauses == [3, 3, 4]
    await work.end()
    assert await stand.pauses.begun() == 3
    assert stand.figure("verdict_background_running", "sweep") == 1


async def test_what_runs_once_is_tried_until_it_succeeds(stand: Stand) -> None:
    work = Fickle()
    stand.background.once("migrate", work.run, essential=True)
    for _ in range(RESTARTS.failures_max):
        await work.fail()
        await stand.pauses.over()
    assert await stand.background.check() == "migrate failed 3 times in a row (ConnectionError)"
    await work.end()
    async with asyncio.timeout(5):
        while stand.figure("verdict_background_running", "migrate"):
            await asyncio.sleep(0)
    assert await stand.background.check() is None


async def test_essential_work_that_keeps_failing_turns_the_service_unready(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("feed", work.run, essential=True)
    for _ in range(RESTARTS.failures_max - 1):
        await work.fail()
        await stand.pauses.over()
    assert await stand.background.check() is None
    await work.fail()
    await stand.pauses.over()
    await work.begun.get()
    assert await stand.background.check() == "feed failed 3 times in a row (ConnectionError)"
    stand.clock.advance(RESTARTS.well_seconds)
    assert await stand.background.check() is None


async def test_other_work_that_keeps_failing_does_not(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("snapshots", work.run)
    for _ in range(10):
        await work.fail()
        await stand.pauses.over()
    assert await stand.background.check() is None


async def test_a_failure_is_logged_once_with_the_name_of_the_work(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    work = Fickle()
    with caplog.at_level(logging.WARNING):
        stand.background.keep("feed", work.run)
        await work.fail()
        await stand.pauses.begun()
    (line,) = [json.loads(JsonFormatter("tests").format(each)) for each in caplog.records]
    assert (line["level"], line["work"], line["failures"], line["again_in_seconds"]) == ("ERROR", "feed", 1, 1.0)
    assert "ConnectionError" in line["traceback"]


async def test_a_name_stands_for_one_work(stand: Stand) -> None:
    stand.background.keep("feed", Fickle().run)
    with pytest.raises(ValueError, match="feed"):
        stand.background.keep("feed", Fickle().run)


async def test_work_that_waits_after_a_failure_ends_at_once(stand: Stand) -> None:
    work = Fickle()
    stand.background.keep("feed", work.run, finish=lambda: pytest.fail("it has nothing to finish"))
    await work.fail()
    await stand.pauses.begun()
    async with asyncio.timeout(5):
        await stand.background.stop(grace_seconds=60)


async def test_work_may_finish_what_it_is_at(stand: Stand) -> None:
    asked = asyncio.Event()
    stored: list[str] = []

    async def load() -> None:
        await asked.wait()
        stored.append("the last batch")

    stand.background.keep("load", load, finish=asked.set)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await stand.background.stop(grace_seconds=60)
    assert stored == ["the last batch"]
    assert stand.figure("verdict_background_failures_total", "load") == 0


async def test_finishing_has_an_end(stand: Stand) -> None:
    stand.background.keep("load", _for_ever, finish=lambda: None)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await stand.background.stop(grace_seconds=0.01)


async def test_a_stop_is_said_until_it_is_heard(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_CANCEL_AGAIN_SECONDS", 0.01)
    deaf = 2
    lost = 0

    async def hard_of_hearing() -> None:
        nonlocal lost
        while lost < deaf:
            try:
                await _for_ever()
            except asyncio.CancelledError:
                lost += 1
        await _for_ever()

    stand.background.keep("deaf", hard_of_hearing)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await stand.background.stop()
    assert lost == deaf


async def test_nothing_starts_any_more_once_it_stops(stand: Stand) -> None:
    work = Fickle()
    await stand.background.stop()
    stand.background.keep("late", work.run)
    await asyncio.sleep(0)
    assert work.begun.empty()


async def _for_ever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("rhythm", ["every", "once"])
async def test_essential_work_that_hangs_before_it_fails_turns_the_service_unready(stand: Stand, rhythm: str) -> None:
    work = Fickle()
    if rhythm == "every":
        stand.background.every("check", work.run, seconds=5, essential=True)
    else:
        stand.background.once("check", work.run, essential=True)
    for _ in range(RESTARTS.failures_max):
        await work.begun.get()
        stand.clock.advance(RESTARTS.well_seconds * 2)
        work.begun.put_nowait(None)
        await work.fail()
        await stand.pauses.over()
    assert "check failed 3 times in a row" in str(await stand.background.check())
    await work.begun.get()
    stand.clock.advance(RESTARTS.well_seconds * 2)
    assert await stand.background.check() is not None


async def test_a_cancellation_that_nobody_asked_for_is_a_failure(stand: Stand) -> None:
    awaited = asyncio.Queue[asyncio.Future[None]]()

    async def run() -> None:
        future = asyncio.get_running_loop().create_future()
        awaited.put_nowait(future)
        await future

    stand.background.keep("feed", run)
    (await awaited.get()).cancel()
    async with asyncio.timeout(5):
        await stand.pauses.over()
        await awaited.get()
    assert stand.figure("verdict_background_failures_total", "feed") == 1


async def test_work_that_fails_while_it_finishes_ends_at_once() -> None:
    stand = Stand()
    begun, asked = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        begun.set()
        await asked.wait()
        raise ConnectionError

    stand.background.keep("loader", run, finish=asked.set)
    await begun.wait()
    async with asyncio.timeout(5):
        await stand.background.stop(grace_seconds=60)
