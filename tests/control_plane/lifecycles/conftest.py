"""A control plane that asks an analytics service of the test's how flags are used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from control_plane.database import Database
from control_plane.lifecycles.evidence import FlagUseByBus
from fastapi import FastAPI
from messages.generated.usage_pb2 import EnvironmentUsage, FlagUsage, UsageReply, UsageRequest, VariationUsage
from messages.subjects import USAGE
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.control_plane.running_app import app_on

YEAR = 365 * 86_400


class Analytics:
    """Answers for every environment. `named`: when each flag was asked for last, seconds before now."""

    def __init__(self, clock: ManualClock) -> None:
        self.bus = MemoryBus()
        self._clock = clock
        self._answering: asyncio.Task[None] | None = None
        self.named: dict[str, int] = {}
        self.asked: list[UsageRequest] = []
        self.fails = False

    def begin(self) -> None:
        self._answering = asyncio.create_task(self.bus.respond(USAGE, self.answer, group="a", at_once=2, waiting_max=2))

    async def end(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait([self._answering])

    async def answer(self, payload: bytes) -> bytes:
        request = UsageRequest.FromString(payload)
        self.asked.append(request)
        if self.fails:
            raise RuntimeError
        now = self._clock.now() // 1000
        return UsageReply(
            environments=[
                EnvironmentUsage(
                    environment_id=each,
                    recorded_from=now - YEAR,
                    recorded_until=now,
                    flags=[
                        FlagUsage(
                            key=key,
                            named_at=now - self.named[key],
                            last_sdk="node/1.0",
                            variations=[VariationUsage(variation=name, named=2) for name in ("on", "off")],
                        )
                        for key in request.flags
                        if key in self.named
                    ],
                )
                for each in request.environment_ids
            ]
        ).SerializeToString()


@pytest.fixture
async def analytics(clock: ManualClock) -> AsyncIterator[Analytics]:
    """Nobody answers before `begin`."""
    made = Analytics(clock)
    yield made
    await made.end()


@pytest.fixture
async def app(database: Database, clock: ManualClock, analytics: Analytics) -> FastAPI:
    return await app_on(database, clock, flag_use=FlagUseByBus(analytics.bus, clock))
