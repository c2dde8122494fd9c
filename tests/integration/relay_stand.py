"""A database with one project, a real JetStream, and relays between them in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from control_plane.access import Actor
from control_plane.changes import Change, record
from control_plane.database import Database
from control_plane.publishing.relay import Paces, Relay
from control_plane.publishing.telemetry import RelayTelemetry
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Update
from messages.subjects import CONFIG, config_filter, config_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from streams import BusUnavailable, ExpectedLast, PublishAck, StreamSpec, StreamState
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from tests.waiting import until

_PATIENCE_SECONDS = 3.0
"""For how long a client of the bus waits for an answer."""
ACTOR = Actor("system", uuid4(), "test")


class CountingBus(JetStreamBus):
    """Counts how often a relay has looked whether the stream is still the one it wrote, or may be written.

    The stream can be without a leader: it refuses what it is asked while it is
    `refusing`, and doesn't answer until `led` is set."""

    looks = 0

    def __init__(self, connection: BusConnection | str, *, name: str) -> None:
        super().__init__(connection, name=name)
        self.refusing = False
        self.led = asyncio.Event()
        self.led.set()

    async def _ask_leader(self) -> None:
        if self.refusing:
            raise BusUnavailable("no leader")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.led.wait()
        except TimeoutError as error:
            raise BusUnavailable("the bus did not answer") from error

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        expected: ExpectedLast | None = None,
        trace: str = "",
    ) -> PublishAck:
        await self._ask_leader()
        return await super().publish(subject, payload, message_id=message_id, expected=expected, trace=trace)

    async def state(self, stream: str) -> StreamState:
        await self._ask_leader()
        self.looks += 1
        return await super().state(stream)

    async def ensure_stream(self, spec: StreamSpec) -> str | None:
        self.looks += 1
        return await super().ensure_stream(spec)


@dataclass
class Stand:
    """A database with one project, a bus, and relays to run."""

    database: Database
    bus: CountingBus
    organization: UUID
    project: UUID
    environment: UUID
    stream: StreamSpec
    registries: list[CollectorRegistry] = field(default_factory=list)
    check_seconds: float = 0.2
    compare_seconds: float = 600.0

    async def add_environment(self, key: str) -> UUID:
        async with self.database.transaction() as tx:
            environment: UUID = await tx.fetchval(
                "INSERT INTO environments (organization_id, project_id, key, name, salt) "
                "VALUES ($1, $2, $3, $3, 'salt') RETURNING id",
                self.organization,
                self.project,
                key,
            )
        await self.change(
            "INSERT INTO sdk_keys (organization_id, environment_id, kind, name, hint, sha256) "
            "VALUES ($1, $2::uuid, 'server', 'k', 'hint', sha256($2::uuid::text::bytea))",
            self.organization,
            environment,
            environment=environment,
        )
        return environment

    async def change(self, statement: str = "SELECT", *values: object, environment: UUID | None = None) -> int:
        """A domain write as a feature makes it; the environment's new version."""
        wanted = environment or self.environment
        async with self.database.transaction() as tx:
            await tx.execute(statement, *values)
            versions = await record(
                tx,
                Change(
                    organization_id=self.organization,
                    project_id=self.project,
                    entity="environment",
                    entity_key="any",
                    action="update",
                    actor=ACTOR,
                    environment_ids=[wanted],
                ),
            )
        return versions[wanted]

    async def rename_attributes(self, *names: str) -> int:
        """A change that shows in what is published."""
        return await self.change(
            "UPDATE environments SET pii_attributes = $2 WHERE id = $1", self.environment, list(names)
        )

    @contextlib.asynccontextmanager
    async def relay(self) -> AsyncIterator[Relay]:
        registry = CollectorRegistry()
        self.registries.append(registry)
        relay = Relay(
            database=self.database,
            bus=self.bus,
            clock=SystemClock(),
            telemetry=RelayTelemetry(registry),
            stream=self.stream,
            paces=Paces(check_seconds=self.check_seconds, compare_seconds=self.compare_seconds),
        )
        running = asyncio.create_task(relay.run())
        try:
            yield relay
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def published(self, version: int, environment: UUID | None = None) -> None:
        async def reached() -> bool:
            async with self.database.connection() as connection:
                at = await connection.fetchval(
                    "SELECT published_version FROM environments WHERE id = $1", environment or self.environment
                )
            return bool(at >= version)

        await until(reached)

    async def held(self, environment: UUID | None = None) -> tuple[Update, dict[str, ConfigMessage | None]]:
        """What a fresh edge gets from the stream: fails unless the digest fits."""
        staging = ConfigStaging()
        answers = [
            staging.accept(each.subject, each.payload)
            for each in await self.bus.read_all(CONFIG, config_filter(str(environment or self.environment)))
        ]
        update = answers[-1]
        assert isinstance(update, Update), update
        assert update.complete
        assert not update.undecodable
        return update, dict(update.changed)

    async def looked(self, times: int = 3) -> None:
        """Returns when relays have looked at the stream so often again."""
        before = self.bus.looks
        await until(lambda: self.bus.looks >= before + times)

    def metric(self, name: str) -> float:
        return sum(registry.get_sample_value(name) or 0 for registry in self.registries)


@contextlib.asynccontextmanager
async def open_stand(postgres_url: str, nats_url: str) -> AsyncIterator[Stand]:
    database = await Database.connect(postgres_url, SystemClock(), pool_size=12)
    await database.migrate()
    bus = CountingBus(nats_url, name="test")
    bus.start()
    await until(lambda: bus.connected)
    async with database.transaction() as tx:
        organization = await tx.fetchval("INSERT INTO organizations (key, name) VALUES ('acme', 'A') RETURNING id")
        project = await tx.fetchval(
            "INSERT INTO projects (organization_id, key, name) VALUES ($1, 'shop', 'S') RETURNING id", organization
        )
    stand = Stand(database, bus, organization, project, UUID(int=0), config_stream(max_bytes=64 * 1024 * 1024))
    stand.environment = await stand.add_environment("production")
    try:
        yield stand
    finally:
        await bus.close()
        await database.close()
