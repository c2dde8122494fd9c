"""Every day, hour and border is UTC, whatever the zones of the process, of ClickHouse and of PostgreSQL."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from analytics.operations.reconciliation import Reconciler
from analytics.operations.telemetry import OperationTelemetry
from analytics.results.analysis import AnalysisTime
from analytics.results.documents import result_document
from analytics.results.exposures import ExposureReport, flag_exposures
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exposures import ExposureReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.result_snapshots import ResultSnapshotEntry, ResultSnapshotKey, ResultSnapshotStore
from analytics.warehouse.settings import WarehouseSettings
from control_plane.database import Database
from messages.subjects import dead_letters_stream, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from devstack.stack import Stack
from tests.integration.resent_events import HOUR, NOW, START, VARIATIONS, Received, exposure, purchase
from tests.integration.test_resent_events import ENVIRONMENT, EXPERIMENT, Store

ZONES = ["UTC", "Pacific/Kiritimati", "America/St_Johns"]
"""UTC, fourteen hours before it, and three and a half behind."""
MINUTE = 60_000
# The experiment starts at 10:00 on 5 January and stops three days later; each day's users come at both of its ends.
MIDNIGHTS = [START + 14 * HOUR + day * 24 * HOUR for day in range(2)]
DAYS = {"2026-01-05": 2, "2026-01-06": 3, "2026-01-07": 1}


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The process is in this zone, and the servers that it starts."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture(scope="module")
def server_url(zone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("clickhouse")
    with Stack(folder, ("clickhouse",), durable=False) as stack:
        yield stack.clickhouse.url


@pytest.fixture
async def store(server_url: str) -> AsyncIterator[Store]:
    warehouse = ArrowWarehouse(WarehouseSettings(url=server_url, database=f"zones_{time.monotonic_ns()}"))
    await migrate(warehouse)
    yield Store(warehouse)
    await warehouse.close()


def around_midnight() -> Received:
    """Users at the last and the first millisecond of days, before the start on its day, and after the stop."""
    first, second = MIDNIGHTS
    moments = [START - 11 * HOUR, START - 5 * MINUTE, START, first - 1, first, first + HOUR, second - 1, second]
    events = [exposure(f"u{n}", f"e{n}", VARIATIONS[n % 2], at) for n, at in enumerate(moments)]
    events += [purchase(f"u{n}", f"m{n}", at + 1) for n, at in enumerate(moments)]
    return Received([(NOW, events)])


async def test_the_server_is_in_the_zone(store: Store, zone: str) -> None:
    (row,) = await store.warehouse.rows("SELECT timezone() AS zone, toString(toDateTime(0)) AS epoch", {})
    assert row["zone"] == zone
    assert (row["epoch"] == "1970-01-01 00:00:00") == (zone == "UTC")


async def test_days_of_results(store: Store) -> None:
    await store.load(around_midnight())
    reader, analyst = store.analyst()
    moment = AnalysisTime(NOW)
    segments = SegmentAnalyst(reader, analyst)

    result = result_document(await analyst.analyse(EXPERIMENT, ENVIRONMENT, moment))
    by_day = segmented_document(await segments.by_segment(EXPERIMENT, ENVIRONMENT, moment, "$day"))
    daily = daily_document(await segments.over_time(EXPERIMENT, ENVIRONMENT, moment))

    shown = {each.date: sum(one.units for one in each.variations) for each in result.exposures_per_day}
    assert shown == DAYS == {each.segment: each.units for each in by_day.segments}
    assert [each.date for each in daily.metrics[0].days] == list(DAYS)
    early = next(each for each in result.health if each.name == "exposures_before_start")
    # Of whole days: what came on the day of the start is not told apart, what came the day before is.
    assert early.finding.startswith("About 1 exposures")


async def test_as_of_and_segments_read_the_rows_alike(store: Store) -> None:
    await store.load(around_midnight())
    reader, analyst = store.analyst()
    segments = SegmentAnalyst(reader, analyst)
    found = await segments.by_segment(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW, NOW + 1), "$day")
    assert {each.segment: each.units for each in segmented_document(found).segments} == DAYS


async def test_series_and_recent_exposures_of_a_flag(store: Store) -> None:
    await store.load(around_midnight())
    report = ExposureReport.between("checkout", VARIATIONS, START - 30 * 24 * HOUR, START + 400 * 24 * HOUR, NOW)
    assert report.bucket_seconds == 86_400
    document = await flag_exposures(ExposureReader(store.warehouse), ENVIRONMENT, report, 1)
    assert {each.time: sum(one.exposures for one in each.variations) for each in document.series} == {
        "2026-01-04T00:00:00.000Z": 1,
        "2026-01-05T00:00:00.000Z": 3,
        "2026-01-06T00:00:00.000Z": 3,
        "2026-01-07T00:00:00.000Z": 1,
    }
    assert document.recent[0].occurred_at == "2026-01-07T00:00:00.000Z"


async def test_minutes_of_reconciliation(store: Store) -> None:
    received = around_midnight()
    bus = MemoryBus()
    for stream in (events_stream(), dead_letters_stream()):
        await bus.ensure_stream(stream)
    for payload in received.payloads():
        await bus.publish(events_subject("env-1"), payload)
    await store.load(received)
    clock = ManualClock(NOW + 90_000)
    telemetry = OperationTelemetry(CollectorRegistry())
    reconciler = Reconciler(bus=bus, warehouse=store.warehouse, clock=clock, telemetry=telemetry)
    found = (await reconciler.last(ENVIRONMENT, 5)).minutes
    assert {minute: each.stored for minute, each in found.items() if each.stored} == {NOW // MINUTE * MINUTE: 16}


async def test_what_is_exported_and_kept(store: Store) -> None:
    await store.load(around_midnight())
    assert [at for _, at, _ in await store.exported("exposures")][2] == START
    snapshots = ResultSnapshotStore(store.warehouse)
    key = ResultSnapshotKey("org-1", "project-1", "env-1", "exp-1", "checkout-test", "one")
    await snapshots.write(key, ResultSnapshotEntry("one", MIDNIGHTS[0], "on_demand", "1"), b"{}")
    (entry,) = await snapshots.entries("org-1", "exp-1", 10)
    assert entry.taken_at == MIDNIGHTS[0]


async def test_partitions_are_months_in_utc(store: Store) -> None:
    ends = datetime(2026, 2, 1, tzinfo=UTC)
    received = [round((ends + timedelta(milliseconds=shift)).timestamp() * 1000) for shift in (-1, 0)]
    await store.load(Received([(at, [exposure(f"u{at}", "e", "on", at)]) for at in received]))
    rows = await store.warehouse.rows(
        "SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase() AND table = 'events_exposure'"
        " AND active ORDER BY partition",
        {},
    )
    assert [row["partition"] for row in rows] == ["202601", "202602"]


async def test_postgres_answers_in_utc(zone: str, postgres_url: str) -> None:
    owner = await asyncpg.connect(postgres_url)
    await owner.execute(f"ALTER DATABASE {await owner.fetchval('SELECT current_database()')} SET timezone = '{zone}'")
    await owner.close()
    database = await Database.connect(postgres_url, ManualClock(MIDNIGHTS[0]), pool_size=2)
    async with database.transaction() as tx:
        told = await tx.fetchrow(
            "SELECT current_setting('timezone') AS zone, date_trunc('day', $1::timestamptz) AS day, "
            "$1::timestamptz::text AS written",
            datetime.fromtimestamp(MIDNIGHTS[0] / 1000, UTC),
        )
    await database.close()
    assert told is not None
    assert (told["zone"], told["day"].isoformat()) == ("UTC", "2026-01-06T00:00:00+00:00")
    assert told["written"] == "2026-01-06 00:00:00+00"
