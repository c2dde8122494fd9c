"""Each organization has turns of its own."""

from __future__ import annotations

import asyncio

import pytest
from service_kit.own_turns import OwnTurns

from tests.waiting import until


async def test_one_that_has_all_its_turns_waits_and_others_do_not() -> None:
    turns, open_gate = OwnTurns(2), asyncio.Event()
    held: list[str] = []

    async def hold(name: str, label: str) -> None:
        async with turns.one(name, seconds=60):
            held.append(label)
            await open_gate.wait()

    loud = [asyncio.create_task(hold("loud", f"loud {number}")) for number in range(4)]
    quiet = asyncio.create_task(hold("quiet", "quiet"))
    await until(lambda: "quiet" in held)
    assert held == ["loud 0", "loud 1", "quiet"]
    open_gate.set()
    await asyncio.gather(*loud, quiet)
    assert held[3:] == ["loud 2", "loud 3"]


async def test_none_that_becomes_free_in_time_is_said_and_leaves_nothing_behind() -> None:
    turns = OwnTurns(1)
    async with turns.one("a", seconds=0):
        with pytest.raises(TimeoutError):
            async with turns.one("a", seconds=0.01):
                raise AssertionError("two have a turn")
    async with turns.one("a", seconds=0):
        pass
    assert not turns._names
