"""A query that needs too much costs its own figure: one metric, one stratification, and never its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from analytics.catalog.entries import MetricUse, Plan
from analytics.results.analysis import Analyst
from analytics.results.documents import result_document
from analytics.results.measurements import MeasurementOptions, Measurer
from analytics.results.scope import scope_of
from analytics.results.segment_documents import segmented_document
from analytics.results.segments import OUTSIDE, SegmentAnalyst
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import ExposureScope, MetricWindow

from tests.analytics.result_cases import DAY_SECONDS, ENVIRONMENT, EXPERIMENT, METRICS, MOMENT, Aggregates, catalog

DEAR = "latency"
USES = tuple(MetricUse(each.key, "goal") for each in METRICS)
ALWAYS = replace(EXPERIMENT, metrics=USES, plan=Plan(mode="always_valid"))
AFFECTED = {each.key for each in METRICS if each.event == DEAR}


class DearReader(Aggregates):
    """Whatever asks for the events of one metric needs too much."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in ("moments", "sums", "covariate_moments", "pooled_caps", "order_statistics", "joint_sums"):
            return found

        async def asked(scope: ExposureScope, window: Any, *rest: Any, **named: Any) -> Any:
            of = window if isinstance(window, MetricWindow) else getattr(window, "window", None)
            if of is not None and of.event == DEAR:
                raise QueryTooExpensive("too much memory")
            return await found(scope, window, *rest, **named)

        return asked


class DearStrata(Aggregates):
    """The units by an attribute need too much."""

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        if scope.segment == "country":
            raise QueryTooExpensive("too many strata")
        return await super().unit_counts(scope)


def analysts(reader: Aggregates) -> tuple[Analyst, SegmentAnalyst]:
    asked = cast("ExperimentReader", reader)
    analyst = Analyst(asked, catalog())
    return analyst, SegmentAnalyst(asked, analyst)


def test_there_are_such_metrics() -> None:
    assert len(AFFECTED) == 2


async def test_of_the_results() -> None:
    analyst, _ = analysts(DearReader())
    analysis = await analyst.analyse(ALWAYS, ENVIRONMENT, MOMENT)
    assert {each.metric.key for each in analysis.metrics if each.result is None} == AFFECTED
    assert all("more time or memory" in each.problem for each in analysis.metrics if each.result is None)


@pytest.mark.parametrize("by", ["country", "$day", "$weekday", "$days_since_exposure"])
async def test_of_segments(by: str) -> None:
    _, segments = analysts(DearReader())
    found = await segments.by_segment(ALWAYS, ENVIRONMENT, MOMENT, by)
    told = {each.metric.key for each in found.metrics}
    assert {each.metric.key for each in found.metrics if each.result is None} == AFFECTED & told
    assert AFFECTED & told
    assert any(each.result is not None for each in found.metrics)


async def test_a_day_that_is_not_in_a_metrics_window_costs_that_day_alone() -> None:
    """Who came back a day later has no day 0; a window that begins later than all days has none."""
    late = replace(METRICS[6], key="late", window_start=20 * DAY_SECONDS, window_end=30 * DAY_SECONDS)
    known = catalog()
    known.entries("env-1").metrics["late"] = late
    uses = (*USES, MetricUse("late", "goal"))
    asked = cast("ExperimentReader", Aggregates())
    segments = SegmentAnalyst(asked, Analyst(asked, known))
    found = await segments.by_segment(replace(ALWAYS, metrics=uses), ENVIRONMENT, MOMENT, "$days_since_exposure")
    by_key = {each.metric.key: each for each in found.metrics}
    back, purchase = by_key["back"].result, by_key["purchase"].result
    assert back is not None
    assert purchase is not None
    assert set(back.segments) == {"1"}
    assert len(purchase.segments) > 5
    assert by_key["late"].problem == OUTSIDE
    assert segmented_document(found).metrics


async def test_over_time() -> None:
    _, segments = analysts(DearReader())
    found = await segments.over_time(ALWAYS, ENVIRONMENT, MOMENT)
    for _, metric, days in found.metrics:
        assert days
        assert all((each.metric.result is None) == (metric.key in AFFECTED) for each in days.values())


async def test_strata_that_need_too_much_cost_no_result() -> None:
    plan = Plan(mode="always_valid", post_stratify_by="country")
    analyst, _ = analysts(DearStrata())
    analysis = await analyst.analyse(replace(ALWAYS, plan=plan), ENVIRONMENT, MOMENT)
    assert all(each.result is not None for each in analysis.metrics)
    document = result_document(analysis)
    comparisons = [each.comparison for metric in document.metrics for each in metric.variations if each.comparison]
    assert comparisons
    assert all(each.post_stratified is None for each in comparisons)


async def test_whoever_measures_one_metric_is_told_so() -> None:
    """As the effect of a holdout does."""
    scope = scope_of(ALWAYS, ENVIRONMENT)
    reader = cast("ExperimentReader", DearReader())
    measurer = Measurer(reader, scope, {("", "off"): 10, ("", "on"): 10}, MeasurementOptions())
    dear = next(each for each in METRICS if each.event == DEAR)
    assert "more time or memory" in (await measurer.measure(dear)).problem
