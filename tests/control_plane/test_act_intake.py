"""Acts of other services get into the audit log: each once, none lost, under the name of who did it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from control_plane.acts.intake import ActIntake
from control_plane.acts.telemetry import ActTelemetry
from control_plane.changes.verification import verify
from control_plane.database import Database
from messages.acts import Act, ActLog, Author
from messages.generated import act_pb2 as pb
from messages.subjects import ACTS, acts_stream, acts_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.problems import Unavailable
from streams import BatchConsumer
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from tests.control_plane.conftest import Tenant

STREAM = acts_stream(max_bytes=1024 * 1024)


@pytest.fixture
async def bus(fresh_nats: Nats) -> AsyncIterator[JetStreamBus]:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    yield bus
    await bus.close()


@pytest.fixture
def telemetry() -> ActTelemetry:
    return ActTelemetry(CollectorRegistry())


@pytest.fixture
def intake(database: Database, bus: JetStreamBus, clock: ManualClock, telemetry: ActTelemetry) -> ActIntake:
    return ActIntake(database=database, bus=bus, stream=STREAM, clock=clock, telemetry=telemetry)


async def consumer_of(bus: JetStreamBus) -> BatchConsumer:
    await bus.ensure_stream(STREAM)
    return await bus.pull(ACTS, "audit-log", filter_subject="acts.>", ack_wait_seconds=1, max_ack_pending=100)


def act(organization: str, **more: Any) -> Act:
    given = {"entity": "export", "entity_key": "Nightly", "action": "run", "after": {"number": 1}} | more
    return Act(organization_id=organization, **given)


async def entries(tenant: Tenant, query: str = "entity=export") -> list[Any]:
    found = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?{query}")
    return list(found["items"])


async def test_an_act_becomes_an_entry(
    tenant: Tenant, bus: JetStreamBus, clock: ManualClock, intake: ActIntake
) -> None:
    owner = await tenant.api.ok("GET", "/me")
    # Nobody has made the stream yet.
    await ActLog(bus, STREAM, clock).write(Author("user", owner["id"]), act(tenant.organization))
    clock.advance(60)
    await intake.turn(await consumer_of(bus), 2)
    [entry] = await entries(tenant)
    assert entry["actor"] == {"kind": "user", "id": owner["id"], "name": owner["email"]}
    assert (entry["entity_key"], entry["action"], entry["after"]) == ("Nightly", "run", {"number": 1})
    assert entry["at"] == "2026-01-05T10:00:00Z"
    assert (await bus.state(ACTS)).messages == 0


async def test_an_act_that_is_told_twice_is_one_entry(
    tenant: Tenant, bus: JetStreamBus, database: Database, clock: ManualClock, intake: ActIntake
) -> None:
    consumer = await consumer_of(bus)
    await ActLog(bus, STREAM, clock).write(Author("user", str(uuid4())), act(tenant.organization))
    told = await bus.message_at(ACTS, 1)
    assert told is not None
    await bus.publish(told.subject, told.payload)
    await intake.turn(consumer, 2)
    await bus.publish(told.subject, told.payload)
    await intake.turn(consumer, 2)
    assert len(await entries(tenant)) == 1
    assert (await verify(database.transaction, UUID(tenant.organization))).first_bad is None


class Away:
    """A database that is away for the first transactions."""

    def __init__(self, database: Database, times: int) -> None:
        self._database = database
        self._times = times

    def transaction(self, **options: Any) -> Any:
        if self._times:
            self._times -= 1
            raise Unavailable("away")
        return self._database.transaction(**options)


async def test_acts_wait_while_they_can_not_be_appended(
    tenant: Tenant, bus: JetStreamBus, database: Database, clock: ManualClock, telemetry: ActTelemetry
) -> None:
    consumer = await consumer_of(bus)
    for number in range(3):
        after = {"number": number}
        await ActLog(bus, STREAM, clock).write(Author("user", str(uuid4())), act(tenant.organization, after=after))
    away: Any = Away(database, 1)
    intake = ActIntake(database=away, bus=bus, stream=STREAM, clock=clock, telemetry=telemetry)
    with pytest.raises(Unavailable):
        await intake.turn(consumer, 2)
    assert await entries(tenant) == []
    while (await bus.state(ACTS)).messages:
        await intake.turn(consumer, 2)
    assert sorted(each["after"]["number"] for each in await entries(tenant)) == [0, 1, 2]


async def test_how_long_acts_wait_is_told_while_none_can_be_appended(
    tenant: Tenant, bus: JetStreamBus, database: Database, clock: ManualClock, telemetry: ActTelemetry
) -> None:
    consumer = await consumer_of(bus)
    await ActLog(bus, STREAM, clock).write(Author("user", str(uuid4())), act(tenant.organization))
    noted = await consumer.oldest_pending_at()
    assert noted is not None
    away: Any = Away(database, 1)
    later = ManualClock(noted + 90_000)
    intake = ActIntake(database=away, bus=bus, stream=STREAM, clock=later, telemetry=telemetry)
    with pytest.raises(Unavailable):
        await intake.turn(consumer, 2)
    # The bus tells a moment in two ways, which round it to milliseconds each.
    assert telemetry.waiting_seconds._value.get() == pytest.approx(90, abs=0.002)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\xff\xff", id="no message"),
        pytest.param(pb.Act(act_id="x", actor_id="y", action="run", entity="export").SerializeToString(), id="no ids"),
        pytest.param(
            pb.Act(
                act_id=str(uuid4()),
                organization_id=str(uuid4()),
                actor_id=str(uuid4()),
                actor_kind="user",
                entity="export",
                action="run",
            ).SerializeToString(),
            id="no such organization",
        ),
    ],
)
async def test_what_is_no_act_holds_up_no_other(
    payload: bytes, tenant: Tenant, bus: JetStreamBus, clock: ManualClock, intake: ActIntake, telemetry: ActTelemetry
) -> None:
    consumer = await consumer_of(bus)
    await bus.publish(acts_subject("anything"), payload)
    await ActLog(bus, STREAM, clock).write(Author("user", str(uuid4())), act(tenant.organization))
    await intake.turn(consumer, 2)
    assert len(await entries(tenant)) == 1
    assert telemetry.refused._value.get() == 1
    # It stays, for whoever wants to know what it was.
    assert [(await bus.message_at(ACTS, 1)) is not None, await bus.message_at(ACTS, 2)] == [True, None]
