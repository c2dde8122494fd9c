"""What services say of themselves while the bus is in trouble, held against what is so."""

from __future__ import annotations

import asyncio
import time

import httpx

from devstack.services import Service

from .edge_client import EdgeClient
from .ledger import Ledger
from .sdk import Sdk

_LOOK_SECONDS = 0.25
_AGE = "verdict_config_age_seconds"


class Signals:
    """Looks at edges and ingestor until it is cancelled. `lies`: what was said and not so, in words.

    `patience_seconds`: for so long a signal may be behind what it tells of."""

    def __init__(
        self, edges: dict[Service, EdgeClient], ingestor: Service, sdk: Sdk, ledger: Ledger, *, patience_seconds: float
    ) -> None:
        self._edges = edges
        self._ingestor = ingestor
        self._sdk = sdk
        self._ledger = ledger
        self._patience = patience_seconds
        self._newest, self._published = 0, list[tuple[int, float]]()
        self._http = httpx.AsyncClient(timeout=5)
        self.looks = 0
        self.age_seconds_max = 0.0
        self.lies: list[str] = []

    async def watch(self) -> None:
        acknowledged, stored_at = self._ledger.acknowledged, time.monotonic()
        while True:
            for service, edge in self._edges.items():
                await self._look_at_edge(service, edge)
            ready = await self._ready(self._ingestor)
            if self._ledger.acknowledged > acknowledged or not self._sdk.delivering or not ready:
                acknowledged, stored_at = self._ledger.acknowledged, time.monotonic()
            elif time.monotonic() - stored_at > self._patience:
                self.lies.append(f"the ingestor is ready, and has stored nothing for {self._patience:g} s")
                stored_at = time.monotonic()
            self.looks += 1
            await asyncio.sleep(_LOOK_SECONDS)

    async def close(self) -> None:
        await self._http.aclose()

    async def _look_at_edge(self, service: Service, edge: EdgeClient) -> None:
        held = await edge.environment()
        age = await self._age(service)
        if held is None or age is None:
            return
        self.age_seconds_max = max(self.age_seconds_max, age)
        if held[0] > self._newest:
            # What one edge holds is on the stream: from now on another one without it is behind.
            self._newest = held[0]
            self._published.append((held[0], time.monotonic()))
        lacking = [at for version, at in self._published if version > held[0]]
        behind = time.monotonic() - lacking[0] if lacking else 0.0
        if behind > age + self._patience:
            self.lies.append(f"{service.name} is {behind:.1f} s behind and says {age:.1f} s")

    async def _age(self, service: Service) -> float | None:
        try:
            lines = (await self._http.get(f"{service.url}/metrics")).raise_for_status().text.splitlines()
        except httpx.HTTPError:
            return None
        return max((float(line.rpartition(" ")[2]) for line in lines if line.startswith(_AGE)), default=None)

    async def _ready(self, service: Service) -> bool:
        try:
            return (await self._http.get(f"{service.url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False
