"""The relay put together, for the process that it has to itself and for the one beside the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from messages.subjects import CONFIG, config_stream
from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.bus_watch import BusWatch
from service_kit.clock import Clock
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from control_plane.database import RELAY_CONNECTIONS, Database
from control_plane.publishing.relay import Paces, Relay
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.settings import Settings


class RelayWork:
    """A relay with connections of its own: nothing that uses up a pool may take the lease from it."""

    def __init__(self, settings: Settings, clock: Clock, registry: CollectorRegistry) -> None:
        self._settings = settings
        self._clock = clock
        self._telemetry = RelayTelemetry(registry)
        self._bus: JetStreamBus | None = None
        self._watch = BusWatch(
            registry,
            clock,
            connected=lambda: self._bus is not None and self._bus.connected,
            skew_seconds_max=settings.clock_skew_seconds_max,
        )

    def begin(self, background: Background) -> None:
        """As essential work of a process that does nothing else."""
        self._watch.begin(background, self._bus_time)
        background.keep("relay", self.run, essential=True)

    @property
    def measure(self) -> Callable[[], Awaitable[None]]:
        """One look at the bus's clock."""

        async def measure() -> None:
            await self._watch.measure(self._bus_time)

        return measure

    async def run(self) -> None:
        """Until it is cancelled."""
        settings = self._settings
        stream = config_stream(
            max_bytes=settings.config_max_bytes,
            replicas=settings.nats_replicas,
            given=settings.given(max_bytes="config_max_bytes", replicas="nats_replicas"),
        )
        database = Database(settings.database_url.get_secret_value(), self._clock, RELAY_CONNECTIONS)
        bus = self._bus = JetStreamBus(BusConnection.of(settings), name="control-plane")
        bus.start()
        try:
            await database.open()
            await Relay(
                database=database,
                bus=bus,
                clock=self._clock,
                telemetry=self._telemetry,
                stream=stream,
                paces=Paces(check_seconds=settings.relay_check_seconds, compare_seconds=settings.relay_compare_seconds),
            ).run()
        finally:
            await bus.close()
            await database.close()

    async def _bus_time(self) -> int | None:
        return None if self._bus is None else await time_of(self._bus, CONFIG)
