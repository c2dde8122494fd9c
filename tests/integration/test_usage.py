"""Usage from EVENTS into ClickHouse: each event counts once, however often and in whatever company it comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from messages.generated.event_pb2 import EventBatch
from messages.subjects import DEAD_LETTERS, events_stream, events_subject
from streams.memory import MemoryBus

from tests.integration.loader_run import load

HOUR = 3_600_000
NOW = int(time.time() * 1000)
THIS_HOUR = NOW - NOW % HOUR


@pytest.fixture
async def warehouse(clickhouse_url: str, clickhouse_database: str) -> AsyncIterator[Warehouse]:
    made = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await migrate(made)
    yield made
    await made.close()


def counted(flag: str, count: int, variation: str = "on", **more: Any) -> dict[str, Any]:
    return {"flag": flag, "count": count, "variation": variation, "reason": "STATIC", **more}


def unknown(flag: str, count: int, sdk: str = "node/1.0") -> dict[str, Any]:
    return {"flag": flag, "count": count, "reason": "ERROR", "error": "FLAG_NOT_FOUND", "sdk": sdk}


def payload(*events: tuple[str, int, list[dict[str, Any]]], environment: str = "env-1") -> bytes:
    lines = [
        msgspec.json.encode({"event_id": event_id, "timestamp": at, "counts": counts})
        for event_id, at, counts in events
    ]
    return EventBatch(
        batch_id=events[0][0],
        organization_id="org-1" if environment == "env-1" else "org-2",
        project_id="project-1",
        environment_id=environment,
        received_at=NOW,
        usage_count=len(lines),
        usage=b"\n".join(lines),
    ).SerializeToString()


async def loaded(warehouse: Warehouse, *payloads: bytes, rows_max: int = 100) -> MemoryBus:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    for each in payloads:
        await bus.publish(events_subject(EventBatch.FromString(each).environment_id), each)
    await load(bus, warehouse, LoaderOptions(limits=LoadLimits(rows_max=rows_max, seconds_max=0.1)))
    return bus


async def test_usage_counts_once_however_often_it_comes(warehouse: Warehouse) -> None:
    first = ("u-1", THIS_HOUR, [counted("checkout", 5), counted("checkout", 2, "off", bulk=True), unknown("gone", 3)])
    second = ("u-2", THIS_HOUR, [counted("checkout", 10)])
    bus = await loaded(warehouse, payload(first), payload(first, second), payload(second), rows_max=1)
    await loaded(warehouse, payload(second, first))

    rows = await warehouse.rows(
        "SELECT flag, variation, error, sdk, bulk, sum(count) AS times FROM usage_minutes FINAL"
        " WHERE organization_id = 'org-1' AND environment_id = 'env-1'"
        " GROUP BY ALL ORDER BY flag, variation",
        {},
    )
    assert [tuple(row.values()) for row in rows] == [
        ("checkout", "off", "", "", True, 2),
        ("checkout", "on", "", "", False, 15),
        ("gone", "", "FLAG_NOT_FOUND", "node/1.0", False, 3),
    ]
    assert (await bus.state(DEAD_LETTERS)).messages == 0


async def test_a_line_that_is_no_usage_is_set_aside_alone(warehouse: Warehouse) -> None:
    good = ("u-1", THIS_HOUR, [counted("checkout", 5)])
    bus = await loaded(warehouse, payload(good, ("u-2", THIS_HOUR, [])))
    assert (await bus.state(DEAD_LETTERS)).messages == 1
    rows = await warehouse.rows("SELECT count() AS events FROM events_usage", {})
    assert rows == [{"events": 1}]
