"""Units that come to guarded rollouts: served by an edge, and converting at once or never."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from .edge_client import EdgeClient
from .tenant import Tenant

METRIC = "orders"
_EVERY_SECONDS = 0.05
_ASK_AGAIN = 20
_CONVERT = {True: {"on": 10, "off": 1}, False: {"on": 2, "off": 2}}
"""One of so many converts, by whether the new variation harms and which one a unit has."""


class RolloutUnits:
    """One unit after another for each guarded rollout that runs; those of a `harmful-` one lose conversions."""

    def __init__(self, tenant: Tenant, edge: EdgeClient, ingestor_url: str) -> None:
        self._tenant = tenant
        self._edge = edge
        self._ingestor = ingestor_url
        self._counts: Counter[tuple[str, str]] = Counter()

    @asynccontextmanager
    async def coming(self) -> AsyncIterator[None]:
        """For the time of the block."""
        headers = {"Authorization": f"Bearer {self._tenant.server_key}"}
        async with httpx.AsyncClient(base_url=self._ingestor, headers=headers, timeout=10) as ingestor:
            coming = asyncio.create_task(self._come(ingestor))
            try:
                yield
            finally:
                coming.cancel()
                with suppress(asyncio.CancelledError):
                    await coming

    async def _come(self, ingestor: httpx.AsyncClient) -> None:
        flags: list[str] = []
        for number in itertools.count():
            # Who comes, and whose event is lost, is none of a guard's business: it counts what arrives.
            with suppress(httpx.HTTPError):
                if number % _ASK_AGAIN == 0:
                    flags = await self._running()
                events = [event for flag in flags if (event := await self._unit(flag, number)) is not None]
                if events:
                    await ingestor.post("/v1/events", json=events)
            await asyncio.sleep(_EVERY_SECONDS)

    async def _running(self) -> list[str]:
        page = await self._tenant.read("environments/production/rollouts?state=running&limit=100")
        return [each["flag"] for each in page["items"] if each["guards"]]

    async def _unit(self, flag: str, number: int) -> dict[str, object] | None:
        """What it does, if it does anything."""
        unit = f"{flag}-{number}"
        answer = await self._edge.evaluate(unit, flag)
        variant = str(answer.json().get("variant")) if answer is not None else ""
        every = _CONVERT[flag.startswith("harmful")].get(variant)
        if every is None:
            return None
        self._counts[flag, variant] += 1
        if self._counts[flag, variant] % every:
            return None
        now = round(time.time() * 1000)
        return {"type": "metric", "event_id": unit, "timestamp": now, "user_key": unit, "metric": METRIC}
