"""Where each experiment of an environment stands, for a list of them: held for a while, since a list is read often."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from service_kit.clock import Clock
from service_kit.logs import get_logger

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.programme.standing_documents import StandingDocument, missing_standing, standing_document
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotStore
from analytics.warehouse.sheets import Sheets

UNDER_WAY_SECONDS = 60.0
OVER_SECONDS = 3600.0
"""What comes late is in the figures of an experiment that is over by then."""
COMPUTING_SECONDS_MAX = 2.0
"""After which a list computes no further experiment; the next request goes on where this one stopped."""
HELD_MAX = 2000
_log = get_logger("standings")


@dataclass(frozen=True, slots=True)
class _Held:
    """`definitions`: of what the document is."""

    definitions: tuple[Experiment, tuple[Metric, ...]]
    at: float
    document: StandingDocument


class Standings:
    """Computes experiments one after another, each by the analysis of its results."""

    def __init__(
        self, warehouse: Warehouse, catalog: Catalog, clock: Clock, *, seconds_max: float = COMPUTING_SECONDS_MAX
    ) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._clock = clock
        self._seconds_max = seconds_max
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, environment: Environment, experiments: Sequence[Experiment]) -> list[StandingDocument]:
        """In their order. At least one that isn't held is computed, further ones while there is time; of the rest what
        was held before is told, or that nothing is there yet. Raises WarehouseError."""
        began: float | None = None

        def may_compute() -> bool:
            nonlocal began
            now = self._clock.monotonic()
            began = now if began is None else began
            return now - began <= self._seconds_max

        return [await self._standing(environment, each, may_compute) for each in experiments]

    async def _standing(
        self, environment: Environment, experiment: Experiment, may_compute: Callable[[], bool]
    ) -> StandingDocument:
        if experiment.start_at is None:
            return missing_standing(experiment, "not_started")
        lock = self._locks.setdefault(experiment.id, asyncio.Lock())
        async with lock:
            metrics = (self._catalog.metric(environment.id, use.metric) for use in experiment.metrics)
            definitions = (experiment, tuple(each for each in metrics if each is not None))
            held = self._held.get(experiment.id)
            if held is not None and held.definitions != definitions:
                held = None
            if held is not None and self._clock.monotonic() - held.at < _seconds_held(experiment):
                return held.document
            if not may_compute():
                return held.document if held is not None else missing_standing(experiment, "waiting")
            document = await self._computed(environment, experiment)
            self._held[experiment.id] = _Held(definitions, self._clock.monotonic(), document)
            self._held.move_to_end(experiment.id)
            while len(self._held) > HELD_MAX:
                self._held.popitem(last=False)
            return document

    async def _computed(self, environment: Environment, experiment: Experiment) -> StandingDocument:
        reader = ExperimentReader(self._warehouse, sheets=Sheets(self._warehouse))
        analyst = Analyst(reader, self._catalog, ResultSnapshotStore(self._warehouse))
        try:
            analysis = await analyst.analyse(experiment, environment, AnalysisTime(self._clock.now()))
        except QueryTooExpensive as error:
            _log.warning("an experiment has no figures in a list", experiment=experiment.id, error=str(error))
            return missing_standing(experiment, "too_expensive")
        return await asyncio.to_thread(standing_document, analysis)


def _seconds_held(experiment: Experiment) -> float:
    return UNDER_WAY_SECONDS if experiment.under_way else OVER_SECONDS
