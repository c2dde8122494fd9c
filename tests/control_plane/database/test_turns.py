"""Connections are given to whoever has waited longest, however many ask in the meantime."""

from __future__ import annotations

import asyncio

from control_plane.database import Database


async def test_nobody_is_passed_by(database: Database) -> None:
    """Twelve connections for thirty-six pieces of work: as each ends, a new one asks at once for what it gives back."""
    order: list[int] = []

    async def work(number: int) -> None:
        async with database.transaction() as tx:
            order.append(number)
            await tx.execute("SELECT pg_sleep(0.01)")
        if number < 24:
            await work(number + 36)

    async with asyncio.timeout(60), asyncio.TaskGroup() as working:
        for number in range(36):
            working.create_task(work(number))
    # Some connections take longer to be opened than others.
    assert sorted(order[:36]) == list(range(36))
    assert sorted(order[36:]) == list(range(36, 60))
