"""Each organization has places of its own."""

from __future__ import annotations

import asyncio

import pytest
from service_kit.places import Places

from tests.waiting import until


async def test_one_that_has_all_its_places_waits_and_others_do_not() -> None:
    places, open_gate = Places(2), asyncio.Event()
    held: list[str] = []

    async def hold(name: str, label: str) -> None:
        async with places.one(name, seconds=60):
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
    places = Places(1)
    async with places.one("a", seconds=0):
        with pytest.raises(TimeoutError):
            async with places.one("a", seconds=0.01):
                raise AssertionError("two have a place")
    async with places.one("a", seconds=0):
        pass
    assert not places._names
