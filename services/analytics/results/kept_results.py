"""Brings results of running experiments forward while events come in, and compares them with those computed anew."""

from __future__ import annotations

from dataclasses import dataclass

from service_kit.clock import Clock
from service_kit.logs import get_logger

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Experiment
from analytics.results.analysis import Analyst
from analytics.results.measured_metrics import MetricsMeasurer
from analytics.results.scope import scope_of
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.sheet_builds import has_users
from analytics.warehouse.sheet_leftovers import drop_unused
from analytics.warehouse.sheets import SHARE_OF_TIME, Sheets
from analytics.warehouse.unit_rows import UnitRows

UNITS_MIN = 10_000
"""An experiment of fewer units is computed anew in no time, and has no sheet."""
OTHERS_MILLISECONDS = 20_000
"""What another process has brought forward so lately is left alone."""
_TRIES = 3
_log = get_logger("forwarding")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one experiment, by id and key. `kept` False: it has no sheet, so every result is computed anew. `failure`: why
    nothing could be compared."""

    experiment: str
    key: str
    kept: bool
    equal: bool = True
    failure: str = ""

    @property
    def finding(self) -> str:
        if self.failure:
            return f"NOT COMPARED: {self.failure}"
        if not self.kept:
            return "no sheet"
        return "equal" if self.equal else "DIFFERENT"


class Forwarding:
    """Of the experiments that run by `catalog`, which must be ready."""

    def __init__(
        self,
        warehouse: Warehouse,
        catalog: Catalog,
        clock: Clock,
        *,
        units_min: int = UNITS_MIN,
        sheets: Sheets | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._clock = clock
        self._units_min = units_min
        self._sheets = sheets or Sheets(warehouse, fresh_milliseconds=0)
        self._steps = sheets or Sheets(warehouse, fresh_milliseconds=OTHERS_MILLISECONDS)
        self._rests_until: dict[str, float] = {}

    async def look(self) -> None:
        """Brings each forward, as soon as there is something to bring; one that fails is told, and tried again."""
        if not (self._catalog.ready and self._warehouse.migrated and self._warehouse.refusal is None):
            return
        running = self._catalog.running()
        self._rests_until = {each.id: self._rests_until.get(each.id, 0.0) for each in running}
        for experiment in running:
            started = self._clock.monotonic()
            if started < self._rests_until[experiment.id]:
                continue
            try:
                await self._forward(experiment)
            except WarehouseError as error:
                _log.warning("a result is not brought forward", experiment=experiment.id, error=str(error))
            ended = self._clock.monotonic()
            self._rests_until[experiment.id] = ended + (ended - started) * (SHARE_OF_TIME - 1)
        await drop_unused(self._warehouse)

    async def compared(self) -> list[Comparison]:
        """Of each the sheet, brought forward, with the result computed anew; one that fails is a finding of its own."""
        return [await self._found(each) for each in self._catalog.running()]

    async def _found(self, experiment: Experiment) -> Comparison:
        try:
            return await self._compared(experiment)
        except WarehouseError as error:
            return Comparison(experiment.id, experiment.key, kept=True, equal=False, failure=str(error))

    async def _forward(self, experiment: Experiment) -> None:
        rows = self._rows(experiment)
        if await self._steps.forward(rows) is None and await has_users(self._warehouse, rows, self._units_min):
            await self._steps.forward(rows, begin=True)

    async def _compared(self, experiment: Experiment) -> Comparison:
        rows = self._rows(experiment)
        if await self._sheets.forward(rows) is None:
            return Comparison(experiment.id, experiment.key, kept=False)
        for _ in range(_TRIES):
            # Events that come in between make them differ, but not each time.
            sheet = await self._sheets.forward(rows)
            anew = await ExperimentReader(self._warehouse).picture(rows)
            if sheet is not None and sheet.sums == anew.answer == await self._sheets.sums_of_rows(rows, sheet):
                return Comparison(experiment.id, experiment.key, kept=True)
        return Comparison(experiment.id, experiment.key, kept=True, equal=False)

    def _rows(self, experiment: Experiment) -> UnitRows:
        """Those that the experiment's results are computed from."""
        environment = self._catalog.environment_by_id(experiment.environment_id)
        scope = scope_of(experiment, environment)
        reader = ExperimentReader(self._warehouse)
        known, _ = Analyst(reader, self._catalog).known_metrics(experiment)
        MetricsMeasurer(reader, experiment, self._clock.now()).expect(scope, [metric for _, metric in known])
        return reader.expected(scope)
