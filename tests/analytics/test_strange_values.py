"""Values that no sum can hold cost the metric that has them, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from analytics.results.documents import result_document
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.results.snapshots import ResultSnapshots, SnapshotTelemetry
from analytics.results.summaries import of_units
from analytics.warehouse.aggregates import NO_CAPS, Caps, CovariateMoments, Group, Moments
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.joint_sums import JointRequest, JointSums
from analytics.warehouse.scopes import BY_DAY, ExposureScope, MetricWindow
from analytics.warehouse.settings import WarehouseSettings
from messages.aggregations import AGGREGATIONS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from stats import InvalidInputError

from tests.analytics.answers import written
from tests.analytics.result_cases import ENVIRONMENT, EXPERIMENT, MOMENT, NOW, Aggregates, analyst, catalog, experiment

STRANGE = [1e62, 1e160, 1e200, -1.7e308, math.inf, math.nan]
PLANS = ["fixed", "cuped", "always_valid"]


class StrangeAggregates(Aggregates):
    """The sums, means and ratios of the variation `on` are `size`, on the last day only where days are asked for."""

    def __init__(self, size: float, event: str = "purchase") -> None:
        super().__init__()
        self._size = size
        self._event = event

    def _is_strange(self, scope: ExposureScope, group: Group, window: MetricWindow) -> bool:
        late = scope.segment != BY_DAY or group[0] == "2026-01-07"
        return late and group[1] == "on" and not window.aggregation.binary and window.event == self._event

    async def moments(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> dict[Group, Moments]:
        found = await super().moments(scope, window, caps)
        return {
            group: replace(each, mean=self._size, squares=0.0) if self._is_strange(scope, group, window) else each
            for group, each in found.items()
        }

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, CovariateMoments]:
        found = await super().covariate_moments(scope, window, caps)
        return {
            group: replace(each, x_mean=self._size, y_mean=self._size)
            if self._is_strange(scope, group, window)
            else each
            for group, each in found.items()
        }

    async def sums(self, scope: ExposureScope, window: MetricWindow) -> dict[Group, dict[str, float]]:
        found = await super().sums(scope, window)
        return {
            group: each | {"num_sum": self._size, "num_sum_sq": self._size * self._size}
            if self._is_strange(scope, group, window)
            else each
            for group, each in found.items()
        }

    async def joint_sums(
        self, scope: ExposureScope, asked: JointRequest, thresholds: Mapping[Group, float] | None = None
    ) -> dict[Group, JointSums]:
        found = await super().joint_sums(scope, asked, thresholds)
        if any(self._is_strange(scope, group, asked.target) for group in found):
            raise InvalidInputError("value", "units have a number that is none")
        return found


def strange(size: float, event: str = "purchase") -> ExperimentReader:
    return cast("ExperimentReader", StrangeAggregates(size, event))


def by_metric(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["metric"]: each for each in document["metrics"]}


@pytest.mark.parametrize("size", STRANGE)
@pytest.mark.parametrize("plan", PLANS)
async def test_the_other_metrics_are_answered_as_ever(size: float, plan: str) -> None:
    asked, plain = strange(size), cast("ExperimentReader", Aggregates())
    document = written(result_document(await analyst(asked).analyse(experiment(plan), ENVIRONMENT, MOMENT)))
    usual = written(result_document(await analyst(plain).analyse(experiment(plan), ENVIRONMENT, MOMENT)))

    found, expected = by_metric(document), by_metric(usual)
    invalid = {name for name, each in found.items() if each["status"] == "invalid_input"}
    assert invalid == {"revenue", "orders", "basket"}
    for name in found.keys() - invalid:
        assert [each["mean"] for each in found[name]["variations"]] == [
            each["mean"] for each in expected[name]["variations"]
        ]
    assert "`purchase`" in found["revenue"]["explanation"]
    assert "Revenue can't be analysed" in document["summary"]
    assert next(each["state"] for each in document["health"] if each["name"] == "metrics") == "problem"


@pytest.mark.parametrize("size", STRANGE)
async def test_segments_and_days_say_it_too(size: float) -> None:
    asked = strange(size)
    segments = SegmentAnalyst(asked, analyst(asked))
    segmented = written(segmented_document(await segments.by_segment(EXPERIMENT, ENVIRONMENT, MOMENT, "country")))
    daily = written(daily_document(await segments.over_time(EXPERIMENT, ENVIRONMENT, MOMENT)))

    revenue, purchase = by_metric(segmented)["revenue"], by_metric(segmented)["purchase"]
    assert {each["status"] for each in revenue["segments"]} == {"invalid_input"}
    assert {each["status"] for each in purchase["segments"]} == {"ok"}
    assert by_metric(daily)["revenue"]["days"][-1]["status"] == "invalid_input"
    assert {each["status"] for each in by_metric(daily)["purchase"]["days"]} == {"ok"}


async def test_days_before_the_one_that_adds_too_much_stand() -> None:
    """Each day can be told by itself, not all together."""
    asked = strange(1e59, "latency")
    daily = await SegmentAnalyst(asked, analyst(asked)).over_time(EXPERIMENT, ENVIRONMENT, MOMENT)

    days = {use.metric: [each.metric.result is None for each in days.values()] for use, _, days in daily.metrics}
    assert days["latency"] == [False, False, True]
    assert days["revenue"] == [False, False, False]


@pytest.mark.parametrize("plan", ["cuped", "always_valid"])
async def test_days_add_up_with_covariates_too(plan: str) -> None:
    asked = Aggregates()
    reader = cast("ExperimentReader", asked)
    daily = written(
        daily_document(await SegmentAnalyst(reader, analyst(reader)).over_time(experiment(plan), ENVIRONMENT, MOMENT))
    )

    for metric in daily["metrics"]:
        assert {each["status"] for each in metric["days"]} <= {"ok", "undefined_zero_denominator"}, metric["metric"]
    cuped = by_metric(daily)["orders"]["days"][-1]["variations"][1]["comparison"]["cuped"]
    assert (cuped is not None and cuped["applied"]) is (plan == "cuped")


@pytest.mark.parametrize("size", STRANGE)
def test_units_without_an_event_beside_a_strange_one_are_refused_by_name(size: float) -> None:
    with pytest.raises(InvalidInputError):
        of_units(AGGREGATIONS["sum"], {("", "on"): 2}, {("", "on"): Moments(1, size, 0.0)})


class FewRows:
    """A warehouse with nothing in it, which fails where a question is about the flag `broken`."""

    migrated = True
    refusal = None
    settings = WarehouseSettings(url="http://nowhere", database="none")

    def __init__(self) -> None:
        self.written: list[str] = []

    async def rows(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        if parameters.get("flag") == "broken":
            raise OverflowError("(34, 'Numerical result out of range')")
        if "latest_received_at" in sql:
            return [
                dict.fromkeys(
                    ("exposure_count", "placeholder_count", "early_count", "latest_at", "latest_received_at"), 0
                )
            ]
        if "overridden_count" in sql:
            return [{"overridden_count": 0, "analysed_count": 0}]
        if "FROM sheet_epochs" in sql:
            return [{"now": NOW, "erasures": 0, "losses": 0}]
        return []

    async def insert(self, _: str, columns: dict[str, tuple[str, list[Any]]], __: str = "") -> None:
        self.written.append(columns["experiment_id"][1][0])


async def test_an_experiment_that_fails_costs_no_other_its_snapshot() -> None:
    known = catalog()
    entries = known.entries("env-1")
    entries.experiments.clear()
    metrics = tuple(each for each in EXPERIMENT.metrics if each.metric == "purchase")
    for key, flag in (("first", "checkout"), ("second", "broken"), ("third", "checkout")):
        entries.experiments[key] = replace(EXPERIMENT, id=key, key=key, flag=flag, metrics=metrics)
    warehouse, registry = FewRows(), CollectorRegistry()
    snapshots = ResultSnapshots(cast("Warehouse", warehouse), known, ManualClock(NOW), SnapshotTelemetry(registry))

    await snapshots.look(3600)

    assert warehouse.written == ["first", "third"]
    assert registry.get_sample_value("verdict_result_snapshot_failures_total") == 1
