"""A nearly full CONFIG stream: growth is refused before it is answered with 200, and switching off gets through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from control_plane.database import Database
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from messages.documents import flag_of
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, config_stream, config_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from tests.control_plane.conftest import Api, Tenant, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.waiting import until

STREAM_BYTES = 400_000
FLAG = {
    "key": "f",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


@pytest.fixture
async def database(migrated_postgres_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(migrated_postgres_url, SystemClock(), pool_size=12)
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def bus(nats_server: Nats) -> AsyncIterator[JetStreamBus]:
    bus = JetStreamBus(nats_server.url, name="test")
    bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def relay(database: Database, bus: JetStreamBus) -> AsyncIterator[None]:
    """A relay with a small stream."""
    relay = Relay(
        database=database,
        bus=bus,
        clock=SystemClock(),
        telemetry=RelayTelemetry(CollectorRegistry()),
        stream=config_stream(max_bytes=STREAM_BYTES),
    )
    running = asyncio.create_task(relay.run())
    yield
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Api]:
    app = await app_on(database, SystemClock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield await sign_in(Api(client), *ADMINISTRATOR)


async def published(database: Database) -> None:
    """All that was committed is on the stream."""

    async def reached() -> bool:
        async with database.connection() as connection:
            return not await connection.fetchval("SELECT count(*) FROM environments WHERE published_version < version")

    await until(reached)


async def served(database: Database, bus: JetStreamBus, tenant: Tenant) -> Any:
    async with database.connection() as connection:
        environment: UUID = await connection.fetchval(
            "SELECT id FROM environments WHERE organization_id = $1", UUID(tenant.organization)
        )
    last = await bus.last_message(CONFIG, config_subject(str(environment), "flag", "f"))
    assert last is not None
    return flag_of(ConfigMessage.FromString(last.payload))


@pytest.mark.usefixtures("relay")
async def test_growth_ends_before_the_room_does(admin: Api, database: Database, bus: JetStreamBus) -> None:
    greedy, other = await new_tenant(admin, "greedy"), await new_tenant(admin, "other")
    for tenant in (greedy, other):
        await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", FLAG)
        switch = f"/projects/{tenant.project}/flags/f/environments/production/enabled"
        await tenant.api.ok("PUT", switch, {"enabled": True})
    await published(database)

    async def fill(worker: int) -> list[httpx.Response]:
        """Segments of ten kilobytes until one is refused."""
        answers: list[httpx.Response] = []
        while not answers or answers[-1].status_code == 201:
            segment = {"key": f"s{worker}-{len(answers)}", "included": [f"{number:0>999}" for number in range(10)]}
            answers.append(await greedy.api("POST", f"/projects/{greedy.project}/segments", segment))
        return answers

    answers = [answer for each in await asyncio.gather(*map(fill, range(4))) for answer in each]
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {(each["code"], each["quota"]) for each in refused} == {("quota_exceeded", "config_stream")}
    assert sum(answer.status_code == 201 for answer in answers) > 20
    await published(database)
    assert (await bus.state(CONFIG)).bytes < STREAM_BYTES

    for tenant in (greedy, other):
        switch = f"/projects/{tenant.project}/flags/f/environments/production/enabled"
        await tenant.api.ok("PUT", switch, {"enabled": False})
    await published(database)
    assert [(await served(database, bus, tenant)).enabled for tenant in (greedy, other)] == [False, False]
    assert (await bus.state(CONFIG)).bytes < 0.96 * STREAM_BYTES
    await greedy.api.ok("DELETE", f"/projects/{greedy.project}/segments/s0-0")
    await published(database)
    again = {"key": "again", "included": [f"{number:0>999}" for number in range(5)]}

    async def taken() -> bool:
        return (await greedy.api("POST", f"/projects/{greedy.project}/segments", again)).status_code == 201

    await until(taken)
    await published(database)
