"""Loaders and ClickHouse are killed in the middle: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec
import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.settings import WarehouseSettings
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_stream, events_subject
from streams.jetstream import JetStreamBus

from devstack.parts import ClickHouse, Nats
from devstack.services import Service
from tests.waiting import until

EVENTS_PER_BATCH = 200
BATCHES = 150
RECEIVED_AT = 1_767_607_200_000


def batch(number: int) -> tuple[bytes, list[float]]:
    values = [float(number * EVENTS_PER_BATCH + each) for each in range(EVENTS_PER_BATCH)]
    lines = [
        msgspec.json.encode(
            {
                "event_id": f"{number}-{index}",
                "timestamp": RECEIVED_AT,
                "user_key": f"user-{index}",
                "metric": "purchase",
                "value": value,
                "properties": {"note": "x" * 50},
            }
        )
        for index, value in enumerate(values)
    ]
    exposures = [
        msgspec.json.encode(
            {
                "event_id": f"{number}-{index}",
                "timestamp": RECEIVED_AT,
                "user_key": f"user-{number}-{index}",
                "flag": "checkout",
                "variation": "on",
            }
        )
        for index in range(EVENTS_PER_BATCH)
    ]
    message = EventBatch(
        batch_id=str(number),
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=RECEIVED_AT,
        metric_count=len(lines),
        metrics=b"\n".join(lines),
        exposures=b"\n".join(exposures),
    )
    return message.SerializeToString(), values


async def publish_all(bus: JetStreamBus) -> float:
    """Publishes every batch, each tenth a second time under another message id; returns the sum of all values."""
    total = 0.0
    for number in range(BATCHES):
        payload, values = batch(number)
        total += sum(values)
        await bus.publish(events_subject("env-1"), payload, message_id=f"b{number}")
        if number % 10 == 0:
            await bus.publish(events_subject("env-1"), payload, message_id=f"again-{number}")
        await asyncio.sleep(0.01)
    return total


async def counted(warehouse: Warehouse) -> tuple[int, int, float]:
    """Stored rows, distinct events, and the sum of their values with each event once."""
    rows = await warehouse.rows(
        "SELECT sum(copies) AS stored, count() AS events, sum(value) AS total FROM"
        " (SELECT event_id, count() AS copies, any(value) AS value FROM events_metric GROUP BY event_id)",
        {},
    )
    return rows[0]["stored"], rows[0]["events"], rows[0]["total"]


async def exposed_units(warehouse: Warehouse) -> tuple[int, int]:
    """Units in the raw exposures and in their aggregate."""
    counts = [
        (await warehouse.rows(f"SELECT uniqExact(user_key) AS units FROM {table}", {}))[0]["units"]
        for table in ("events_exposure", "exposure_firsts")
    ]
    return counts[0], counts[1]


async def until_loaded(warehouse: Warehouse, events: int) -> tuple[int, int, float]:
    async def loaded() -> bool:
        return (await counted(warehouse))[1] >= events

    await until(loaded, 90, despite=WarehouseError)
    return await counted(warehouse)


def loader_service(folder: Path, name: str, nats: Nats, clickhouse: ClickHouse) -> Service:
    environment = {
        "FF_NATS_URL": nats.url,
        "FF_CLICKHOUSE_URL": clickhouse.url,
        "FF_CLICKHOUSE_DATABASE": "crash",
        # Small blocks and a short wait, so that a kill finds work in hand and its messages come again soon.
        "FF_LOADER_ROWS_MAX": "1000",
        "FF_LOADER_SECONDS_MAX": "0.1",
        "FF_LOADER_ACK_WAIT_SECONDS": "2",
    }
    return Service(folder, name, ("analytics", "load"), environment)


async def kill_and_restart(loaders: list[Service], clickhouse: ClickHouse, kills: int) -> None:
    """Each kill meets the part while events flow; loaders are restarted at once, ClickHouse as well."""
    chance = random.Random(7)
    for number in range(kills):
        await asyncio.sleep(chance.uniform(0.2, 0.6))
        victim = clickhouse if number % 4 == 3 else chance.choice(loaders)
        victim.kill()
        await asyncio.to_thread(victim.start) if victim is clickhouse else victim.launch()


@pytest.mark.timeout(180)
async def test_kills_lose_and_double_nothing(tmp_path: Path, fresh_nats: Nats, fresh_clickhouse: ClickHouse) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await bus.ensure_stream(events_stream())
    warehouse = Warehouse(WarehouseSettings(url=fresh_clickhouse.url, database="crash"))
    loaders = [loader_service(tmp_path, name, fresh_nats, fresh_clickhouse) for name in ("one", "two")]
    try:
        for loader in loaders:
            loader.start()
        expected, _ = await asyncio.gather(publish_all(bus), kill_and_restart(loaders, fresh_clickhouse, 8))
        _, events, total = await until_loaded(warehouse, BATCHES * EVENTS_PER_BATCH)

        assert events == BATCHES * EVENTS_PER_BATCH
        assert total == expected
        assert await exposed_units(warehouse) == (events, events)
        consumer = await bus.pull(
            EVENTS, "analytics-loader", filter_subject="events.>", ack_wait_seconds=2, max_ack_pending=20_000
        )

        async def acknowledged() -> bool:
            return not await consumer.pending()

        await until(acknowledged)
        assert (await counted(warehouse))[1:] == (events, total)
    finally:
        for loader in loaders:
            loader.stop()
        await warehouse.close()
        await bus.close()


async def test_a_loader_waits_for_clickhouse_and_loses_nothing(
    tmp_path: Path, fresh_nats: Nats, fresh_clickhouse: ClickHouse
) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await bus.ensure_stream(events_stream())
    warehouse = Warehouse(WarehouseSettings(url=fresh_clickhouse.url, database="crash"))
    loader = loader_service(tmp_path, "one", fresh_nats, fresh_clickhouse)
    try:
        loader.start()
        fresh_clickhouse.kill()
        for number in range(20):
            await bus.publish(events_subject("env-1"), batch(number)[0])
        await until(lambda: "trying again" in loader.log.read_text())
        assert loader.running
        await asyncio.to_thread(fresh_clickhouse.start)

        _, events, _ = await until_loaded(warehouse, 20 * EVENTS_PER_BATCH)

        assert events == 20 * EVENTS_PER_BATCH
    finally:
        loader.stop()
        await warehouse.close()
        await bus.close()
