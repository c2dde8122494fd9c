"""Where faults are walked: the platform under load, a Prometheus that scrapes it, and who follows the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.aio.client import Client

from chaos.harness import Harness, opened
from chaos.plan import Plan
from chaos.waiting import until
from devstack.services import Service

from .hands import Hands, Workload
from .pace import rules_at
from .prometheus import Prometheus, Target
from .traffic import Traffic

_COMPONENTS = {
    "control_plane": "control-plane",
    "event_ingestor": "event-ingestor",
    "edge_evaluator": "edge-evaluator",
    "second_edge": "edge-evaluator",
    "analytics": "analytics",
    "loader": "loader",
    "monitor": "monitor",
}
_SCRAPE_SECONDS = 1.0


@dataclass(slots=True)
class Stage:
    """`pace`: by how much all that the rules wait for is shortened; `nats`: an administrator's connection."""

    harness: Harness
    prometheus: Prometheus
    hands: Hands
    traffic: Traffic
    nats: Client
    pace: float

    @property
    def services(self) -> dict[str, Service]:
        """Those that are scraped, by name."""
        return {each.service.name: each.service for each in self.hands.workloads}

    @asynccontextmanager
    async def with_settings(self, name: str, **settings: str) -> AsyncIterator[None]:
        """The service with other settings for the time of the block."""
        service = self.services[name]
        kept = dict(service.environment)
        await self.restarted(name, settings)
        try:
            yield
        finally:
            service.environment.clear()
            await self.restarted(name, kept)

    async def restarted(self, name: str, settings: dict[str, str]) -> None:
        """Stops it in order and starts it with these settings besides its own; not waited for."""
        async with self.harness.supervisor.stopped(name):
            self.services[name].environment.update(settings)

    @asynccontextmanager
    async def slower(self, proxy: str, seconds: float) -> AsyncIterator[None]:
        """That much more in both directions through the relay of this name, for the time of the block."""
        relay = self.harness.bed.proxies[proxy]
        relay.latency_seconds = seconds
        try:
            yield
        finally:
            relay.mend()

    @asynccontextmanager
    async def with_room(self, stream: str, room: Callable[[int], int]) -> AsyncIterator[None]:
        """The stream may hold what `room` makes of the bytes that it holds, for the time of the block."""
        bus = self.nats.jetstream()
        told = await bus.stream_info(stream)
        kept = told.config.max_bytes
        told.config.max_bytes = room(told.state.bytes)
        await bus.update_stream(told.config)
        try:
            yield
        finally:
            told.config.max_bytes = kept
            await bus.update_stream(told.config)

    @asynccontextmanager
    async def beside(self, component: str, service: Service) -> AsyncIterator[None]:
        """One more process for the time of the block, scraped like the others. It need not become ready."""
        self.hands.workloads.append(Workload(component, service))
        await asyncio.to_thread(service.launch)
        self.show()
        try:
            yield
        finally:
            self.hands.workloads = [each for each in self.hands.workloads if each.service is not service]
            self.show()
            await asyncio.to_thread(service.stop)

    def show(self) -> None:
        """Tells Prometheus whom to scrape."""
        self.prometheus.scrape(
            [Target(each.service.name, each.component, each.service.port) for each in self.hands.workloads]
        )


@asynccontextmanager
async def staged(folder: Path, pace: float) -> AsyncIterator[Stage]:
    """The whole stage in an empty folder, quiet: no alert fires when the block begins."""
    async with AsyncExitStack() as undo:
        harness = await undo.enter_async_context(opened(Plan(), folder, durable=False))
        await harness.tenant.create_flag("walked")
        prometheus = Prometheus(folder, rules_at(pace), _SCRAPE_SECONDS)
        undo.push_async_callback(prometheus.close)
        hands = Hands(folder, harness.bed.stack, prometheus)
        everyone = (*harness.bed.services.all, harness.bed.second_edge)
        hands.workloads = [Workload(_COMPONENTS[each.name], each) for each in everyone]
        administrator = await nats.connect(
            harness.bed.stack.nats_url, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=_unsaid
        )
        undo.push_async_callback(administrator.close)
        stage = Stage(harness, prometheus, hands, Traffic(harness), administrator, pace)
        stage.show()
        await asyncio.to_thread(prometheus.start)
        undo.callback(prometheus.stop)
        watching = asyncio.create_task(prometheus.watch())
        undo.callback(watching.cancel)
        await undo.enter_async_context(stage.traffic.flowing())
        await until(lambda: _all_scraped(stage))
        yield stage


async def _unsaid(_: Exception) -> None:
    """That the bus is away is what is walked."""


async def _all_scraped(stage: Stage) -> bool:
    return len(await stage.prometheus.ask("up == 1")) == len(stage.hands.workloads)
