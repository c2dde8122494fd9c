"""Holds a project's row in the database, so that who writes in it stands still in the middle of that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from .waiting import until

_LOCK = "SELECT FROM projects WHERE id = $1::text::uuid FOR UPDATE"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'"
_SCHEDULER = "control_plane schedule"

Waiting = Callable[[], Awaitable[int]]
"""How many schedulers stand still."""


@asynccontextmanager
async def project_held(database_url: str, project: str) -> AsyncIterator[Waiting]:
    """The block begins when a scheduler stands still in a step."""
    holder = await asyncpg.connect(database_url)

    async def waiting() -> int:
        count: int = await holder.fetchval(_WAITING, _SCHEDULER)
        return count

    try:
        async with holder.transaction():
            await holder.execute(_LOCK, project)
            await until(waiting)
            yield waiting
    finally:
        await holder.close()
