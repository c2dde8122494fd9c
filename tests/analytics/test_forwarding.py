"""The worker that brings results forward: how much of the time it takes, and what it tells of one that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from analytics.results.kept_results import Forwarding
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.sheets import SHARE_OF_TIME, Sheet, Sheets
from analytics.warehouse.unit_rows import UnitRows
from service_kit.clock import ManualClock

from tests.analytics.result_cases import EXPERIMENT, catalog

BIG, SMALL = replace(EXPERIMENT, id="big", key="big"), replace(EXPERIMENT, id="small", key="small")
SECONDS = {"big": 30.0, "small": 0.1}


class EmptyWarehouse:
    """A warehouse with nothing in it."""

    migrated = True
    refusal = None
    settings = WarehouseSettings(url="http://nowhere", database="none")

    async def rows(self, _: str, __: dict[str, Any]) -> list[Row]:
        return []


class TimedSheets:
    """Sheets of which a step takes a while by the clock."""

    def __init__(self, clock: ManualClock, failing: str = "") -> None:
        self._clock = clock
        self._failing = failing
        self.stepped: list[str] = []

    async def forward(self, rows: UnitRows, *, begin: bool = False) -> Sheet | None:
        assert not begin
        name = rows.scope.experiment
        if name == self._failing:
            raise WarehouseUnavailable("it is gone")
        self._clock.advance(SECONDS[name])
        self.stepped.append(name)
        return Sheet(name, 1, 1, (1,), [], took=1)

    async def sums_of_rows(self, _: UnitRows, sheet: Sheet) -> list[Row]:
        return sheet.sums


def forwarding(clock: ManualClock, sheets: TimedSheets) -> Forwarding:
    known = catalog()
    entries = known.entries("env-1")
    entries.experiments.clear()
    entries.experiments.update({each.key: each for each in (BIG, SMALL)})
    warehouse = cast("Warehouse", EmptyWarehouse())
    return Forwarding(warehouse, known, clock, sheets=cast("Sheets", sheets))


async def test_a_large_experiment_rests_in_proportion() -> None:
    clock = ManualClock()
    sheets = TimedSheets(clock)
    worker = forwarding(clock, sheets)
    for _ in range(2 * SHARE_OF_TIME):
        await worker.look()
        clock.advance(30)

    # Ten minutes of rest after each half minute of work, and the small one is not kept waiting by it.
    assert sheets.stepped.count("big") == 3
    assert sheets.stepped.count("small") == 2 * SHARE_OF_TIME


async def test_one_that_fails_keeps_no_other_back_and_is_told() -> None:
    clock = ManualClock()
    sheets = TimedSheets(clock, failing="big")
    worker = forwarding(clock, sheets)
    await worker.look()
    assert sheets.stepped == ["small"]

    found = {each.experiment: each.finding for each in await worker.compared()}
    assert found == {"big": "NOT COMPARED: it is gone", "small": "equal"}
