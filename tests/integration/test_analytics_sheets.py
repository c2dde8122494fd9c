"""A result that is brought forward is the one that is computed anew, to the last digit, whatever comes in between."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Metric
from analytics.results.kept_results import Forwarding
from analytics.warehouse import losses
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.erasure import erase_rows
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_DAY, END_OF_TIME, ExposureScope, MetricWindow
from analytics.warehouse.sheet_leftovers import drop_unused
from analytics.warehouse.sheet_steps import Step
from analytics.warehouse.sheets import LAYERS_MAX, Sheets
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from analytics.warehouse.unit_rows import UnitRows
from bucketing.flagset import Comparison
from messages.aggregations import AGGREGATIONS
from messages.documents import condition_document
from service_kit.clock import SystemClock

from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, experiment

HOUR = 3_600_000
START = 1_767_607_200_000
CHEAP = condition_document(Comparison("item", "in", ["a", 7])).decode()
SCOPE = ExposureScope("org-1", "env-1", "checkout", "test", ("off", "on"), START, END_OF_TIME, END_OF_TIME)
WINDOWS = (
    MetricWindow("purchase", AGGREGATIONS["conversion"]),
    MetricWindow("purchase", AGGREGATIONS["sum"], end=20 * 3600),
    MetricWindow("purchase", AGGREGATIONS["mean"]),
    MetricWindow("visit", AGGREGATIONS["count"], start=3600),
    MetricWindow("purchase", AGGREGATIONS["ratio"], denominator="visit"),
)
OTHER_KINDS = (
    MetricWindow("visit", AGGREGATIONS["funnel"], steps=("visit", "purchase"), end=20 * 3600),
    MetricWindow("purchase", AGGREGATIONS["distinct"], facet="item"),
    MetricWindow("visit", AGGREGATIONS["days"]),
    MetricWindow("purchase", AGGREGATIONS["quantile"]),
    MetricWindow("purchase", AGGREGATIONS["sum"], filter=CHEAP),
    MetricWindow("purchase", AGGREGATIONS["retention"], start=3600, end=30 * 3600),
)
LAG = 20


def sheets_of(warehouse: Warehouse, lag_milliseconds: int = LAG) -> Sheets:
    """Whose every answer is of now."""
    return Sheets(warehouse, lag_milliseconds=lag_milliseconds, fresh_milliseconds=0)


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
            "override": False,
            "split": "",
            "context": "{}",
        }

    def _event(self) -> dict[str, Any]:
        return self._base() | {
            "metric": self._random.choice(["purchase", "purchase", "visit"]),
            "value": self._value(),
            "properties": json.dumps({"item": self._random.choice(["a", "b", "c", 7])}),
        }


class Counted:
    """How often a warehouse is told a statement that begins so."""

    def __init__(self, warehouse: Warehouse, begins: str) -> None:
        self.statements = 0
        command = warehouse.command

        async def counting(sql: str, parameters: Mapping[str, Any] | None = None) -> None:
            self.statements += sql.startswith(begins)
            await command(sql, parameters)

        warehouse.command = counting  # type: ignore[method-assign]


async def answer(warehouse: Warehouse, rows: UnitRows, sheets: Sheets | None = None) -> list[Row]:
    reader = ExperimentReader(warehouse, sheets=sheets)
    reader.expect(rows.scope, rows.windows, covariates=rows.covariates)
    await reader.unit_counts(rows.scope)
    assert ("sheet_layers" in reader.queries[0].sql) == (sheets is not None)
    return reader.queries[0].rows


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(UnitRows(SCOPE, WINDOWS, covariates=True), id="covariates"),
        pytest.param(UnitRows(replace(SCOPE, by_unit=True), WINDOWS), id="companies"),
        pytest.param(UnitRows(replace(SCOPE, segment=BY_DAY, stop=START + 30 * HOUR), WINDOWS), id="days"),
        pytest.param(UnitRows(SCOPE, OTHER_KINDS), id="other kinds"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
async def test_forward_is_anew_to_the_last_digit(warehouse: Warehouse, rows: UnitRows, seed: int) -> None:
    stream, sheets = Stream(seed), sheets_of(warehouse)
    await stream.send(warehouse, 600)
    await sheets.forward(rows, begin=True)
    for size in (1, 60, 5, 200):
        await stream.send(warehouse, size)
        assert await answer(warehouse, rows, sheets) == await answer(warehouse, rows)


async def test_many_steps_are_merged_into_one_layer(warehouse: Warehouse) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS, covariates=True), Stream(7), sheets_of(warehouse)
    await stream.send(warehouse, 300)
    await sheets.forward(rows, begin=True)
    found = []
    for _ in range(LAYERS_MAX + 2):
        await stream.send(warehouse, 10)
        sheet = await sheets.forward(rows)
        assert sheet is not None
        found.append(len(sheet.layers))
        assert sheet.sums == await sheets.sums_of_rows(rows, sheet) == await answer(warehouse, rows)
    assert found == [*range(2, LAYERS_MAX + 1), 1, 2, 3]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(UnitRows(SCOPE, WINDOWS[1:2], covariates=True), id="users"),
        pytest.param(UnitRows(replace(SCOPE, by_unit=True), WINDOWS[1:2]), id="companies"),
    ],
)
async def test_a_sheet_that_begins_range_by_range_is_the_same(warehouse: Warehouse, rows: UnitRows) -> None:
    stream = Stream(14)
    await stream.send(warehouse, 500)
    sheets = Sheets(warehouse, lag_milliseconds=LAG, fresh_milliseconds=0, users_at_once=20)
    counted = Counted(warehouse, "INSERT INTO sheet_layers")
    begun = await sheets.forward(rows, begin=True)
    assert begun is not None
    assert counted.statements > 3
    assert begun.sums == await sheets.sums_of_rows(rows, begun) == await answer(warehouse, rows)
    await stream.send(warehouse, 40)
    assert await answer(warehouse, rows, sheets) == await answer(warehouse, rows)


async def test_layers_that_are_small_are_merged_without_the_large_one(warehouse: Warehouse) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS[:1]), Stream(15), sheets_of(warehouse, lag_milliseconds=1)
    await stream.send(warehouse, 900)
    begun = await sheets.forward(rows, begin=True)
    assert begun is not None
    found = []
    for _ in range(LAYERS_MAX + 1):
        await stream.send(warehouse, 2)
        sheet = await sheets.forward(rows)
        assert sheet is not None
        found.append((len(sheet.layers), sheet.layers[0]))
        assert sheet.sums == await sheets.sums_of_rows(rows, sheet) == await answer(warehouse, rows)
    assert found == [(layers, begun.layers[0]) for layers in (*range(2, LAYERS_MAX + 1), 2, 3)]


async def test_a_user_of_two_experiments_is_in_both_sheets(warehouse: Warehouse) -> None:
    stream, sheets = Stream(8), sheets_of(warehouse)
    both = [UnitRows(SCOPE, WINDOWS[:1]), UnitRows(replace(SCOPE, experiment="another"), WINDOWS[:2])]
    await stream.send(warehouse, 400)
    for rows in both:
        await sheets.forward(rows, begin=True)
    await stream.send(warehouse, 40)
    for rows in both:
        sheet = await sheets.forward(rows)
        assert sheet is not None
        assert sheet.sums == await sheets.sums_of_rows(rows, sheet) == await answer(warehouse, rows)


async def test_two_who_bring_a_sheet_forward_at_once_leave_a_right_one(warehouse: Warehouse) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS), Stream(9), sheets_of(warehouse)
    await stream.send(warehouse, 300)
    await sheets.forward(rows, begin=True)
    for _ in range(3):
        await stream.send(warehouse, 50)
        await asyncio.gather(*(sheets_of(warehouse).forward(rows) for _ in range(3)))
        sheet = await sheets.forward(rows)
        assert sheet is not None
        assert sheet.sums == await sheets.sums_of_rows(rows, sheet) == await answer(warehouse, rows)


@pytest.mark.parametrize("at", ["read_again", "change", "end"])
async def test_a_step_that_stops_half_way_leaves_a_version_that_is_right(
    warehouse: Warehouse, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS), Stream(10), sheets_of(warehouse)
    await stream.send(warehouse, 300)
    await sheets.forward(rows, begin=True)
    await stream.send(warehouse, 50)

    async def stops(_: Step) -> None:
        raise WarehouseUnavailable("it is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Step, at, stops)
        if at == "change":
            patch.setattr(Step, "end", stops)
        with pytest.raises(WarehouseUnavailable):
            await sheets.forward(rows)

    await stream.send(warehouse, 50)
    sheet = await sheets.forward(rows)
    assert sheet is not None
    assert sheet.sums == await sheets.sums_of_rows(rows, sheet) == await answer(warehouse, rows)
    await drop_unused(warehouse, grace_seconds=0)
    left = await warehouse.rows("SELECT DISTINCT layer FROM sheet_layers ORDER BY layer", {})
    assert [each["layer"] for each in left] == sorted(sheet.layers)
    assert await warehouse.rows("SELECT count() AS rows FROM touched_users", {}) == [{"rows": 0}]


async def test_a_layer_that_is_not_to_be_seen_is_not_left_out(warehouse: Warehouse) -> None:
    rows, stream, sheets = UnitRows(SCOPE, WINDOWS), Stream(11), sheets_of(warehouse)
    await stream.send(warehouse, 200)
    sheet = await sheets.forward(rows, begin=True)
    assert sheet is not None
    await warehouse.command(f"ALTER TABLE sheet_layers DROP PARTITION ('{sheet.id}', {sheet.layers[0]})")

    assert await sheets.forward(rows) is None


@pytest.mark.parametrize(("took", "kept"), [(3_000, True), (0, False)], ids=["expensive", "cheap"])
async def test_whoever_asks_gets_a_sheet_as_fresh_as_its_cost_allows(
    warehouse: Warehouse, took: int, kept: bool
) -> None:
    rows, stream = UnitRows(SCOPE, WINDOWS), Stream(12)
    await stream.send(warehouse, 200)
    begun = await Sheets(warehouse).forward(rows, begin=True)
    assert begun is not None
    columns = "sheet, version + 1, mark, layers, stored, sums"
    await warehouse.command(
        "INSERT INTO sheet_versions (sheet, version, mark, layers, stored, sums, took_milliseconds) "
        f"SELECT {columns}, {took} FROM sheet_versions WHERE sheet = '{begun.id}' AND version = {begun.version}"
    )
    first = replace(begun, version=begun.version + 1, took=took)
    await stream.send(warehouse, 50)

    asked = await Sheets(warehouse).forward(rows)
    assert (asked == first) is kept
    assert kept or await answer(warehouse, rows, Sheets(warehouse, fresh_milliseconds=0)) == await answer(
        warehouse, rows
    )


async def test_a_sheet_that_nothing_was_added_to_is_as_of_the_last_look(warehouse: Warehouse) -> None:
    rows, stream = UnitRows(SCOPE, WINDOWS), Stream(12)
    await stream.send(warehouse, 200)
    sheets = sheets_of(warehouse, lag_milliseconds=0)
    begun = await sheets.forward(rows, begin=True)
    looked = await sheets.forward(rows)
    assert begun is not None
    assert looked is not None
    assert looked.sums == begun.sums
    assert looked.looked > begun.version


async def test_what_an_older_process_wrote_is_kept_for_a_minute(warehouse: Warehouse) -> None:
    rows, stream = UnitRows(SCOPE, WINDOWS), Stream(12)
    await stream.send(warehouse, 200)
    begun = await Sheets(warehouse).forward(rows, begin=True)
    assert begun is not None
    columns = "sheet, version, mark, layers, stored, sums"
    await warehouse.command(
        f"INSERT INTO sheet_versions ({columns}) SELECT {columns.replace('version', 'version + 1')} "
        f"FROM sheet_versions WHERE sheet = '{begun.id}' AND version = {begun.version}"
    )
    await stream.send(warehouse, 50)

    asked = await Sheets(warehouse).forward(rows)
    assert asked is not None
    assert asked.version == begun.version + 1


async def test_what_retention_begins_to_drop_begins_another_sheet(warehouse: Warehouse) -> None:
    rows, stream = UnitRows(replace(SCOPE, start=1), WINDOWS), Stream(13)
    await stream.send(warehouse, 100)
    first = await sheets_of(warehouse).forward(rows, begin=True)
    warehouse.settings = replace(warehouse.settings, retention_days=30)

    assert first is not None
    assert await sheets_of(warehouse).forward(rows) is None


async def test_an_erased_user_is_in_no_sheet(warehouse: Warehouse) -> None:
    rows, stream, sheets = (
        UnitRows(SCOPE, WINDOWS),
        Stream(3),
        sheets_of(warehouse),
    )
    await stream.send(warehouse, 400)
    await sheets.forward(rows, begin=True)
    await erase_rows(warehouse, "org-1", "env-1", ["u1", "u2", "u3", "u4"])

    assert await sheets.forward(rows) is None
    assert not await warehouse.rows("SELECT user_key FROM sheet_layers WHERE user_key = 'u1'", {})
    await sheets.forward(rows, begin=True)
    assert await answer(warehouse, rows, sheets) == await answer(warehouse, rows)


async def test_a_changed_definition_is_another_sheet(warehouse: Warehouse) -> None:
    stream, sheets = Stream(4), sheets_of(warehouse)
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
    rows, sheets = UnitRows(SCOPE, WINDOWS), sheets_of(warehouse)
    await Stream(5).send(warehouse, 50)
    await sheets.forward(rows, begin=True)
    await losses.note(warehouse, "a disk")

    assert await sheets.forward(rows) is None


async def test_the_past_and_segments_are_read_and_not_kept(warehouse: Warehouse) -> None:
    sheets = sheets_of(warehouse)

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
    await warehouse.command("ALTER TABLE sheet_layers UPDATE numbers = [1e6, 1.] WHERE 1 SETTINGS mutations_sync = 2")
    again = Forwarding(warehouse, catalog, SystemClock(), sheets=sheets_of(warehouse, 1))
    await again.look()
    await warehouse.command("ALTER TABLE sheet_layers UPDATE numbers = [1e6, 1.] WHERE 1 SETTINGS mutations_sync = 2")
    assert [each.finding for each in await again.compared()] == ["DIFFERENT"]
