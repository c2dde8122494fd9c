"""Turns at something that all share: an organization has few at once, and waits for its own alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class OwnTurns:
    """So many for each name. Who waits for one gets it in the order in which they came."""

    def __init__(self, per_name: int) -> None:
        self._per_name = per_name
        self._names: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def one(self, name: str, *, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError where none becomes free within so many seconds."""
        semaphore = self._names.get(name)
        if semaphore is None:
            semaphore = self._names[name] = asyncio.Semaphore(self._per_name)
            self._users[name] = 0
        self._users[name] += 1
        try:
            if semaphore.locked():
                async with asyncio.timeout(seconds):
                    await semaphore.acquire()
            else:
                await semaphore.acquire()
            try:
                yield
            finally:
                semaphore.release()
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._names[name], self._users[name]
