"""The parts of the ingestor, wired by its settings around a bus, and their life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from actors.tokens import Tokens
from messages.follower_telemetry import FollowerTelemetry
from messages.roll_call import RollCall
from messages.subjects import EVENTS, events_stream
from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.bus_watch import BusWatch
from service_kit.clock import Clock
from service_kit.connections import ConnectionLimits
from service_kit.fair_work import FairWork
from service_kit.room import Allotment, Room, RoomLimits
from service_kit.shared_limits import JOIN_SECONDS, SharedLimits, redis_at
from service_kit.workers.levels import Levels
from service_kit.workers.worker import Worker
from streams import Bus
from streams.kept_stream import KeptStream
from streams.server_clock import time_of

from event_ingestor.admission.events import DAY_MS, Window
from event_ingestor.admission.names import Names
from event_ingestor.authentication import key_snapshot
from event_ingestor.authentication.authenticator import Authenticator
from event_ingestor.authentication.key_feed import CHECK_SECONDS, KeyFeed
from event_ingestor.counts import Counts
from event_ingestor.event_log import EventLog, LogLimits
from event_ingestor.intake import Intake
from event_ingestor.limits import CallerLimits, Rates
from event_ingestor.onlookers import SERVICE, Onlookers
from event_ingestor.other_workers import WATCHED_SECONDS, OtherWorkers
from event_ingestor.settings import IngestorSettings
from event_ingestor.storage_health import StorageHealth
from event_ingestor.tail import Tail
from event_ingestor.telemetry import IngestTelemetry


class Ingestor:
    """All parts of the ingestor.

    `intake` serves requests, `running` does what goes on beside them, `checks` tell readiness."""

    def __init__(
        self,
        settings: IngestorSettings,
        bus: Bus,
        registry: CollectorRegistry,
        clock: Clock,
        *,
        worker: Worker | None = None,
    ) -> None:
        """`worker`: by default the only one."""
        self.worker = worker = worker or Worker()
        self.background = Background(registry, clock)
        self._clock = clock
        self._bus = bus
        self._watch = BusWatch(
            registry, clock, connected=lambda: bus.connected, skew_seconds_max=settings.clock_skew_seconds_max
        )
        self._authenticator = Authenticator(settings.pii_secret.get_secret_value())
        self._snapshot_file = settings.ingestor_snapshot_file
        self._snapshot = key_snapshot.SnapshotWriter(self._snapshot_file) if self._snapshot_file else None
        names = Names()
        self._keys = KeyFeed(
            authenticator=self._authenticator,
            names=names,
            changed=self._snapshot.ask if self._snapshot else lambda: None,
            telemetry=FollowerTelemetry(registry, clock.monotonic),
        )
        self._storage = StorageHealth(bus, registry, clock)
        self._stream = KeptStream(
            bus,
            events_stream(
                max_bytes=settings.events_max_bytes,
                max_age_seconds=settings.events_max_age_seconds,
                replicas=settings.nats_replicas,
                duplicate_window_seconds=settings.events_duplicate_window_seconds,
                given=settings.given(
                    max_bytes="events_max_bytes",
                    max_age_seconds="events_max_age_seconds",
                    replicas="nats_replicas",
                    duplicate_window_seconds="events_duplicate_window_seconds",
                ),
            ),
            registry,
            size_setting="FF_EVENTS_MAX_BYTES",
        )
        telemetry, room = IngestTelemetry(registry), Room(_room_limits(settings), worker.levels)
        telemetry.in_flight_bytes.set_function(lambda: room.taken)
        self._limits = CallerLimits(_rates(settings), clock, worker.rates)
        self._settings = settings
        telemetry.environments.set_function(lambda: len(self._authenticator.environments))
        self._log = EventLog(
            bus=bus,
            limits=LogLimits(
                linger_seconds=settings.events_linger_seconds, message_bytes_max=settings.events_message_bytes
            ),
            telemetry=telemetry,
            storage=self._storage,
            clock=clock,
        )
        self.intake = Intake(
            authenticator=self._authenticator,
            names=names,
            log=self._log,
            counts=Counts(),
            tail=Tail(Levels("watchers", worker.levels)),
            room=room,
            work=FairWork(),
            limits=self._limits,
            telemetry=telemetry,
            window=Window(settings.events_age_days_max * DAY_MS, settings.events_ahead_seconds_max * 1000),
            clock=clock,
        )
        self._others = OtherWorkers(worker.link, self.intake.tail, self.intake.counts, clock=clock)
        self.onlookers = Onlookers(
            authenticator=self._authenticator,
            tokens=Tokens(self._authenticator.access, clock, settings.auth_jwt_secret, service=SERVICE),
            intake=self.intake,
            workers=self._others,
        )
        self.checks = {
            "bus": self._bus_ready,
            "stream": self._stream.check,
            "storage": self._storage.check,
            "keys": self._keys_ready,
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._bus.start()
        if self._snapshot is not None and self._snapshot_file is not None:
            for environment in await asyncio.to_thread(key_snapshot.load, self._snapshot_file):
                self._authenticator.put(environment)
            if self.worker.is_first:
                self.background.keep("snapshot", partial(self._snapshot.keep_writing, self._authenticator))
        self._watch.begin(self.background, partial(time_of, self._bus, EVENTS))
        self.background.keep("keys", partial(self._keys.follow, self._bus), essential=True)
        check = partial(self._keys.check, self._bus)
        self.background.every("keys-check", check, seconds=CHECK_SECONDS, essential=True)
        self.background.keep("stream", self._stream.keep, essential=True)
        self.background.keep(
            "roll-call", RollCall(bus=self._bus, service="event-ingestor", clock=self._clock, checks=self.checks).run
        )
        self.background.every("limits", self._limits.roll, seconds=JOIN_SECONDS)
        redis = redis_at(self._settings)
        if redis is not None:
            shared = SharedLimits("ingestor", redis, self._limits.all)
            self.background.every("shared-limits", shared.join, seconds=JOIN_SECONDS)
        self.background.keep("storage", self._storage.keep_probing)
        if self.worker.link is not None:
            self.background.every("watched", self._others.tell_watched, seconds=WATCHED_SECONDS)
        try:
            yield
        finally:
            await self.background.stop()
            if redis is not None:
                await redis.aclose()
            await self._log.close()
            await self._bus.close()

    async def _bus_ready(self) -> str | None:
        return self._bus.trouble

    async def _keys_ready(self) -> str | None:
        return None if self._authenticator.ready else f"no SDK key is known: {self._keys.lack}"


def connection_limits(settings: IngestorSettings) -> ConnectionLimits:
    return ConnectionLimits(
        per_address=settings.ingestor_connections_per_address_max,
        per_caller={
            "key": settings.ingestor_connections_per_key_max,
            "organization": settings.ingestor_connections_per_organization_max,
        },
        proxies=settings.proxy_networks,
    )


def _room_limits(settings: IngestorSettings) -> RoomLimits:
    return RoomLimits(
        settings.events_in_flight_bytes,
        {
            "address": Allotment(settings.ingestor_bodies_per_address_max, settings.events_in_flight_bytes_per_address),
            "key": Allotment(settings.ingestor_bodies_per_key_max, settings.events_in_flight_bytes_per_key),
            "organization": Allotment(
                settings.ingestor_bodies_per_organization_max, settings.events_in_flight_bytes_per_organization
            ),
        },
    )


def _rates(settings: IngestorSettings) -> Rates:
    return Rates(
        requests_per_address=settings.ingestor_requests_per_address_per_second,
        requests_per_key=settings.ingestor_requests_per_key_per_second,
        requests_per_organization=settings.ingestor_requests_per_organization_per_second,
        requests_per_actor=settings.ingestor_reads_per_actor_per_second,
        events_per_key=settings.events_per_key_per_second,
        events_per_organization=settings.events_per_organization_per_second,
        events_per_organization_per_day=settings.events_per_organization_per_day,
    )
