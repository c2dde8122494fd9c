"""Composition root of the edge evaluator."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
from fastapi import FastAPI
from redis.asyncio import Redis
from service_kit.clock import SystemClock
from service_kit.logs import configure_logging, get_logger
from service_kit.metrics import new_registry
from service_kit.serving import serve
from service_kit.settings import load_settings
from streams import Bus
from streams.jetstream import JetStreamBus

from edge_evaluator.admission.admission import Admission, OpenStreams
from edge_evaluator.admission.connections import ConnectionLimits, EdgeProtocol, edge_protocol
from edge_evaluator.admission.limits import RequestLimit
from edge_evaluator.admission.shared_limits import SharedLimits
from edge_evaluator.app import EdgeParts, HttpOptions, build_app
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.evaluation.exposures import ExposureBuffer, ExposureLimits, NoExposures
from edge_evaluator.fast_path.plain_requests import PlainRequests
from edge_evaluator.fast_path.protocol import FastPath, FastPathProtocol
from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.metrics import FeedMetrics
from edge_evaluator.feed.persistence import SnapshotKeeper
from edge_evaluator.feed.snapshot import SnapshotStore
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.settings import EdgeSettings

_REDIS_SECONDS = 0.5
_EXPOSURE_SECONDS = 5.0
_LIMIT_ROUND_SECONDS = 1.0
_RESTART_SECONDS = 1.0
# A configuration is compiled beside the event loop, which must not wait long for its turn.
_THREAD_SWITCH_SECONDS = 0.001
# Requests leave no cycles behind; those of replaced configurations can wait.
_COLLECTOR_THRESHOLDS = (10_000, 20, 50)
_log = get_logger("edge")

Work = Callable[[], Awaitable[None]]
Connect = Callable[[], Awaitable[Bus]]


class Edge:
    """Every part of the edge, wired by the settings. `run` is the lifespan of its background work."""

    def __init__(self, settings: EdgeSettings, connect: Connect | None = None) -> None:
        """`connect` opens the bus; by default JetStream at the settings' address."""
        self._settings = settings
        self._connect = connect or self._jetstream
        self._clock = SystemClock()
        self._registry = new_registry()
        self._metrics = FeedMetrics(self._registry)
        self.memory = FlagMemory()
        self._feed = ConfigFeed(self.memory, self._metrics, self._clock)
        self._keeper: SnapshotKeeper | None = None
        if settings.edge_snapshot_dir is not None:
            store = SnapshotStore(settings.edge_snapshot_dir)
            self._keeper = SnapshotKeeper(store, self._feed, self.memory, self._metrics, self._clock)
        self._exposures = self._exposure_buffer()
        self._limits = (
            RequestLimit("key", settings.edge_requests_per_key_per_second, self._clock),
            RequestLimit("address", settings.edge_requests_per_address_per_second, self._clock),
        )
        self.admission = Admission(self.memory, *self._limits, self._clock)
        self.open_streams = OpenStreams(self.memory, settings.edge_streams_per_key_max)
        self.evaluator = Evaluator(self.memory, self._exposures or NoExposures(), self._clock)
        self.context_limits = ContextLimits(settings.edge_context_attributes_max, settings.edge_context_depth_max)
        self.app = build_app(
            EdgeParts(self.admission, self.evaluator, self.open_streams, self._registry),
            HttpOptions(
                self.context_limits,
                settings.edge_body_limit_bytes,
                settings.edge_cors_origins,
                settings.edge_public_url,
            ),
            self._lifespan,
        )

    async def _jetstream(self) -> Bus:
        bus = JetStreamBus(self._settings.nats_url, name="edge")
        bus.start()
        return bus

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        settings = self._settings
        if self._keeper is not None:
            await self._keeper.restore()
        bus = await self._connect()
        redis = _redis(settings.redis_url)
        shared = SharedLimits(redis, self._limits) if redis is not None else None
        work: dict[str, tuple[float, Work]] = {
            "follow": (_RESTART_SECONDS, lambda: self._feed.follow(bus)),
            "check": (settings.edge_anti_entropy_seconds, lambda: self._feed.check(bus)),
            "limits": (_LIMIT_ROUND_SECONDS, lambda: self._roll_limits(shared)),
        }
        if self._exposures is not None:
            work["exposures"] = (_RESTART_SECONDS, self._exposures.run)
        if self._keeper is not None:
            work["snapshots"] = (settings.edge_snapshot_interval_seconds, self._keeper.save_changes)
        tasks = [asyncio.create_task(_again(name, *each), name=name) for name, each in work.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._exposures is not None:
                await self._exposures.close()
            if self._keeper is not None and self.memory.environments:
                await self._keeper.save()
            await bus.close()
            if redis is not None:
                await redis.aclose()

    def _exposure_buffer(self) -> ExposureBuffer | None:
        settings = self._settings
        if not settings.ingestor_url:
            return None
        client = httpx.AsyncClient(base_url=settings.ingestor_url, timeout=_EXPOSURE_SECONDS, trust_env=False)
        limits = ExposureLimits(
            settings.edge_exposure_buffer_max,
            settings.edge_exposure_flush_seconds,
            settings.edge_exposure_window_seconds,
        )
        return ExposureBuffer(client, limits, self._clock, self._registry)

    async def _roll_limits(self, shared: SharedLimits | None) -> None:
        for limit in self._limits:
            limit.roll()
        if shared is not None:
            await shared.join()

    def protocol(self) -> type[EdgeProtocol]:
        """What the server speaks with clients by."""
        settings = self._settings
        limits = ConnectionLimits(
            settings.edge_connections_per_address_max,
            settings.edge_connections_per_key_max,
            settings.edge_header_seconds_max,
            settings.edge_body_seconds_max,
        )
        if not settings.edge_fast_path:
            return edge_protocol(limits, self.open_streams)
        requests = PlainRequests(settings.edge_body_limit_bytes, settings.edge_public_url)
        fast = FastPath(
            admission=self.admission,
            evaluator=self.evaluator,
            limits=self.context_limits,
            requests=requests,
            for_pages=bool(settings.edge_cors_origins),
        )
        self._registry.register(fast.metrics)
        return edge_protocol(limits, self.open_streams, FastPathProtocol, fast=fast)


async def _again(name: str, pause_seconds: float, work: Work) -> None:
    """Does `work` over and over; what it raises is logged, and never ends it."""
    while True:
        try:
            await work()
        except Exception as error:
            _log.error("background work failed", work=name, exc_info=error)
        await asyncio.sleep(pause_seconds)


def _redis(url: str) -> Redis | None:
    if not url:
        return None
    return Redis.from_url(url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS)


def main() -> None:
    settings = load_settings(EdgeSettings)
    configure_logging("edge_evaluator", settings.log_level)
    sys.setswitchinterval(_THREAD_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)
    edge = Edge(settings)
    serve(edge.app, settings, protocol=edge.protocol())


if __name__ == "__main__":
    main()
