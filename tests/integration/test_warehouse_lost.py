"""ClickHouse loses its tables or falls silent: the tables come back without a restart, what is left is no answer, and
what the stream still holds is loaded again, each event once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import Loader, LoaderOptions
from analytics.loading.rewind import Rewinding
from analytics.loading.telemetry import LoaderTelemetry
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import TablesMissing, WarehouseUnavailable
from analytics.warehouse.migrations import migrate, missing_tables
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.upkeep import Upkeep
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from service_kit.tasks import end
from streams.jetstream import JetStreamBus

from chaos.proxy import FaultProxy
from devstack.parts import Nats
from tests.waiting import until

AT = 1_767_607_200_000
PER_BATCH = 50


def batch(number: int) -> bytes:
    exposures = [
        {
            "event_id": f"e{number}-{each}",
            "timestamp": AT,
            "user_key": f"u{number}-{each}",
            "flag": "f",
            "variation": "on",
        }
        for each in range(PER_BATCH)
    ]
    metrics = [
        {"event_id": f"m{number}-{each}", "timestamp": AT, "user_key": f"u{number}-{each}", "metric": "m", "value": 1.0}
        for each in range(PER_BATCH)
    ]
    return EventBatch(
        batch_id=str(number),
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=AT,
        exposures=b"\n".join(map(msgspec.json.encode, exposures)),
        metrics=b"\n".join(map(msgspec.json.encode, metrics)),
    ).SerializeToString()


def usage_batch() -> bytes:
    """Flags were evaluated, and nobody was exposed to anything."""
    now = SystemClock().now()
    counts = [{"flag": "f", "variation": "on", "reason": "STATIC", "count": 7}]
    line = {"event_id": "usage-1", "timestamp": now, "counts": counts}
    return EventBatch(
        batch_id="usage",
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=now,
        usage_count=1,
        usage=msgspec.json.encode(line),
    ).SerializeToString()


class Stand:
    """A loader on real servers, with its tables' upkeep."""

    def __init__(self, bus: JetStreamBus, warehouse: Warehouse) -> None:
        self.bus = bus
        self.warehouse = warehouse
        self.registry = CollectorRegistry()
        self.loader = Loader(
            bus, warehouse, LoaderTelemetry(self.registry), SystemClock(), LoaderOptions(LoadLimits(seconds_max=0.1))
        )
        self.upkeep = Upkeep(warehouse, self.registry, self.loader.suspected_loss)
        self.published = 0

    async def publish(self, batches: int) -> None:
        for _ in range(batches):
            await self.bus.publish(events_subject("env-1"), batch(self.published))
            self.published += 1

    async def counts(self) -> dict[str, Any]:
        sql = (
            "SELECT (SELECT uniqExact(event_id) FROM events_exposure) AS exposures,"
            " (SELECT uniqExact(event_id) FROM events_metric) AS metrics,"
            " (SELECT uniqExact(user_key) FROM exposure_firsts) AS units,"
            " (SELECT uniqCombined64Merge(exposures) FROM exposure_counts) AS day_exposures"
        )
        return (await self.warehouse.rows(sql, {}))[0]

    async def has_all(self) -> bool:
        wanted = self.published * PER_BATCH
        return all(count == wanted for count in (await self.counts()).values())

    async def has_acknowledged(self) -> bool:
        consumer = await self.bus.pull(
            EVENTS, "analytics-loader", filter_subject="events.>", ack_wait_seconds=15, max_ack_pending=20_000
        )
        return not await consumer.pending()

    def rewinding(self) -> Rewinding:
        return Rewinding(
            bus=self.bus, warehouse=self.warehouse, limits=LoadLimits(seconds_max=0.1), clock=SystemClock()
        )

    def says_lost(self) -> bool:
        return self.registry.get_sample_value("verdict_warehouse_events_lost") == 1


@pytest.fixture
async def way(clickhouse_url: str) -> AsyncIterator[FaultProxy]:
    way = FaultProxy("clickhouse", urlsplit(clickhouse_url).port or 8123)
    await way.start()
    yield way
    await way.close()


@pytest.fixture
async def stand(fresh_nats: Nats, way: FaultProxy, clickhouse_database: str) -> AsyncIterator[Stand]:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await bus.ensure_stream(events_stream())
    warehouse = Warehouse(WarehouseSettings(url=f"http://127.0.0.1:{way.port}", database=clickhouse_database))
    stand = Stand(bus, warehouse)
    await stand.upkeep.made()
    working = [asyncio.create_task(stand.upkeep.run()), asyncio.create_task(stand.loader.run())]
    yield stand
    way.mend()
    await end(working)
    await warehouse.close()
    await bus.close()


DROPS = {
    "everything": ["DROP DATABASE {database} SYNC", "CREATE DATABASE {database}"],
    "the database": ["DROP DATABASE {database} SYNC"],
    "the events": ["DROP TABLE {database}.events_exposure SYNC", "DROP TABLE {database}.events_metric SYNC"],
}


@pytest.mark.parametrize("statements", DROPS.values(), ids=DROPS)
async def test_lost_tables_are_made_anew_and_loaded_again(
    stand: Stand, clickhouse_server: Any, clickhouse_database: str, statements: list[str]
) -> None:
    await stand.publish(6)
    await until(stand.has_all)
    await until(stand.has_acknowledged)
    for statement in statements:
        clickhouse_server.run_sql(statement.format(database=clickhouse_database))
    with pytest.raises(TablesMissing):
        await stand.counts()
    await until(stand.says_lost)
    assert not await missing_tables(stand.warehouse)
    assert stand.warehouse.refusal is not None
    assert stand.warehouse.refusal.code == "warehouse_events_lost"
    assert "analytics rewind" in str(await stand.warehouse.ping())

    await stand.publish(2)
    reloaded = await stand.rewinding().run(0)
    assert (reloaded.exposures, reloaded.metrics) >= (6 * PER_BATCH, 6 * PER_BATCH)
    await until(stand.has_all)
    # Once more does no harm.
    await stand.rewinding().run(0)
    assert await stand.has_all()
    await stand.upkeep.look()
    assert stand.warehouse.refusal is None
    assert not stand.says_lost()


async def test_aggregates_that_are_lost_alone_are_filled_from_the_events(
    stand: Stand, clickhouse_server: Any, clickhouse_database: str
) -> None:
    await stand.publish(3)
    await until(stand.has_all)
    for table in ("exposure_counts_feed", "exposure_firsts"):
        clickhouse_server.run_sql(f"DROP TABLE {clickhouse_database}.{table} SYNC")
    await stand.publish(3)
    await until(stand.has_all, despite=WarehouseUnavailable)
    await until(lambda: stand.warehouse.refusal is None)


async def test_a_start_on_emptied_tables_is_no_new_installation(
    stand: Stand, clickhouse_server: Any, clickhouse_database: str
) -> None:
    await stand.publish(3)
    await until(stand.has_all)
    await until(stand.has_acknowledged)
    clickhouse_server.run_sql(f"DROP DATABASE {clickhouse_database} SYNC")
    other = Warehouse(stand.warehouse.settings)
    try:
        await Upkeep(other, CollectorRegistry(), stand.loader.suspected_loss).look()
        assert other.refusal is not None
        assert other.refusal.code == "warehouse_events_lost"
    finally:
        await other.close()


async def test_a_start_with_usage_and_no_events_has_lost_nothing(stand: Stand) -> None:
    await stand.bus.publish(events_subject("env-1"), usage_batch())
    await until(stand.has_acknowledged)
    assert await stand.loader.suspected_loss() is not None
    registry = CollectorRegistry()
    other = Warehouse(stand.warehouse.settings)
    try:
        await Upkeep(other, registry, stand.loader.suspected_loss).look()
        assert other.refusal is None
        assert registry.get_sample_value("verdict_warehouse_events_lost") == 0
    finally:
        await other.close()


async def test_events_that_went_between_two_starts_are_missed_though_usage_is_there(
    stand: Stand, clickhouse_server: Any, clickhouse_database: str
) -> None:
    await stand.publish(1)
    await stand.bus.publish(events_subject("env-1"), usage_batch())
    await until(stand.has_all)
    await until(stand.has_acknowledged)
    for statement in DROPS["the events"]:
        clickhouse_server.run_sql(statement.format(database=clickhouse_database))
    other = Warehouse(stand.warehouse.settings)
    try:
        await Upkeep(other, CollectorRegistry(), stand.loader.suspected_loss).look()
        assert other.refusal is not None
        assert other.refusal.code == "warehouse_events_lost"
    finally:
        await other.close()


async def test_tables_that_another_process_has_made_anew_were_lost_all_the_same(
    stand: Stand, clickhouse_server: Any, clickhouse_database: str
) -> None:
    await stand.publish(3)
    await until(stand.has_all)
    await until(stand.has_acknowledged)
    clickhouse_server.run_sql(f"DROP DATABASE {clickhouse_database} SYNC")
    other = Warehouse(stand.warehouse.settings)
    try:
        await migrate(other)
    finally:
        await other.close()
    await until(stand.says_lost)
    await stand.rewinding().run(0)
    await until(stand.has_all)
    await until(lambda: not stand.says_lost())


async def test_a_rewind_begins_where_it_is_told(stand: Stand) -> None:
    await stand.publish(2)
    await until(stand.has_all)
    state = await stand.bus.state(EVENTS)
    last = await stand.bus.message_at(EVENTS, state.last_sequence)
    assert last is not None
    assert (await stand.rewinding().run(last.published_at + 1)).messages == 0
    reloaded = await stand.rewinding().run(last.published_at)
    assert 1 <= reloaded.messages <= 2
    assert await stand.has_all()


async def test_a_silent_clickhouse_is_given_up_in_time_and_loses_nothing(stand: Stand, way: FaultProxy) -> None:
    await stand.publish(1)
    await until(stand.has_all)
    way.swallow()
    await stand.publish(3)
    # What is promised for an answer, in the middle of an insert or not.
    async with asyncio.timeout(10):
        answers = await asyncio.gather(
            *(stand.warehouse.rows("SELECT 1", {}) for _ in range(20)), return_exceptions=True
        )
    assert {type(answer) for answer in answers} == {WarehouseUnavailable}
    assert await stand.warehouse.ping() == "ClickHouse does not answer"
    way.mend()
    await until(stand.has_all, despite=WarehouseUnavailable)
    assert stand.warehouse.refusal is None


async def test_a_slow_answer_of_a_server_that_lives_is_waited_for(stand: Stand) -> None:
    rows = await stand.warehouse.rows("SELECT sleepEachRow(1) AS slept FROM numbers(5) SETTINGS max_block_size = 1", {})
    assert len(rows) == 5
