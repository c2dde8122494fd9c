"""Composition root of the edge evaluator."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import AsyncIterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from messages.subjects import CONFIG
from service_kit.background import Background
from service_kit.bus_watch import BusWatch
from service_kit.clock import SystemClock
from service_kit.connections import ConnectionLimits, LimitedProtocol, bound_protocol
from service_kit.cors import Pages
from service_kit.http import Shell
from service_kit.logs import configure_logging
from service_kit.rate_limits import RateLimit
from service_kit.serving import serve
from service_kit.settings import load_settings
from service_kit.shared_limits import JOIN_SECONDS, SharedLimits, redis_at
from service_kit.telemetry import new_registry
from service_kit.trace_export import begin_tracing
from service_kit.trusted_proxies import TrustedProxies
from service_kit.workers.supervisor import run_workers
from service_kit.workers.worker import Worker
from starlette.applications import Starlette
from streams import Bus
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams, StreamLimits
from edge_evaluator.app import BROWSER_ACCESS, EVENT_BODIES, TRACED_PATHS, EdgeParts, HttpOptions, build_app
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.evaluation.exposures import NoExposures, ReportedExposures
from edge_evaluator.event_buffer import EventBuffer, client_of
from edge_evaluator.event_relay import EventRelay
from edge_evaluator.fast_path.event_streams import EventStreams
from edge_evaluator.fast_path.plain_requests import PlainRequests
from edge_evaluator.fast_path.protocol import FastPath, FastPathProtocol
from edge_evaluator.fast_path.stream_requests import StreamRequests
from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.heartbeats import BEAT_SECONDS, EdgeIdentity, Heartbeats
from edge_evaluator.feed.persistence import SnapshotWriter
from edge_evaluator.feed.snapshot import SnapshotStore
from edge_evaluator.feed.telemetry import FeedTelemetry
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.flagd_export.exports import FlagdExports
from edge_evaluator.loop_waits import LoopWaits
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.memory.kept_answers import KeptAnswers
from edge_evaluator.settings import EdgeSettings
from edge_evaluator.usage.summaries import READ_SECONDS, Summaries
from edge_evaluator.usage.tallies import Tallies

if TYPE_CHECKING:
    # Loaded by who uses them alone: they take memory.
    from redis.asyncio import Redis

    from edge_evaluator.grpc_server.server import GrpcServer

_AGES_SECONDS = 1.0
# A configuration is compiled beside the event loop, which must not wait long for its turn.
_THREAD_SWITCH_SECONDS = 0.001
# Requests leave no cycles behind; those of replaced configurations can wait.
_COLLECTOR_THRESHOLDS = (10_000, 20, 50)


class Edge:
    """Every part of the edge, wired by the settings. `app` and `protocol` are what is served."""

    def __init__(self, settings: EdgeSettings, bus: Bus | None = None, worker: Worker | None = None) -> None:
        """`bus` is by default JetStream at the settings' address; `worker` the only one."""
        self._settings = settings
        self._worker = worker = worker or Worker()
        self._bus = bus or JetStreamBus(BusConnection.of(settings), name="edge")
        self._clock = SystemClock()
        self._registry = new_registry()
        begin_tracing("edge", self._registry)
        self._background = Background(self._registry, self._clock)
        self._watch = BusWatch(
            self._registry,
            self._clock,
            connected=lambda: self._bus.connected,
            skew_seconds_max=settings.clock_skew_seconds_max,
        )
        self._telemetry = FeedTelemetry(self._registry, self._clock)
        self.memory = FlagMemory(KeptAnswers(settings.edge_kept_answers_bytes_max))
        self._warmer = Warmer()
        self._heartbeats = Heartbeats(self.memory, EdgeIdentity.of(worker, settings.region), self._clock)
        self._feed = ConfigFeed(
            memory=self.memory,
            telemetry=self._telemetry,
            clock=self._clock,
            warmer=self._warmer,
            swapped=self._heartbeats.swapped,
            keeps_messages=settings.edge_snapshot_dir is not None and worker.is_first,
        )
        self._keeper = self._snapshot_keeper()
        self._events = self._event_buffer()
        tallies = Tallies()
        self._summaries = Summaries(tallies=tallies, buffer=self._events, clock=self._clock, registry=self._registry)
        limit = partial(RateLimit, clock=self._clock, counts=worker.rates)
        self._key_limit = limit("requests_per_key", settings.edge_requests_per_key_per_second)
        self._address_limit = limit("requests_per_address", settings.edge_requests_per_address_per_second)
        self.admission = Admission(
            memory=self.memory, keys=self._key_limit, addresses=self._address_limit, clock=self._clock
        )
        stream_limits = StreamLimits(
            per_key_max=settings.edge_streams_per_key_max,
            refetches_per_second=worker.part(settings.edge_refetches_per_second),
            unread_bytes_max=settings.edge_stream_unread_bytes_max,
        )
        self.open_streams = OpenStreams(
            self.memory, stream_limits, self._registry, counts=worker.levels, workers=worker.count
        )
        self._relay = EventRelay(settings.ingestor_url, self._registry, worker.levels)
        self.event_streams = EventStreams(self.admission, self.open_streams)
        exposures = NoExposures() if self._events is None else self._reported_exposures(self._events)
        self.evaluator = Evaluator(memory=self.memory, exposures=exposures, tallies=tallies, clock=self._clock)
        self.context_limits = ContextLimits(settings.edge_context_attributes_max, settings.edge_context_depth_max)
        self._exports = FlagdExports(self.memory, self._clock)
        self.grpc = self._grpc_server() if settings.edge_grpc_port else None
        self.pages = Pages(settings.edge_cors_origins, BROWSER_ACCESS)
        self.app = build_app(
            EdgeParts(
                admission=self.admission,
                evaluator=self.evaluator,
                open_streams=self.open_streams,
                relay=self._relay,
                exports=self._exports,
            ),
            HttpOptions(
                limits=self.context_limits,
                pages=self.pages,
                public_url=settings.edge_public_url,
                events_url=settings.edge_events_public_url,
            ),
            Shell(
                registry=self._registry,
                background=self._background,
                lifespan=self._lifespan,
                body_limit_bytes=settings.edge_body_limit_bytes,
                uploads=EVENT_BODIES,
                traced_paths=TRACED_PATHS,
                worker=worker,
            ),
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        if self._keeper is not None:
            await self._keeper.restore()
        self._bus.start()
        redis = redis_at(self._settings)
        self._start_work(redis)
        if self.grpc is not None:
            await self.grpc.begin()
        try:
            yield
        finally:
            if self.grpc is not None:
                await self.grpc.close()
            await self._background.stop()
            await self._relay.close()
            if self._events is not None:
                await self._summaries.close()
                await self._events.close()
            if self._keeper is not None and self._worker.is_first and self.memory.environments:
                await self._keeper.save()
            await self._heartbeats.leave(self._bus)
            await self._bus.close()
            if redis is not None:
                await redis.aclose()

    def _start_work(self, redis: Redis | None) -> None:
        """None of it is essential: an edge that holds a configuration is ready, whatever fails behind it."""
        settings, background = self._settings, self._background
        self._watch.begin(background, partial(time_of, self._bus, CONFIG))
        background.keep("follow", partial(self._feed.follow, self._bus))
        background.every("check", partial(self._feed.check, self._bus), seconds=settings.edge_anti_entropy_seconds)
        background.every("ages", self._feed.keep_ages, seconds=_AGES_SECONDS)
        background.keep("loop-waits", LoopWaits(self._registry, self._clock).run)
        background.keep("warm-up", self._warmer.run)
        background.keep("swaps", partial(self._heartbeats.tell_swaps, self._bus))
        background.every("heartbeats", partial(self._heartbeats.beat, self._bus), seconds=BEAT_SECONDS)
        background.every("limits", self._roll_limits, seconds=JOIN_SECONDS)
        if redis is not None:
            shared = SharedLimits("edge", redis, (self._key_limit, self._address_limit))
            background.every("shared-limits", shared.join, seconds=JOIN_SECONDS)
        background.keep("event-streams", self.event_streams.run)
        if self.grpc is not None:
            background.keep("grpc-health", self.grpc.keep_health)
        background.every("usage", self._summaries.tick, seconds=READ_SECONDS)
        if self._events is not None:
            background.keep("exposures", self._events.run)
        if self._keeper is not None and self._worker.is_first:
            background.every("snapshots", self._keeper.save_changes, seconds=settings.edge_snapshot_interval_seconds)

    def _snapshot_keeper(self) -> SnapshotWriter | None:
        if self._settings.edge_snapshot_dir is None:
            return None
        return SnapshotWriter(
            store=SnapshotStore(self._settings.edge_snapshot_dir),
            feed=self._feed,
            memory=self.memory,
            telemetry=self._telemetry,
            clock=self._clock,
        )

    def _grpc_server(self) -> GrpcServer:
        settings = self._settings
        served = import_module("edge_evaluator.grpc_server.server")
        server: GrpcServer = served.GrpcServer(
            served.GrpcParts(
                admission=self.admission,
                evaluator=self.evaluator,
                open_streams=self.open_streams,
                limits=self.context_limits,
                proxies=TrustedProxies(settings.trusted_proxies),
                exports=self._exports,
                registry=self._registry,
            ),
            served.GrpcOptions(
                host=settings.host,
                port=settings.edge_grpc_port,
                message_bytes_max=settings.edge_body_limit_bytes,
                certificate_file=settings.edge_grpc_tls_certificate_file,
                key_file=settings.edge_grpc_tls_key_file,
                client_ca_file=settings.edge_grpc_tls_client_ca_file,
                shares_port=self._worker.count > 1,
                flagd_key=settings.edge_flagd_key.get_secret_value().encode(),
            ),
        )
        return server

    def _event_buffer(self) -> EventBuffer | None:
        settings = self._settings
        if not settings.ingestor_url:
            return None
        return EventBuffer(
            client=client_of(settings.ingestor_url),
            events_max=self._worker.part(settings.edge_exposure_buffer_max),
            flush_seconds=settings.edge_exposure_flush_seconds,
            registry=self._registry,
        )

    def _reported_exposures(self, buffer: EventBuffer) -> ReportedExposures:
        seconds = self._settings.edge_exposure_window_seconds
        return ReportedExposures(buffer=buffer, window_seconds=seconds, clock=self._clock, registry=self._registry)

    async def _roll_limits(self) -> None:
        self._key_limit.roll()
        self._address_limit.roll()

    def protocol(self) -> type[LimitedProtocol]:
        """What the server speaks with clients by."""
        settings = self._settings
        limits = ConnectionLimits(
            per_address=settings.edge_connections_per_address_max,
            per_caller={"key": settings.edge_connections_per_key_max},
            proxies=settings.proxy_networks,
            headers_seconds=settings.edge_header_seconds_max,
            body_seconds=settings.edge_body_seconds_max,
        ).shared(self._worker.levels)
        if not settings.edge_fast_path:
            return bound_protocol(LimitedProtocol, limits)
        requests = PlainRequests(settings.edge_body_limit_bytes, settings.edge_public_url, self.pages)
        fast = FastPath(
            admission=self.admission, evaluator=self.evaluator, limits=self.context_limits, requests=requests
        )
        self._registry.register(fast.telemetry)
        return bound_protocol(
            FastPathProtocol,
            limits,
            fast=fast,
            streams=self.event_streams,
            stream_requests=StreamRequests(self.pages, TrustedProxies(settings.trusted_proxies)),
        )


def main() -> None:
    settings = load_settings(EdgeSettings)
    configure_logging("edge_evaluator", settings.log_level)
    run_workers(settings.edge_workers, settings, partial(_serve, settings))


def _serve(settings: EdgeSettings, worker: Worker) -> None:
    sys.setswitchinterval(_THREAD_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)
    edge = Edge(settings, worker=worker)
    serve(edge.app, settings, worker=worker, protocol=edge.protocol(), closing=edge.open_streams.close)


if __name__ == "__main__":
    main()
