"""Two processes of which one leads: it is killed or frozen until the other one does, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import httpx

from devstack.services import Service

from .plan import FaultKind, Takeover
from .project_lock import Waiting
from .supervisor import Supervisor
from .waiting import until

_QUEUED_SECONDS = 3.0

Midst = Callable[[], AbstractAsyncContextManager[Waiting]]
"""Holds up the one that leads in the middle of its work."""


@dataclass(frozen=True, slots=True)
class Told:
    """The metrics by which one says that it `leads`, and that something of it was `refused`."""

    leads: str
    refused: str


class Leaders:
    """`zombies` were frozen and woke up when the other one led; `refused` is how often something of theirs was."""

    def __init__(self, supervisor: Supervisor, pair: tuple[Service, Service], told: Told, midst: Midst) -> None:
        self._supervisor = supervisor
        self._pair = pair
        self._told = told
        self._midst = midst
        self._http = httpx.AsyncClient(timeout=30)
        self.kills = 0
        self.zombies = 0
        self.refused = 0

    async def close(self) -> None:
        await self._http.aclose()

    async def take_over(self, takeover: Takeover) -> None:
        """Returns when both are there again, and one of them leads."""
        leader, other = await self.order()
        if takeover.kind is FaultKind.KILL:
            async with self._supervisor.down(leader.name):
                await self._until_leads(other)
                await asyncio.sleep(takeover.seconds)
            self.kills += 1
            await self.order()
            return
        before = await self._value(leader, self._told.refused)
        async with AsyncExitStack() as held:
            waiting = await held.enter_async_context(self._midst())
            async with self._supervisor.paused(leader.name):
                if takeover.holding:
                    await held.aclose()
                await self._until_leads(other)
                await asyncio.sleep(takeover.seconds)
            # It wakes up with work in hand, while the one that leads is about to do the same.
            if not takeover.holding:
                with suppress(TimeoutError):
                    await until(lambda: _at_least_two(waiting), _QUEUED_SECONDS)
        await self.order()
        self.zombies += 1
        self.refused += round(await self._value(leader, self._told.refused) - before)

    async def order(self) -> tuple[Service, Service]:
        """Who leads, and who waits; as soon as both say the same of it."""
        found: list[tuple[Service, Service]] = []

        async def agreed() -> bool:
            first, second = self._pair
            leads = [await self._value(each, self._told.leads) for each in self._pair]
            if sum(leads) == 1:
                found.append((first, second) if leads[0] else (second, first))
            return bool(found)

        await until(agreed)
        return found[0]

    async def _until_leads(self, service: Service) -> None:
        async def leads() -> bool:
            return await self._value(service, self._told.leads) == 1

        await until(leads)

    async def _value(self, service: Service, metric: str) -> float:
        lines = (await self._http.get(f"{service.url}/metrics")).raise_for_status().text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{metric} "))


@asynccontextmanager
async def anywhere() -> AsyncIterator[Waiting]:
    """Where the one that leads just is."""

    async def nobody() -> int:
        return 2

    yield nobody


async def _at_least_two(waiting: Waiting) -> bool:
    return await waiting() >= 2
