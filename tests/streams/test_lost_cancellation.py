"""A cancellation that the client loses at the end of a wait is raised all the same."""

from __future__ import annotations

import asyncio

import pytest
from streams.client_errors import heeding


async def loses_it(begun: asyncio.Event) -> int:
    begun.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return 7
    return 0


async def test_it_is_raised() -> None:
    begun = asyncio.Event()
    task = asyncio.create_task(heeding(loses_it(begun)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limit_of_time_is_told_as_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await heeding(loses_it(asyncio.Event()))
