"""Connections are given to whoever has waited longest, however many ask in the meantime."""

from __future__ import annotations

import asyncio

from control_plane.database import Database

AT_ONCE = 12


async def test_nobody_is_passed_by(database: Database) -> None:
    """Twelve connections for thirty-six pieces of work: as each ends, a new one asks at once for what it gives back."""
    order: list[int] = []
    all_open = asyncio.Barrier(AT_ONCE)

    async def open_one() -> None:
        async with database.transaction():
            await all_open.wait()

    async def work(number: int) -> None:
        async with database.transaction() as tx:
            order.append(number)
            await tx.execute("SELECT pg_sleep(0.01)")
        if number < 24:
            await work(number + 36)

    async with asyncio.timeout(60), asyncio.TaskGroup() as opening:
        for _ in range(AT_ONCE):
            opening.create_task(open_one())
    async with asyncio.timeout(60), asyncio.TaskGroup() as working:
        for number in range(36):
            working.create_task(work(number))
    # Those whose turn has come are not told in the order in which the server answers them.
    assert max(order.index(number) for number in range(36)) < 36 + AT_ONCE
    assert sorted(order) == list(range(60))
