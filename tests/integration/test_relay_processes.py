"""Relays as processes that are killed, paused and cut off while changes are committed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from control_plane.access import Actor
from control_plane.changes import Change, record
from control_plane.database import Database
from control_plane.publishing.candidates import STEADY_SECONDS
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Update
from messages.subjects import CONFIG, config_filter, parse_config_subject
from service_kit.clock import SystemClock
from service_kit.tasks import end
from streams import CaughtUp, Delivered
from streams.jetstream import JetStreamBus

from chaos.proxy import FaultProxy
from devstack.parts import Nats
from devstack.ports import free_port
from tests.waiting import until

ACTOR = Actor("system", uuid4(), "test")
ENVIRONMENTS = 3


class Writer:
    """Commits changes to three environments for as long as it is told."""

    def __init__(self, database: Database, organization: UUID, project: UUID, environments: list[UUID]) -> None:
        self.database = database
        self.organization, self.project, self.environments = organization, project, environments
        self.versions = dict.fromkeys(environments, 0)

    async def write(self, number: int) -> None:
        environment = self.environments[number % ENVIRONMENTS]
        async with self.database.transaction() as tx:
            await tx.execute(
                "UPDATE environments SET pii_attributes = ARRAY[$2::text] WHERE id = $1", environment, f"a{number}"
            )
            change = Change(
                organization_id=self.organization,
                project_id=self.project,
                entity="environment",
                entity_key="any",
                action="update",
                actor=ACTOR,
                environment_ids=[environment],
            )
            self.versions.update(await record(tx, change))

    async def all_published(self) -> bool:
        async with self.database.connection() as connection:
            return not await connection.fetchval("SELECT count(*) FROM environments WHERE version > published_version")

    async def epoch(self) -> int:
        async with self.database.connection() as connection:
            epoch: int = await connection.fetchval("SELECT epoch FROM leases WHERE name = 'relay'")
        return epoch


class RelayProcess:
    """`control_plane relay` in a process of its own."""

    def __init__(self, database_url: str, nats_url: str, log: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FF_")},
            "FF_DATABASE_URL": database_url,
            "FF_NATS_URL": nats_url,
            "FF_AUTH_JWT_SECRET": "a-secret-of-the-tests-with-more-than-32-bytes",
            "FF_PORT": str(free_port()),
        }
        self._log = log
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "control_plane.main", "relay", env=self._environment, stderr=log, stdout=log
            )

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def said(self) -> str:
        return self._log.read_text()

    async def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None and self.process.returncode is None:
            self.send(number)
            await self.process.wait()


@pytest.fixture
async def writer(migrated_postgres_url: str) -> AsyncIterator[Writer]:
    database = await Database.connect(migrated_postgres_url, SystemClock(), pool_size=5)
    await database.migrate()
    async with database.transaction() as tx:
        organization = await tx.fetchval("INSERT INTO organizations (key, name) VALUES ('acme', 'A') RETURNING id")
        project = await tx.fetchval(
            "INSERT INTO projects (organization_id, key, name) VALUES ($1, 'shop', 'S') RETURNING id", organization
        )
        environments = [
            await tx.fetchval(
                "INSERT INTO environments (organization_id, project_id, key, name, salt) "
                "VALUES ($1, $2, $3, $3, 'salt') RETURNING id",
                organization,
                project,
                f"e{number}",
            )
            for number in range(ENVIRONMENTS)
        ]
    yield Writer(database, organization, project, environments)
    await database.close()


async def until_published(writer: Writer) -> None:
    await until(writer.all_published)


async def assert_held(bus: JetStreamBus, writer: Writer) -> None:
    """Every environment stands on the stream at its last version, with a digest that fits."""
    for environment, version in writer.versions.items():
        staging = ConfigStaging()
        for each in await bus.read_all(CONFIG, config_filter(str(environment))):
            answer = staging.accept(each.subject, each.payload)
        assert isinstance(answer, Update), answer
        assert answer.version == version


async def test_no_commit_stays_unpublished_over_kills(
    writer: Writer, migrated_postgres_url: str, fresh_nats: Nats, tmp_path: Path
) -> None:
    chance = random.Random(7)
    relay = RelayProcess(migrated_postgres_url, fresh_nats.url, tmp_path / "relay.log")
    try:
        await relay.start()
        for _ in range(4):
            seen = await writer.epoch()
            for number in range(30):
                await writer.write(number)
            # Killed somewhere between taking the lead, publishing and noting what was published.
            async with asyncio.timeout(60):
                while await writer.epoch() == seen:
                    await writer.write(chance.randrange(ENVIRONMENTS))
            for number in range(chance.randrange(20)):
                await writer.write(number)
            await relay.end(signal.SIGKILL)
            await writer.write(chance.randrange(ENVIRONMENTS))
            await relay.start()
        await until_published(writer)
    finally:
        await relay.end(signal.SIGTERM)
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await assert_held(bus, writer)
    await bus.close()


async def test_a_paused_leader_writes_nothing_when_it_wakes_up(
    writer: Writer, migrated_postgres_url: str, fresh_nats: Nats, tmp_path: Path
) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    first = RelayProcess(migrated_postgres_url, fresh_nats.url, tmp_path / "first.log")
    second = RelayProcess(migrated_postgres_url, fresh_nats.url, tmp_path / "second.log")
    epochs: list[int] = []
    caught_up = asyncio.Event()

    async def follow() -> None:
        async for event in bus.follow(CONFIG, config_filter()):
            if isinstance(event, CaughtUp):
                caught_up.set()
            elif isinstance(event, Delivered) and parse_config_subject(event.subject).is_manifest:
                epochs.append(ConfigMessage.FromString(event.payload).epoch)

    try:
        await writer.write(0)
        await first.start()
        await until_published(writer)
        following = asyncio.create_task(follow())
        await caught_up.wait()
        await second.start()
        first.send(signal.SIGSTOP)
        for number in range(10):
            await writer.write(number)
        await until_published(writer)
        assert await writer.epoch() == 2
        first.send(signal.SIGCONT)
        for number in range(30):
            await writer.write(number)
        await until_published(writer)
        await assert_held(bus, writer)
        assert await writer.epoch() == 2
        following.cancel()
    finally:
        for relay in (first, second):
            relay.send(signal.SIGCONT)
            await relay.end(signal.SIGTERM)
        await bus.close()
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}


@pytest.mark.parametrize("how", ["refused", "swallowed"])
async def test_a_leader_that_is_cut_off_from_nats_alone_leaves_its_lease(
    writer: Writer, migrated_postgres_url: str, fresh_nats: Nats, tmp_path: Path, how: str
) -> None:
    """To one that is not: what is edited after the cut is followed, published by the other one, for good."""
    wire = FaultProxy("first-nats", int(fresh_nats.url.rpartition(":")[2]))
    await wire.start()
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    first = RelayProcess(migrated_postgres_url, f"nats://127.0.0.1:{wire.port}", tmp_path / "first.log")
    second = RelayProcess(migrated_postgres_url, fresh_nats.url, tmp_path / "second.log")
    followed: dict[tuple[str, int], int] = {}

    async def follow() -> None:
        async for event in bus.follow(CONFIG, config_filter()):
            if isinstance(event, Delivered) and parse_config_subject(event.subject).is_manifest:
                message = ConfigMessage.FromString(event.payload)
                followed[message.environment_id, message.version] = message.epoch

    async def both_reach() -> bool:
        async with writer.database.connection() as connection:
            reaching = await connection.fetchval(
                "SELECT count(*) FROM lease_candidates "
                "WHERE reaches_since <= clock_timestamp() - make_interval(secs => $1)",
                STEADY_SECONDS,
            )
        return bool(reaching == 2)

    async def edited() -> int:
        """The epoch in which a follower has an edit that is made now."""
        await writer.write(0)
        environment = writer.environments[0]
        seen = str(environment), writer.versions[environment]
        await until(lambda: seen in followed)
        return followed[seen]

    following = asyncio.create_task(follow())
    try:
        await first.start()
        assert await edited() == 1
        await second.start()
        await until(both_reach)
        if how == "refused":
            wire.cut()
        else:
            wire.swallow()
        assert await edited() == 2
        assert "the lease is left" in first.said()
        wire.mend()
        await until(both_reach)
        assert await edited() == 2
        await until_published(writer)
        assert await writer.epoch() == 2
        await assert_held(bus, writer)
    finally:
        await end([following])
        for relay in (first, second):
            await relay.end(signal.SIGTERM)
        await bus.close()
        await wire.close()
