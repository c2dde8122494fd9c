"""A cluster with shards answers what one ClickHouse answers, to the last digit: real `Distributed` tables, planned and
merged by the engine, over the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.contexts import ContextReader, SampleSize
from analytics.warehouse.erasure import erase_rows
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.export_events import NO_KEY, EventReader, EventWindow
from analytics.warehouse.exposures import ExposureReader
from analytics.warehouse.history import HistoryReader
from analytics.warehouse.metric_days import MetricDaysReader
from analytics.warehouse.migrations import known_migrations, migrate, missing_tables, tables_of_rows
from analytics.warehouse.placement import PLACED_BY
from analytics.warehouse.scopes import END_OF_TIME
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.shards import ShardsDiffer, spread
from analytics.warehouse.sheet_leftovers import drop_unused
from analytics.warehouse.sheets import Sheets
from analytics.warehouse.split_units import SplitReader, SplitScope
from analytics.warehouse.unit_lines import UnitLines
from analytics.warehouse.unit_rows import UnitRows

from devstack.parts import ClickHouse
from tests.analytics.asked_of_experiments import FEW, HOUR, SCOPE, SCOPES, SPENT, START, asked
from tests.integration.test_analytics_sheets import LAG, Stream
from tests.sharded_warehouse import SHARDS, ApartWarehouse, sharded_clickhouse, sharded_settings

FLAG = {"organization": "org-1", "environment": "env-1", "flag": "checkout", "start": START, "stop": START + 90 * HOUR}
ENVIRONMENT = {name: FLAG[name] for name in ("organization", "environment")}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with sharded_clickhouse(tmp_path_factory.mktemp("shards")) as engine:
        yield engine


@pytest.fixture(scope="module")
def filled(engine: ClickHouse) -> WarehouseSettings:
    """Tables with rows in them, made once."""
    settings = sharded_settings(engine.url, "filled")

    async def fill() -> None:
        warehouse = ApartWarehouse(settings)
        await migrate(warehouse)
        await Stream(2).send(warehouse, 600)
        await warehouse.close()

    asyncio.run(fill())
    return settings


@pytest.fixture
async def sharded(filled: WarehouseSettings) -> AsyncIterator[ApartWarehouse]:
    warehouse = ApartWarehouse(filled)
    yield warehouse
    await warehouse.close()


@pytest.fixture
async def single(sharded: ApartWarehouse) -> AsyncIterator[ApartWarehouse]:
    """One ClickHouse over the same rows, as if nothing were told of shards."""
    warehouse = ApartWarehouse(replace(sharded.settings, shards=1))
    yield warehouse
    await warehouse.close()


async def test_each_table_of_rows_has_one_over_all_shards(engine: ClickHouse) -> None:
    sharded = ApartWarehouse(sharded_settings(engine.url, "made"))
    assert await migrate(sharded) == known_migrations()
    assert tables_of_rows() == PLACED_BY.keys()
    assert await missing_tables(sharded) == frozenset()
    assert await migrate(sharded) == []
    assert await spread(sharded, PLACED_BY) == []

    await sharded.command("DROP TABLE losses")
    own = sharded.of_own_tables()
    await own.command("ALTER TABLE exports ADD COLUMN extra String")
    assert await migrate(sharded) == []
    assert await sharded.rows("SELECT count() AS rows FROM losses", {}) == [{"rows": 0}]
    assert await sharded.rows("SELECT any(extra) AS extra FROM exports", {}) == [{"extra": ""}]

    await own.command("DROP TABLE sdk_key_uses")
    assert await missing_tables(sharded) == {"sdk_key_uses"}
    assert [each.number for each in await migrate(sharded)] == [13]
    assert await missing_tables(sharded) == frozenset()
    bounded = ApartWarehouse(replace(sharded.settings, retention_days=30))
    assert await migrate(bounded) == []
    [kept] = await own.rows(
        "SELECT engine_full FROM system.tables WHERE database = 'made' AND name = 'events_metric'", {}
    )
    assert "toIntervalDay(30)" in kept["engine_full"]
    for each in (bounded, own, sharded):
        await each.close()


async def test_another_number_of_shards_is_refused(sharded: ApartWarehouse) -> None:
    other = ApartWarehouse(replace(sharded.settings, shards=SHARDS + 1))
    with pytest.raises(ShardsDiffer, match="has 2 shards and not 3"):
        await migrate(other)
    await other.close()


async def test_rows_are_spread_over_all_shards(sharded: ApartWarehouse) -> None:
    for table in ("events_exposure", "events_metric", "exposure_firsts"):
        counted = await sharded.rows(f"SELECT shardNum() AS shard, count() AS rows FROM {table} GROUP BY shard", {})
        assert {each["shard"] for each in counted} == set(range(1, SHARDS + 1))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in SCOPES])
async def test_results_are_those_of_one_clickhouse(sharded: ApartWarehouse, single: ApartWarehouse, name: str) -> None:
    one, several = [await asked(ExperimentReader(each), SCOPES[name]) for each in (single, sharded)]
    assert [(each.name, each.rows) for each in several] == [(each.name, each.rows) for each in one]
    assert any("cluster(" in each.sql for each in several)
    assert not any("cluster(" in each.sql for each in one)


async def others(warehouse: ArrowWarehouse) -> list[Any]:
    """What pages and previews ask beside results."""
    exposures = ExposureReader(warehouse)
    split = SplitScope("org-1", "env-1", "checkout", "", "on", START, ((START, START + 40 * HOUR),), by_unit=False)
    window = SPENT
    lines = UnitLines(UnitRows(SCOPE, FEW), {})
    leaving = EventReader(warehouse, 10_000, 1 << 30)
    kept = EventWindow("org-1", "env-1", "export", 1, "exposures", 1, END_OF_TIME)
    last = await leaving.batch_end(kept, NO_KEY)
    assert last is not None
    return [
        last,
        (await leaving.batch(kept, NO_KEY, last)).to_pylist(),
        await exposures.series(FLAG, 3600),
        await exposures.totals(FLAG),
        await exposures.recent(FLAG, 20),
        await exposures.shared_users(SCOPE, ["checkout", "other"]),
        await ContextReader(warehouse).recent(ENVIRONMENT | {"since": START - 100 * HOUR}, SampleSize(30)),
        await HistoryReader(warehouse).random_splits(SCOPE, window, splits=5, seed=7),
        [await MetricDaysReader(warehouse).days(FLAG, each, 0.5) for each in FEW],
        [await SplitReader(warehouse).counts(replace(split, by_unit=by_unit)) for by_unit in (False, True)],
        [
            (await SplitReader(warehouse).closed(replace(split, by_unit=by_unit), (window,), START + 90 * HOUR)).answer
            for by_unit in (False, True)
        ],
        await lines.read(warehouse, 1000, lambda blocks: [row for block in blocks for row in block.to_pylist()]),
    ]


async def test_all_else_is_that_of_one_clickhouse(sharded: ApartWarehouse, single: ApartWarehouse) -> None:
    await sharded.command(
        "INSERT INTO events_exposure SELECT * REPLACE ('$default' AS split, concat('s', event_id) AS event_id)"
        " FROM events_exposure"
    )

    one, several = await others(single), await others(sharded)
    assert all(one)
    assert several == one


async def test_a_sheet_is_brought_forward_until_somebody_is_erased(
    sharded: ApartWarehouse, single: ApartWarehouse
) -> None:
    rows = UnitRows(SCOPE, FEW[:1])
    stream, sheets = Stream(3), Sheets(sharded, lag_milliseconds=LAG, fresh_milliseconds=0)
    await sheets.forward(rows, begin=True)
    for size in (30, 80):
        await stream.send(sharded, size)
        sheet = await sheets.forward(rows)
        assert sheet is not None
        assert sheet.sums == await sheets.sums_of_rows(rows, sheet)
        assert sheet.sums == (await ExperimentReader(single).picture(rows)).answer

    erased = await erase_rows(sharded, "org-1", "env-1", [f"u{number}" for number in range(20)])
    assert all(erased[table] for table in ("events_exposure", "events_metric", "exposure_firsts", "sheet_layers"))
    assert await sheets.forward(rows) is None
    left = "SELECT count() AS rows FROM {} WHERE toUInt32(substring(user_key, 2)) < 20"
    for table, rows_of in erased.items():
        if rows_of:
            assert await single.rows(left.format(table), {}) == [{"rows": 0}]
    await drop_unused(sharded, grace_seconds=0)
    kept = await single.rows("SELECT count() AS rows FROM touched_users", {})
    assert kept == [{"rows": 0}]
