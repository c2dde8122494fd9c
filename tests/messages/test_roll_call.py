"""Who hears the roll call tells that it is there, and what keeps it from being ready."""

from __future__ import annotations

import asyncio
import os

from messages.generated.presence_pb2 import Presence
from messages.roll_call import RollCall
from messages.subjects import PRESENT, ROLL_CALL
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.waiting import until


async def _hear(bus: MemoryBus, answers: list[bytes]) -> None:
    async for payload in bus.listen(PRESENT):
        answers.append(payload)  # noqa: PERF401 - it never ends


async def test_each_call_is_answered_with_what_stands_then() -> None:
    bus, clock, wrong = MemoryBus(), ManualClock(), dict[str, str]()
    answers = list[bytes]()

    async def storage() -> str | None:
        return wrong.get("storage")

    async def called(number: int) -> None:
        """Until so many answers are there: who isn't listening yet hears no call."""

        async def answered() -> bool:
            if len(answers) < number:
                await bus.tell(ROLL_CALL, b"")
            return len(answers) >= number

        await until(answered)

    roll_call = RollCall(bus=bus, service="event-ingestor", clock=clock, checks={"storage": storage})
    running = [asyncio.create_task(roll_call.run()), asyncio.create_task(_hear(bus, answers))]
    try:
        await called(1)
        first = Presence.FromString(answers[0])
        assert (first.service, first.process, first.time) == ("event-ingestor", os.getpid(), clock.now())
        assert (bool(first.software_version), bool(first.host), dict(first.unready)) == (True, True, {})

        wrong["storage"] = "the disk is full"
        clock.advance(7)
        before = len(answers)
        await called(before + 5)
        last = Presence.FromString(answers[-1])
        assert (dict(last.unready), last.time) == ({"storage": "the disk is full"}, clock.now())
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_bus_that_is_away_ends_nothing() -> None:
    bus, answers = MemoryBus(), list[bytes]()

    async def lose() -> str | None:
        bus.connected = False
        return None

    checks = {"bus": lose}
    roll_call = RollCall(bus=bus, service="edge-evaluator", clock=ManualClock(), checks=checks)
    running = asyncio.create_task(roll_call.run())

    async def lost() -> bool:
        if bus.connected:
            await bus.tell(ROLL_CALL, b"")
        return not bus.connected

    await until(lost)
    bus.connected = True

    hearing = asyncio.create_task(_hear(bus, answers))
    checks.clear()

    async def answered() -> bool:
        await bus.tell(ROLL_CALL, b"")
        return bool(answers)

    await until(answered)
    assert not running.done()
    for each in (running, hearing):
        each.cancel()
    await asyncio.gather(running, hearing, return_exceptions=True)
