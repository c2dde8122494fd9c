"""Experiments whose aggregates are given, so that their results need no ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan, Role
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.warehouse.aggregates import (
    NO_CAPS,
    Caps,
    ClusterTotals,
    CovariateMoments,
    ExposureHealth,
    Group,
    Moments,
    Percentiles,
    UnitCounts,
)
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.joint_sums import JointRequest, JointSums
from analytics.warehouse.scopes import BY_DAY, ExposureScope, MetricWindow
from messages.aggregations import AGGREGATIONS

START = 1_767_607_200_000
DAY_SECONDS = 86_400
DAY = DAY_SECONDS * 1000
NOW = START + 14 * DAY
ENVIRONMENT = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
METRICS = (
    Metric("m1", "purchase", "Purchase", AGGREGATIONS["conversion"], True, "purchase"),
    Metric("m2", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase", winsorize_at=0.99),
    Metric("m3", "orders", "Orders", AGGREGATIONS["count"], True, "purchase"),
    Metric("m4", "latency", "Latency", AGGREGATIONS["mean"], False, "latency"),
    Metric("m5", "basket", "Basket", AGGREGATIONS["ratio"], True, "purchase", denominator_event="cart"),
    Metric("m6", "p90", "Slow loads", AGGREGATIONS["quantile"], False, "latency", quantile=0.9),
    Metric(
        "m7", "back", "Came back", AGGREGATIONS["retention"], True, "visit", window_start=86_400, window_end=172_800
    ),
)
ROLES: tuple[Role, ...] = ("goal", "goal", "secondary", "guardrail", "secondary", "guardrail", "goal")
EXPERIMENT = Experiment(
    id="exp-1",
    key="checkout-test",
    name="Checkout & test",
    environment_id="env-1",
    flag="checkout",
    assigns=True,
    status="running",
    start_at=START,
    stop_at=None,
    shares={"off": 3334, "on": 3333, "other": 3333},
    control="off",
    metrics=(
        *(MetricUse(each.key, role, 0.02) for each, role in zip(METRICS, ROLES, strict=True)),
        MetricUse("gone", "goal"),
    ),
    plan=Plan(mode="fixed"),
)
PLANS = {
    "fixed": Plan(mode="fixed"),
    "cuped": Plan(mode="fixed", cuped=True),
    "group": Plan(mode="group", planned_looks=4, planned_units=40_000),
    "always_valid": Plan(mode="always_valid", planned_units=40_000, correction="benjamini_hochberg"),
    "lenient": Plan(mode="fixed", correction="benjamini_hochberg", alpha=0.1),
}
COOKIE_CATS = replace(
    EXPERIMENT,
    key="gate-move",
    name="Cookie Cats: gate at level 30 or 40",
    shares={"gate_30": 5000, "gate_40": 5000},
    control="gate_30",
    metrics=(MetricUse("retention_7", "goal"),),
)
COOKIE_CATS_METRIC = Metric("c1", "retention_7", "Back after 7 days", AGGREGATIONS["conversion"], True, "back")
COOKIE_CATS_COUNTS = {"gate_30": (44_700, 8502), "gate_40": (45_489, 8279)}


class Aggregates:
    """A reader with sizes that grow by variation, segment and day; nothing of it is random."""

    def __init__(self, per_variation: int = 3000, cookie_cats: bool = False) -> None:
        self.queries: list[Any] = []
        self._per_variation = per_variation
        self._cookie_cats = cookie_cats

    def _groups(self, scope: ExposureScope) -> dict[Group, int]:
        if self._cookie_cats:
            return {("", name): COOKIE_CATS_COUNTS[name][0] for name in scope.variations}
        if scope.segment == "":
            segments = [""]
        elif scope.segment == BY_DAY:
            segments = ["2026-01-05", "2026-01-06", "2026-01-07"]
        else:
            segments = ['"NO"', '"US"', "", '"DE"']
        return {
            (segment, name): self._per_variation * (4 - position) // 4 + 17 * number
            for position, segment in enumerate(segments)
            for number, name in enumerate(scope.variations)
        }

    def expect(self, scope: ExposureScope, windows: Iterable[MetricWindow], *, covariates: bool = False) -> None:
        """Everything is known beforehand."""

    def forget(self, scope: ExposureScope) -> None:
        """Nothing is kept."""

    def brought_forward_at(self, _: ExposureScope) -> int | None:
        return None

    async def unit_counts_now(self, scope: ExposureScope) -> UnitCounts:
        return await self.unit_counts(scope)

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        units = self._groups(scope)
        days = {
            "2026-01-05": {name: count // 2 for (_, name), count in units.items()},
            "2026-01-06": {name: count - count // 2 for (_, name), count in units.items()},
        }
        self.queries.append("unit_counts")
        return UnitCounts(units, days, 3, START + 13 * DAY)

    async def health(self, _: ExposureScope) -> ExposureHealth:
        return ExposureHealth(30_000, 2, 5, NOW - DAY, NOW - 60_000, {"draft": 4})

    async def moments(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> dict[Group, Moments]:
        found = {}
        for number, (group, units) in enumerate(self._groups(scope).items()):
            if self._cookie_cats:
                found[group] = Moments(COOKIE_CATS_COUNTS[group[1]][1], 1.0, 0.0)
                continue
            measured = units // 3 + 11 * number
            mean = 12.0 + 0.7 * number
            capped = 0
            if caps != NO_CAPS:
                mean, capped = mean - 0.5, 20 + number
            squares = 0.0 if window.aggregation.binary else measured * 40.0
            found[group] = Moments(measured, mean, squares, capped)
        return found

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, CovariateMoments]:
        found = {}
        for number, (group, units) in enumerate(self._groups(scope).items()):
            binary = window.aggregation.binary
            mean = 0.4 + 0.01 * number if binary else 12.0 + 0.7 * number
            variance = mean * (1 - mean) if binary else 40.0
            history = (units + 1) // 2
            before = 0.3 if binary else 9.0
            spread, together = (0.21, 0.1) if binary else (120.0, 20.0)
            found[group] = CovariateMoments(
                units, mean, before, units * variance, units * spread, units * together, history, history * mean
            )
        return found

    async def sums(self, scope: ExposureScope, _: MetricWindow) -> dict[Group, dict[str, float]]:
        return {
            group: {
                "n": units,
                "num_sum": units * (2.0 + 0.02 * number),
                "num_sum_sq": units * 9.0,
                "den_sum": units * 1.5,
                "den_sum_sq": units * 4.0,
                "num_den_sum": units * 4.0,
            }
            for number, (group, units) in enumerate(self._groups(scope).items())
        }

    async def pooled_caps(self, _: ExposureScope, __: MetricWindow, _zeros: int, at: Percentiles) -> Caps:
        return Caps(-80.0 if at.lower else NO_CAPS.floor, 80.0, at.nonzero)

    async def observation_counts(self, scope: ExposureScope, _: MetricWindow, __: Sequence[str]) -> dict[Group, int]:
        return {group: units * 2 for group, units in self._groups(scope).items()}

    async def order_statistics(
        self, scope: ExposureScope, _: MetricWindow, ranks: Mapping[Group, Sequence[int]], __: Sequence[str]
    ) -> dict[Group, dict[int, float]]:
        return {
            group: {rank: 100.0 + rank / 100 + scope.variations.index(group[1]) for rank in some}
            for group, some in ranks.items()
        }

    async def cluster_totals(
        self, scope: ExposureScope, _: MetricWindow, thresholds: Mapping[Group, float], __: Sequence[str]
    ) -> dict[Group, ClusterTotals]:
        return {
            group: ClusterTotals(units, units * 1.8, units * 4.0, units * 2.0, units * 4.6, units * 4.2)
            for group, units in self._groups(scope).items()
            if group in thresholds
        }

    async def joint_sums(
        self, scope: ExposureScope, asked: JointRequest, _: Mapping[Group, float] | None = None
    ) -> dict[Group, JointSums]:
        own = 1 if asked.target.aggregation.per_unit else 2
        names = ("y", "of")[:own] + tuple(name for name, _ in asked.covariates)
        pairs = [(i, j) for i in range(len(names)) for j in range(len(names))]
        found = {}
        for number, (group, units) in enumerate(self._groups(scope).items()):
            means = [2.0 + 0.02 * number, *(2.0 for _ in names[1:])]
            products = {(i, j): units * (means[i] * means[j] + (1.0 if i == j else 0.3)) for i, j in pairs}
            found[group] = JointSums(
                units,
                names,
                tuple(round(units * each * 2**64) for each in means),
                {pair: round(each * 2**128) for pair, each in products.items()},
            )
        return found

    async def reached(self, scope: ExposureScope, thresholds: list[int]) -> dict[int, int]:
        """The first half of the units on the second day, the others on the ninth."""
        total = sum(self._groups(scope).values())
        return {each: START + (2 if 2 * each <= total else 9) * DAY for each in thresholds if each <= total}


def catalog() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = ENVIRONMENT
    for metric in (*METRICS, COOKIE_CATS_METRIC):
        entries.metrics[metric.key] = metric
    entries.experiments[EXPERIMENT.key] = EXPERIMENT
    made.ready = True
    return made


def experiment(plan: str = "fixed") -> Experiment:
    return replace(EXPERIMENT, plan=PLANS[plan])


def reader(per_variation: int = 3000, *, cookie_cats: bool = False) -> ExperimentReader:
    return cast("ExperimentReader", Aggregates(per_variation, cookie_cats))


def analyst(asked: ExperimentReader) -> Analyst:
    return Analyst(asked, catalog())


MOMENT = AnalysisTime(NOW)
