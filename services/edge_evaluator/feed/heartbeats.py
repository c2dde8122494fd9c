"""Heartbeats: the edge tells on the bus which config it serves of each environment. Nobody waits for them."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.subjects import edges_subject
from service_kit.clock import Clock
from service_kit.workers.worker import Worker
from streams import Bus, BusError

from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.flag_memory import FlagMemory

BEAT_SECONDS = 2.0
BEAT_ENVIRONMENTS_MAX = 100
"""An edge with more takes turns: whoever listens hears of each swap at once, and of some environment at each beat."""
_HOST_LENGTH_MAX = 64
_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class EdgeIdentity:
    """What an edge calls itself: another `id` for each start, so that two are never taken for one. Its workers are one
    edge; `worker` of `workers` speaks."""

    id: str
    region: str
    software_version: str
    worker: int = 0
    workers: int = 1

    @classmethod
    def of(cls, worker: Worker, region: str) -> EdgeIdentity:
        host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:_HOST_LENGTH_MAX] or "edge"
        return cls(f"{host}-{worker.group}", region, version("verdict-platform"), worker.number, worker.count)


class Heartbeats:
    """Words about what is in memory. One that can't be said now is not kept: the next beat says it."""

    def __init__(self, memory: FlagMemory, identity: EdgeIdentity, clock: Clock) -> None:
        self._memory = memory
        self._identity = identity
        self._clock = clock
        self._taken_at: dict[str, int] = {}
        self._swapped: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._turn = 0

    def swapped(self, environment_id: str) -> None:
        """The memory has another config of this environment. Returns at once; `tell_swaps` says it."""
        self._taken_at[environment_id] = self._clock.now()
        self._swapped[environment_id] = None
        self._woken.set()

    async def tell_swaps(self, bus: Bus) -> None:
        """Until it is cancelled: says each swap at once."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            swapped, self._swapped = self._swapped, {}
            await self._tell(bus, list(swapped))

    async def beat(self, bus: Bus) -> None:
        """One round about all environments, or as many as a beat takes."""
        environments = list(self._memory.environments)
        if len(environments) > BEAT_ENVIRONMENTS_MAX:
            begin = self._turn % len(environments)
            self._turn = begin + BEAT_ENVIRONMENTS_MAX
            environments = (environments + environments)[begin : begin + BEAT_ENVIRONMENTS_MAX]
        await self._tell(bus, environments)

    async def leave(self, bus: Bus) -> None:
        """Says that the edge stops, so that nobody waits for it."""
        held = next(iter(self._memory.environments.values()), None)
        with suppress(BusError, TimeoutError):
            if held is not None:
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await bus.tell(edges_subject(held.config.environment_id), self._word(held.config, leaving=True))

    async def _tell(self, bus: Bus, environments: list[str]) -> None:
        for environment_id in environments:
            held = self._memory.environments.get(environment_id)
            if held is None:
                continue
            try:
                await bus.tell(edges_subject(environment_id), self._word(held.config))
            except BusError:
                return
            # Requests come first, however many environments there are.
            await asyncio.sleep(0)

    def _word(self, config: EnvironmentConfig, *, leaving: bool = False) -> bytes:
        identity = self._identity
        return EdgeHeartbeat(
            edge_id=identity.id,
            region=identity.region,
            software_version=identity.software_version,
            environment_id=config.environment_id,
            version=config.version,
            epoch=config.epoch,
            digest=bytes.fromhex(config.digest),
            published_at=config.published_at,
            taken_at=self._taken_at.get(config.environment_id, 0),
            leaving=leaving,
            worker=identity.worker,
            workers=identity.workers,
        ).SerializeToString()
