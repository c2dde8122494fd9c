"""Ratios, quantiles, retention, windows, caps, covariates and segments against plain computations."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan, Role
from analytics.results.analysis import Analysis, AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from messages.aggregations import AGGREGATIONS
from stats import MetricResult

from tests.analytics.answers import written

HOUR = 3_600_000
START = 1_767_607_200_000
NOW = START + 100 * HOUR
ENVIRONMENT = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
COUNTRIES = ("US", "DE", "FR")


class World:
    """Units with one exposure each, and events of two metrics around it."""

    def __init__(self, seed: int, units: int = 400) -> None:
        random.seed(seed)
        self.first: dict[str, tuple[int, str, str]] = {}
        self.events: list[tuple[str, str, int, float | None]] = []
        for number in range(units):
            user, variation = f"u{number}", random.choice(("off", "on"))
            at = START + random.randrange(0, 60) * HOUR
            self.first[user] = (at, variation, random.choice(COUNTRIES))
            habit = random.expovariate(0.1)
            for _ in range(random.choice((0, 0, 1, 3))):
                before = at - random.randrange(1, 20 * 24) * HOUR
                self.events.append((user, "purchase", before, round(habit + random.random(), 2)))
            for _ in range(random.choice((0, 1, 1, 2, 4))):
                after = at + random.randrange(0, 40) * HOUR
                self.events.append((user, "purchase", after, round(habit * random.uniform(0.5, 2), 2)))
                if random.random() < 0.7:
                    self.events.append((user, "visit", after, random.choice((1.0, 2.0, None))))

    def values(self, event: str, user: str, window: tuple[int, float] = (0, math.inf)) -> list[float | None]:
        """Of the unit's events with `start <= hours since exposure < end`."""
        at = self.first[user][0]
        return [
            value
            for who, name, when, value in self.events
            if (who, name) == (user, event) and window[0] * HOUR <= when - at < window[1] * HOUR
        ]

    def arm(self, variation: str, segment: str | None = None) -> list[str]:
        return [u for u, (_, v, s) in self.first.items() if v == variation and segment in (None, s)]

    async def store(self, warehouse: Warehouse) -> None:
        await _insert(
            warehouse,
            "events_exposure",
            EXPOSURE_COLUMNS,
            [
                {
                    "flag": "checkout",
                    "variation": variation,
                    "user_key": user,
                    "event_id": f"e{user}",
                    "config_version": 1,
                    "context": f'{{"country":"{country}","age":{len(user)}}}',
                    "occurred_at": at,
                }
                for user, (at, variation, country) in self.first.items()
            ],
        )
        await _insert(
            warehouse,
            "events_metric",
            METRIC_COLUMNS,
            [
                {
                    "metric": name,
                    "user_key": user,
                    "event_id": f"m{number}",
                    "value": value,
                    "properties": "{}",
                    "occurred_at": at,
                }
                for number, (user, name, at, value) in enumerate(self.events)
            ],
        )


async def _insert(warehouse: Warehouse, table: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    origin = {"organization_id": "org-1", "project_id": "project-1", "environment_id": "env-1", "sdk_key_id": "k"}
    absent = {"experiment": "", "experiments": "", "unit_key": "", "override": False, "split": "", "received_at": START}
    full = [absent | origin | row for row in rows]
    await warehouse.insert(table, {name: (kind, [row[name] for row in full]) for name, kind in columns.items()})


def experiment(plan: Plan | None = None, role: Role = "goal") -> Experiment:
    return Experiment(
        id="exp-1",
        key="test",
        name="Test",
        environment_id="env-1",
        flag="checkout",
        assigns=False,
        status="running",
        start_at=START,
        stop_at=None,
        shares={"off": 5000, "on": 5000},
        control="off",
        metrics=(MetricUse("m", role, 0.05),),
        plan=plan or Plan(mode="fixed"),
    )


def analyst(warehouse: Warehouse, metric: Metric) -> Analyst:
    catalog = Catalog()
    catalog.entries("env-1").environment = ENVIRONMENT
    catalog.entries("env-1").metrics["m"] = metric
    return Analyst(ExperimentReader(warehouse), catalog)


def metric(aggregation: str, **more: Any) -> Metric:
    return Metric("1", "m", "M", AGGREGATIONS[aggregation], True, "purchase", **more)


async def analysed(warehouse: Warehouse, measured: Metric, plan: Plan | None = None, role: Role = "goal") -> Analysis:
    chosen = experiment(plan, role)
    analysis = await analyst(warehouse, measured).analyse(chosen, ENVIRONMENT, AnalysisTime(NOW))
    written(result_document(analysis))
    return analysis


def only_result(analysis: Analysis) -> MetricResult:
    result = analysis.metrics[0].result
    assert result is not None, analysis.metrics[0].problem
    return result


async def test_a_ratio_is_sum_over_sum(warehouse: Warehouse) -> None:
    world = World(1)
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric("ratio", denominator_event="visit")))

    for arm in result.arms:
        users = world.arm(arm.arm)
        above = [math.fsum(v or 0 for v in world.values("purchase", user)) for user in users]
        below = [math.fsum(1 if v is None else v for v in world.values("visit", user)) for user in users]
        ratio = math.fsum(above) / math.fsum(below)
        spread = np.var(np.array(above) - ratio * np.array(below), ddof=1)
        assert arm.n == len(users)
        assert arm.mean == pytest.approx(ratio, rel=1e-12)
        assert arm.se == pytest.approx(math.sqrt(spread / len(users)) / np.mean(below), rel=1e-9)


async def test_a_quantile_is_an_order_statistic_of_the_events(warehouse: Warehouse) -> None:
    world = World(2)
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric("quantile", quantile=0.9)))

    for arm in result.arms:
        values = [v for user in world.arm(arm.arm) for v in world.values("purchase", user) if v is not None]
        assert arm.mean == np.quantile(values, 0.9, method="inverted_cdf")
        assert arm.se is not None


async def test_events_without_a_value_are_no_observations_of_a_quantile(warehouse: Warehouse) -> None:
    world = World(2, units=0)
    for number in range(400):
        user = f"u{number}"
        world.first[user] = (START, ("off", "on")[number % 2], "US")
        world.events.append((user, "purchase", START + HOUR, 100.0 + number // 2 % 2))
        world.events += [(user, "purchase", START + HOUR + after, None) for after in range(3)]
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric("quantile", quantile=0.5)))

    assert [(arm.n, arm.mean) for arm in result.arms] == [(200, 100.0), (200, 100.0)]


async def test_retention_counts_events_inside_its_window(warehouse: Warehouse) -> None:
    world = World(3)
    await world.store(warehouse)
    window = {"window_start": 10 * 3600, "window_end": 20 * 3600}

    result = only_result(await analysed(warehouse, metric("retention", **window)))

    for arm in result.arms:
        returned = [bool(world.values("purchase", user, (10, 20))) for user in world.arm(arm.arm)]
        assert arm.n == len(returned)
        assert arm.mean == pytest.approx(np.mean(returned))


async def test_a_conversion_window_ends_before_its_end(warehouse: Warehouse) -> None:
    world = World(4)
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric("sum", window_end=7 * 3600)))

    for arm in result.arms:
        sums = [math.fsum(v or 0 for v in world.values("purchase", user, (0, 7))) for user in world.arm(arm.arm)]
        assert arm.mean == pytest.approx(np.mean(sums), rel=1e-12)


@pytest.mark.parametrize("aggregation", ["sum", "mean"])
async def test_the_cap_is_pooled_and_the_uncapped_result_stands_beside_it(
    warehouse: Warehouse, aggregation: str
) -> None:
    world = World(5)
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric(aggregation, winsorize_at=0.95, winsorize_of="all")))

    values: dict[str, list[float]] = {}
    for variation in ("off", "on"):
        found = [[v or 0.0 for v in world.values("purchase", user)] for user in world.arm(variation)]
        values[variation] = (
            [float(np.mean(v)) for v in found if v] if aggregation == "mean" else [sum(v) for v in found]
        )
    pooled = sorted([*values["off"], *values["on"]])
    cap = pooled[math.ceil(0.95 * len(pooled)) - 1]
    comparison = result.comparison("on")
    assert comparison.winsor is not None
    assert comparison.winsor.uncapped is not None
    assert comparison.winsor.cap == pytest.approx(cap)
    assert comparison.winsor.share_capped == pytest.approx(np.mean(np.array(pooled) > cap * (1 + 1e-9)))
    assert result.arms[0].mean == pytest.approx(np.mean(np.minimum(values["off"], cap)))
    assert comparison.winsor.uncapped.difference.estimate == pytest.approx(
        np.mean(values["on"]) - np.mean(values["off"])
    )


@pytest.mark.parametrize("aggregation", ["sum", "count", "mean", "conversion"])
async def test_cuped_uses_the_same_metric_before_the_exposure(warehouse: Warehouse, aggregation: str) -> None:
    world = World(6, units=600)
    await world.store(warehouse)

    result = only_result(await analysed(warehouse, metric(aggregation), Plan(mode="fixed", cuped=True)))

    arms: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
    for variation in ("off", "on"):
        y, x = [], []
        for user in world.arm(variation):
            after, before = world.values("purchase", user), world.values("purchase", user, (-14 * 24, 0))
            if aggregation == "mean" and not after:
                continue
            y.append(_unit_value(aggregation, after))
            known = float(bool(before))
            x.append([_unit_value(aggregation, before)] + ([] if aggregation == "conversion" else [known]))
        arms[variation] = np.array(y), np.array(x)
    centred_x = np.concatenate([x - x.mean(axis=0) for _, x in arms.values()])
    centred_y = np.concatenate([y - y.mean() for y, _ in arms.values()])
    theta, *_ = np.linalg.lstsq(centred_x, centred_y, rcond=None)
    (y_off, x_off), (y_on, x_on) = arms["off"], arms["on"]
    expected = y_on.mean() - y_off.mean() - (x_on.mean(axis=0) - x_off.mean(axis=0)) @ theta
    comparison = result.comparison("on")
    assert comparison.cuped is not None
    assert comparison.cuped.applied, comparison.cuped.reason
    assert comparison.difference.estimate == pytest.approx(expected, rel=1e-9)
    assert comparison.cuped.unadjusted is not None
    assert comparison.cuped.unadjusted.difference.estimate == pytest.approx(y_on.mean() - y_off.mean(), rel=1e-9)


def _unit_value(aggregation: str, values: list[float | None]) -> float:
    numbers = [each for each in values if each is not None]
    match aggregation:
        case "sum":
            return math.fsum(numbers)
        case "count":
            return float(len(values))
        case "mean":
            return float(np.mean(numbers)) if numbers else 0.0
    return float(bool(values))


async def test_segments_split_by_the_context_of_the_first_exposure(warehouse: Warehouse) -> None:
    world = World(7)
    await world.store(warehouse)
    made = analyst(warehouse, metric("sum"))
    reader = ExperimentReader(warehouse)

    found = await SegmentAnalyst(reader, made).by_segment(experiment(), ENVIRONMENT, AnalysisTime(NOW), "country")
    by_age = await SegmentAnalyst(reader, made).by_segment(experiment(), ENVIRONMENT, AnalysisTime(NOW), "age")
    document = written(segmented_document(found))

    assert {each["segment"] for each in document["segments"]} == set(COUNTRIES)
    assert {each.segment for each in segmented_document(by_age).segments} == {"2", "3", "4"}
    for segment in document["metrics"][0]["segments"]:
        for variation in segment["variations"]:
            users = world.arm(variation["variation"], segment["segment"])
            sums = [math.fsum(v or 0 for v in world.values("purchase", user)) for user in users]
            assert (variation["units"], variation["mean"]) == (len(users), pytest.approx(np.mean(sums)))
    adjusted = [segment["variations"][1]["comparison"]["adjusted_p"] for segment in document["metrics"][0]["segments"]]
    raw = [segment["variations"][1]["comparison"]["p_value"] for segment in document["metrics"][0]["segments"]]
    assert all(after >= before for after, before in zip(adjusted, raw, strict=True))


async def test_the_last_day_over_time_is_the_result(warehouse: Warehouse) -> None:
    world = World(8)
    await world.store(warehouse)
    made = analyst(warehouse, metric("sum"))
    reader = ExperimentReader(warehouse)

    daily = written(
        daily_document(await SegmentAnalyst(reader, made).over_time(experiment(), ENVIRONMENT, AnalysisTime(NOW)))
    )
    result = only_result(await analysed(warehouse, metric("sum")))

    days = daily["metrics"][0]["days"]
    assert [each["date"] for each in days] == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert days[-1]["variations"][1]["comparison"]["p_value"] == pytest.approx(
        result.comparison("on").p_value, rel=1e-9
    )


async def test_a_guardrail_has_a_state_and_the_decision_states_its_rule(warehouse: Warehouse) -> None:
    await World(9).store(warehouse)

    analysis = await analysed(warehouse, metric("conversion"), role="guardrail")

    guardrail = only_result(analysis).comparison("on").guardrail
    assert guardrail is not None
    assert guardrail.margin == 0.05
    assert [each.verdict for each in analysis.decisions] == ["keep_running"]
    assert "The plan is not over" in analysis.decisions[0].rule


@pytest.mark.parametrize("mode", ["always_valid", "group"])
async def test_sequential_modes_say_so(warehouse: Warehouse, mode: str) -> None:
    await World(10).store(warehouse)

    result = only_result(await analysed(warehouse, metric("sum"), Plan(mode=mode, planned_looks=4, planned_units=400)))

    assert result.mode == mode
    assert result.comparison("on").sequential is not None


async def test_damaged_data_is_unhealthy(warehouse: Warehouse) -> None:
    world = World(11)
    for user in list(world.first)[:200]:
        if world.first[user][1] == "off":
            del world.first[user]
    await world.store(warehouse)

    analysis = await analysed(warehouse, metric("sum"))

    states = {each.name: each.state for each in analysis.health}
    assert states["sample_ratio"] == "problem"
    assert states["no_data"] == "warning"
    assert [each.verdict for each in analysis.decisions] == ["unhealthy"]


async def test_every_question_can_be_asked_again(warehouse: Warehouse) -> None:
    await World(12).store(warehouse)
    made = analyst(warehouse, metric("sum"))
    await made.analyse(experiment(), ENVIRONMENT, AnalysisTime(NOW))

    for question in made._reader.queries:
        assert await warehouse.rows(question.sql, question.parameters) == question.rows
