"""Results while events come in: never two moments in one answer, and never an error for it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

import pytest
from analytics.catalog.catalog import Catalog
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.consistent_read import TRIES, consistent_read
from analytics.results.measurements import Measurement
from analytics.results.summaries import of_sums, of_units, with_covariate
from analytics.warehouse.aggregates import CovariateMoments, ExposureHealth, Moments, UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope
from messages.aggregations import AGGREGATIONS
from stats import BinarySummary, CupedSummary, MeanSummary, RatioSummary

from tests.analytics.result_cases import ENVIRONMENT, START, experiment

SCOPE = ExposureScope("o", "e", "f", "", ("on", "off"), 0, END_OF_TIME, END_OF_TIME)
GROUP = ("", "on")


class GrowingStore:
    """A reader whose units are the next of `units` at each question; the last stays."""

    def __init__(self, *units: int) -> None:
        self._units = list(units)
        self.queries: list[Any] = []

    async def unit_counts(self, _: ExposureScope) -> UnitCounts:
        units = self._units.pop(0) if len(self._units) > 1 else self._units[0]
        self.queries.append(units)
        return UnitCounts({GROUP: units}, {}, 0, 0)

    unit_counts_now = unit_counts

    def forget(self, _: ExposureScope) -> None:
        """Nothing is kept."""

    async def asked(self, scope: ExposureScope = SCOPE) -> tuple[int, list[int]]:
        tries: list[int] = []

        async def measure(counts: UnitCounts) -> list[Measurement]:
            tries.append(counts.units[GROUP])
            self.queries.append("measured")
            return [Measurement({"": {"on": BinarySummary(counts.units[GROUP], 0)}})]

        counts, measured = await consistent_read(cast("ExperimentReader", self), scope, measure)
        assert measured[0].summaries[""]["on"].n == counts.units[GROUP]
        return counts.units[GROUP], tries


async def test_a_quiet_store_is_asked_once() -> None:
    store = GrowingStore(7)
    assert await store.asked() == (7, [7])
    assert store.queries == [7, "measured"]


async def test_units_that_came_in_meanwhile_are_measured_too() -> None:
    store = GrowingStore(0, 44, 44)
    assert await store.asked() == (44, [0, 44])
    assert store.queries == [44, "measured"]


async def test_a_store_that_never_rests_is_answered_all_the_same() -> None:
    measured, tries = await GrowingStore(*range(50)).asked()
    assert len(tries) == TRIES
    assert measured == tries[-1]


async def test_the_past_is_asked_once() -> None:
    assert await GrowingStore(1, 2, 3).asked(replace(SCOPE, as_of=5)) == (1, [1])


@pytest.mark.parametrize(
    ("problems", "tries"), [(["late", "", ""], 2), (["late", "huge", "huge"], 3), (["huge", "huge", "huge"], 2)]
)
async def test_a_problem_is_worth_another_try_and_never_costs_the_answer(problems: list[str], tries: int) -> None:
    asked = 0

    async def measure(_: UnitCounts) -> list[Measurement]:
        nonlocal asked
        asked += 1
        return [Measurement({}), Measurement({}, problem=problems[asked - 1])]

    _, measured = await consistent_read(cast("ExperimentReader", GrowingStore(1)), SCOPE, measure)

    assert asked == tries
    assert [each.problem for each in measured] == ["", problems[tries - 1]]


def test_a_unit_counted_late_counts() -> None:
    rates = of_units(AGGREGATIONS["conversion"], {GROUP: 0}, {GROUP: Moments(44, 1.0, 0.0)})
    assert rates[""]["on"] == BinarySummary(44, 44)
    sums = of_units(AGGREGATIONS["sum"], {GROUP: 1}, {GROUP: Moments(3, 2.0, 0.5)})[""]["on"]
    assert isinstance(sums, MeanSummary)
    assert sums.n == 3
    covariates = with_covariate(
        AGGREGATIONS["sum"], {GROUP: 1}, {GROUP: CovariateMoments(3, 2.0, 1.0, 0.5, 0.5, 0.1, 3, 6.0)}
    )
    adjusted = covariates[""]["on"]
    assert isinstance(adjusted, CupedSummary)
    assert adjusted.n == 3
    above_and_below = RatioSummary(3, 6.0, 12.0, 3.0, 3.0, 6.0)
    assert of_sums(AGGREGATIONS["ratio"], {GROUP: 1}, {GROUP: asdict(above_and_below)})[""]["on"] == above_and_below


class FillingStore:
    """A reader of a store in which an exposure comes in at each of the first three questions."""

    def __init__(self) -> None:
        self.exposures = 0
        self.queries: list[Any] = []

    def _asked(self) -> int:
        self.exposures = min(self.exposures + 1, 3)
        self.queries.append(self.exposures)
        return self.exposures

    async def unit_counts(self, _: ExposureScope) -> UnitCounts:
        units = self._asked()
        return UnitCounts({("", "off"): units, ("", "on"): 0}, {}, 0, 0)

    unit_counts_now = unit_counts

    def expect(self, _: ExposureScope, __: Any, *, covariates: bool) -> None:
        """There are no metrics."""

    def forget(self, _: ExposureScope) -> None:
        """Nothing is kept."""

    def brought_forward_at(self, _: ExposureScope) -> int | None:
        return None

    async def health(self, _: ExposureScope) -> ExposureHealth:
        return ExposureHealth(self._asked(), 0, 0, 0, 0, {"elsewhere": self.exposures})


async def test_health_and_units_of_one_answer_are_of_one_moment() -> None:
    analyst = Analyst(cast("ExperimentReader", FillingStore()), Catalog())
    result = await analyst.analyse(replace(experiment(), metrics=()), ENVIRONMENT, AnalysisTime(START))
    assert sum(result.units.values()) == 3
    assert any("elsewhere (3)" in each.finding for each in result.health)
