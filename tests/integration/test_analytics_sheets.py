"""A result that is brought forward is the one that is computed anew, to the last digit, whatever comes in between."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Metric
from analytics.results.kept_results import Forwarding
from analytics.warehouse import losses
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.erasure import erase_rows
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.scopes import BY_DAY, END_OF_TIME, ExposureScope, MetricWindow
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.sheets import Sheets
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from analytics.warehouse.unit_rows import UnitRows
from messages.aggregations import AGGREGATIONS
from service_kit.clock import SystemClock

from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, experiment

HOUR = 3_600_000
START = 1_767_607_200_000
SCOPE = ExposureScope("org-1", "env-1", "checkout", "test", ("off", "on"), START, END_OF_TIME, END_OF_TIME)
WINDOWS = (
    MetricWindow("purchase", AGGREGATIONS["conversion"]),
    MetricWindow("purchase", AGGREGATIONS["sum"], end=20 * 3600),
    MetricWindow("purchase", AGGREGATIONS["mean"]),
    MetricWindow("visit", AGGREGATIONS["count"], start=3600),
    MetricWindow("purchase", AGGREGATIONS["ratio"], denominator="visit"),
)
LAG = 20


class Stream:
    """What comes in, in blocks: late events, repeats, other copies of what came before, users in both variations."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._received = START
        self._sent: list[tuple[str, dict[str, Any]]] = []

    async def send(self, warehouse: Warehouse, rows: int) -> None:
        block: list[tuple[str, dict[str, Any]]] = []
        for _ in range(rows):
            self._received += self._random.randrange(1000)
            if self._sent and self._random.random() < 0.15:
                block.append(self._copy())
            elif self._random.random() < 0.3:
                block.append(("events_exposure", self._exposure()))
            else:
                block.append(("events_metric", self._event()))
        self._sent += block
        for table, columns in (("events_exposure", EXPOSURE_COLUMNS), ("events_metric", METRIC_COLUMNS)):
            found = [row for name, row in block if name == table]
            if found:
                given = {name: (kind, [row[name] for row in found]) for name, kind in columns.items()}
                await warehouse.insert(table, given)

    def _copy(self) -> tuple[str, dict[str, Any]]:
        """The same event again, received before or after, sometimes with another content."""
        table, row = self._random.choice(self._sent)
        received = self._received + self._random.randrange(-2_000_000, 1000)
        copy = row | {"received_at": received}
        if self._random.random() < 0.5:
            copy |= {"occurred_at": self._moment()}
            copy |= {"value": self._value()} if table == "events_metric" else {"experiment": "another"}
        return table, copy

    def _moment(self) -> int:
        return START + self._random.randrange(-10 * HOUR, 60 * HOUR)

    def _value(self) -> float | None:
        return self._random.choice([None, round(self._random.expovariate(0.01), 3), self._random.gauss(0, 1e6)])

    def _base(self) -> dict[str, Any]:
        return {
            "organization_id": "org-1",
            "project_id": "p",
            "environment_id": "env-1",
            "sdk_key_id": "k",
            "user_key": f"u{int(self._random.expovariate(0.02))}",
            "event_id": f"{self._random.getrandbits(60):x}",
            "occurred_at": self._moment(),
            "received_at": self._received,
        }

    def _exposure(self) -> dict[str, Any]:
        base = self._base()
        side = ("off", "on")[(len(base["user_key"]) + int(base["user_key"][1:])) % 2]
        other = {"off": "on", "on": "off"}[side] if self._random.random() < 0.03 else side
        return base | {
            "flag": "checkout",
            "variation": other,
            "experiment": self._random.choice(["test", "test", "test", "another"]),
            "experiments": "",
            "unit_key": f"company-{int(base['user_key'][1:]) // 7}",
            "config_version": 1,
            "context": "{}",
        }

    def _event(self) -> dict[str, Any]:
        return self._base() | {
            "metric": self._random.choice(["purchase", "purchase", "visit"]),
            "value": self._value(),
            "properties": "{}",
        }


@pytest.fixture
async def warehouse(clickhouse_url: str, clickhouse_database: str) -> AsyncIterator[Warehouse]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await migrate(warehouse)
    yield warehouse
    await warehouse.close()


async def answer(warehouse: Warehouse, rows: UnitRows, sheets: Sheets | None = None) -> list[Row]:
    reader = ExperimentReader(warehouse, sheets=sheets)
    reader.expect(rows.scope, rows.windows, covariates=rows.covariates)
    await reader.unit_counts(rows.scope)
    assert ("unit_sheets" in reader.queries[0].sql) == (sheets is not None)
    return reader.queries[0].rows


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(UnitRows(SCOPE, WINDOWS, covariates=True), id="covariates"),
        pytest.param(UnitRows(replace(SCOPE, by_unit=True), WINDOWS), id="companies"),
        pytest.param(UnitRows(replace(SCOPE, segment=BY_DAY, stop=START + 30 * HOUR), WINDOWS), id="days"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
async def test_forward_is_anew_to_the_last_digit(warehouse: Warehouse, rows: UnitRows, seed: int) -> None:
    stream, sheets = Stream(seed), Sheets(warehouse, lag_milliseconds=LAG)
    await stream.send(warehouse, 600)
    await sheets.forward(rows, begin=True)
    for size in (1, 60, 5, 200):
        await stream.send(warehouse, size)
        assert await answer(warehouse, rows, sheets) == await answer(warehouse, rows)


async def test_an_erased_user_is_in_no_sheet(warehouse: Warehouse) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS), Stream(3), Sheets(warehouse, lag_milliseconds=LAG)
    await stream.send(warehouse, 400)
    await sheets.forward(rows, begin=True)
    await erase_rows(warehouse, "org-1", "env-1", ["u1", "u2", "u3", "u4"])

    assert await sheets.forward(rows) is None
    assert not await warehouse.rows("SELECT user_key FROM unit_sheets WHERE user_key = 'u1'", {})
    await sheets.forward(rows, begin=True)
    assert await answer(warehouse, rows, sheets) == await answer(warehouse, rows)


async def test_a_changed_definition_is_another_sheet(warehouse: Warehouse) -> None:
    stream, sheets = Stream(4), Sheets(warehouse, lag_milliseconds=LAG)
    await stream.send(warehouse, 100)
    await sheets.forward(UnitRows(SCOPE, WINDOWS), begin=True)

    for other in (
        UnitRows(SCOPE, WINDOWS[1:]),
        UnitRows(SCOPE, (*WINDOWS[1:], replace(WINDOWS[0], end=60))),
        UnitRows(replace(SCOPE, start=START + 1), WINDOWS),
        UnitRows(SCOPE, WINDOWS, covariates=True),
    ):
        assert await sheets.forward(other) is None
    assert await sheets.forward(UnitRows(SCOPE, WINDOWS)) is not None


async def test_a_loss_of_events_ends_every_sheet(warehouse: Warehouse) -> None:
    rows, sheets = UnitRows(SCOPE, WINDOWS), Sheets(warehouse, lag_milliseconds=LAG)
    await Stream(5).send(warehouse, 50)
    await sheets.forward(rows, begin=True)
    await losses.note(warehouse, "a disk")

    assert await sheets.forward(rows) is None


async def test_the_past_and_segments_are_read_and_not_kept(warehouse: Warehouse) -> None:
    sheets = Sheets(warehouse, lag_milliseconds=LAG)

    assert await sheets.forward(UnitRows(replace(SCOPE, as_of=START), WINDOWS), begin=True) is None
    assert await sheets.forward(UnitRows(replace(SCOPE, segment="country"), WINDOWS), begin=True) is None


async def test_running_experiments_are_brought_forward_and_verified(warehouse: Warehouse) -> None:
    stream = Stream(6)
    await stream.send(warehouse, 300)
    catalog = Catalog()
    entries = catalog.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.metrics["m"] = Metric("1", "m", "M", AGGREGATIONS["sum"], True, "purchase")
    entries.experiments["test"] = experiment()
    catalog.ready = True
    forwarding = Forwarding(warehouse, catalog, SystemClock(), units_min=10)
    assert [each.finding for each in await forwarding.compared()] == ["no sheet"]

    await forwarding.look()
    await stream.send(warehouse, 50)

    assert [each.finding for each in await forwarding.compared()] == ["equal"]
    await warehouse.command("ALTER TABLE unit_sheets UPDATE numbers = [1e6, 1.] WHERE 1 SETTINGS mutations_sync = 2")
    again = Forwarding(warehouse, catalog, SystemClock(), sheets=Sheets(warehouse, lag_milliseconds=1))
    await again.look()
    await warehouse.command("ALTER TABLE unit_sheets UPDATE numbers = [1e6, 1.] WHERE 1 SETTINGS mutations_sync = 2")
    assert [each.finding for each in await again.compared()] == ["DIFFERENT"]
