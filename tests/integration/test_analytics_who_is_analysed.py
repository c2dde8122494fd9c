"""Units with a trigger event and exposures that pass a filter, from the real store, beside a plain computation."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import Any

import pytest
from analytics.catalog.entries import Experiment, Metric
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.results.scope import scope_of, window_of
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_DAY
from bucketing.flagset import AllOf, Comparison, Condition, Not
from messages.aggregations import AGGREGATIONS
from scipy import stats as scipy_stats

from tests.analytics.answers import written
from tests.integration.test_analytics_results import (
    ENVIRONMENT,
    EXPERIMENT,
    HOUR,
    METRICS,
    NOW,
    START,
    STOP,
    World,
    catalog_of,
    exposure,
    load,
    messages_of,
    metric_event,
)

REVENUE = METRICS[1]
GERMANS: Condition = AllOf(
    (Comparison("country", "in", ["DE", "AT"]), Not(Comparison("app.build", "lt", 10)), Comparison("tier", "exists"))
)
LOOKBACK = 14 * 24 * HOUR


def world_of(seed: int) -> World:
    """Units that are exposed in several contexts, of which some open the checkout, before the exposure or after it."""
    world = World()
    random.seed(seed)
    for number in range(400):
        user = f"user-{number}"
        variation = random.choice(["control", "treatment"])
        for _ in range(random.choice([1, 1, 2, 3])):
            context: dict[str, Any] = {"country": random.choice(["DE", "AT", "US"]), "app": {"build": number % 20}}
            if number % 5:
                context["tier"] = random.choice(["free", "pro"])
            event = exposure(user, variation, START + random.randrange(0, 60 * 60) * 60_000)
            world.exposures.append(event | {"context": context})
        for _ in range(random.choice([0, 0, 1, 3])):
            opened = START + random.randrange(-10 * 60, 80 * 60) * 60_000
            world.metrics.append(metric_event(user, "open", opened, None))
        for _ in range(random.choice([0, 2, 4])):
            at = START + random.randrange(-200 * 60, 75 * 60) * 60_000
            world.metrics.append(metric_event(user, "purchase", at, round(random.expovariate(0.1), 2)))
    return world


@dataclass(frozen=True)
class Unit:
    variation: str
    exposed_at: int
    first_at: int
    after: float
    before: float


def passes(event: dict[str, Any]) -> bool:
    context = event["context"]
    return context["country"] in ("DE", "AT") and context["app"]["build"] >= 10 and "tier" in context


def units_of(world: World, *, filtered: bool, triggered: bool) -> dict[str, Unit]:
    """Every analysed unit with what it spent from its first moment on, and in the two weeks before its exposure."""
    found = {}
    for user in {each["user_key"] for each in world.exposures}:
        mine = [
            each
            for each in world.exposures
            if each["user_key"] == user and START <= each["timestamp"] < STOP and (not filtered or passes(each))
        ]
        if not mine:
            continue
        exposed_at = min(each["timestamp"] for each in mine)
        opened = [
            each["timestamp"]
            for each in world.metrics
            if each["user_key"] == user and each["metric"] == "open" and exposed_at <= each["timestamp"] < STOP
        ]
        if triggered and not opened:
            continue
        first_at = min(opened) if triggered else exposed_at
        spent = [
            (each["timestamp"], each["value"])
            for each in world.metrics
            if each["user_key"] == user and each["metric"] == "purchase"
        ]
        after = math.fsum(value for at, value in spent if first_at <= at < STOP)
        before = math.fsum(value for at, value in spent if exposed_at - LOOKBACK <= at < exposed_at)
        found[user] = Unit(mine[0]["variation"], exposed_at, first_at, after, before)
    return found


def narrowed(*, filtered: bool, triggered: bool) -> Experiment:
    return replace(EXPERIMENT, trigger_event="open" if triggered else "", exposure_filter=GERMANS if filtered else None)


@pytest.mark.parametrize(
    ("filtered", "triggered"), [(True, False), (False, True), (True, True)], ids=["filtered", "triggered", "both"]
)
async def test_who_is_analysed_is_who_was_meant(warehouse: Warehouse, filtered: bool, triggered: bool) -> None:
    world = world_of(3)
    await load(warehouse, messages_of(world, 3))
    experiment = narrowed(filtered=filtered, triggered=triggered)
    units = units_of(world, filtered=filtered, triggered=triggered)
    assert 20 < len(units) < 400

    analyst = Analyst(ExperimentReader(warehouse), catalog_of(experiment, METRICS))
    document = written(result_document(await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(NOW))))

    spent = {
        name: [each.after for each in units.values() if each.variation == name] for name in ("control", "treatment")
    }
    shown = next(each for each in document["metrics"] if each["metric"] == REVENUE.key)
    for variation in shown["variations"]:
        mine = spent[variation["variation"]]
        assert variation["units"] == len(mine)
        assert variation["mean"] == pytest.approx(math.fsum(mine) / len(mine), rel=1e-12)
    p_value = scipy_stats.ttest_ind(spent["treatment"], spent["control"], equal_var=False).pvalue
    assert shown["variations"][1]["comparison"]["fixed_horizon"]["p_value"] == pytest.approx(p_value, rel=1e-9)


async def test_history_ends_at_the_exposure_and_not_at_the_trigger(warehouse: Warehouse) -> None:
    world = world_of(4)
    await load(warehouse, messages_of(world, 4))
    scope = scope_of(narrowed(filtered=False, triggered=True), ENVIRONMENT)
    reader = ExperimentReader(warehouse)
    window = window_of(REVENUE)
    reader.expect(scope, [window], covariates=True)
    counts = await reader.unit_counts(scope)
    moments = await reader.covariate_moments(scope, window)
    units = units_of(world, filtered=False, triggered=True)
    for name in ("control", "treatment"):
        mine = [each for each in units.values() if each.variation == name]
        found = moments["", name].with_zeros(counts.units["", name] - moments["", name].units)
        assert found.units == len(mine)
        assert found.x_mean == pytest.approx(math.fsum(each.before for each in mine) / len(mine), rel=1e-12)
        assert found.y_mean == pytest.approx(math.fsum(each.after for each in mine) / len(mine), rel=1e-12)


async def test_days_are_those_of_the_trigger_and_windows_begin_with_it(warehouse: Warehouse) -> None:
    world = world_of(5)
    await load(warehouse, messages_of(world, 5))
    experiment = narrowed(filtered=False, triggered=True)
    units = units_of(world, filtered=False, triggered=True)
    reader = ExperimentReader(warehouse)
    by_day = await reader.unit_counts(scope_of(experiment, ENVIRONMENT, segment=BY_DAY))
    expected: dict[tuple[str, str], int] = {}
    for each in units.values():
        day = f"2026-01-{5 + (each.first_at - START + 10 * HOUR) // (24 * HOUR):02}"
        expected[day, each.variation] = expected.get((day, each.variation), 0) + 1
    assert by_day.units == expected

    within = Metric("9", "soon", "Soon", AGGREGATIONS["sum"], True, "purchase", window_end=30 * 3600)
    moments = await reader.moments(scope_of(experiment, ENVIRONMENT), window_of(within))
    for name in ("control", "treatment"):
        expected_sum = math.fsum(
            event["value"]
            for event in world.metrics
            if event["metric"] == "purchase"
            and event["user_key"] in units
            and units[event["user_key"]].variation == name
            and 0 <= event["timestamp"] - units[event["user_key"]].first_at < 30 * HOUR
        )
        found = moments["", name]
        assert found.mean * found.units == pytest.approx(expected_sum, rel=1e-9)


@pytest.mark.parametrize("filtered", [False, True], ids=["all", "filtered"])
async def test_looks_are_reached_by_the_units_that_are_analysed(warehouse: Warehouse, filtered: bool) -> None:
    world = world_of(6)
    await load(warehouse, messages_of(world, 6))
    experiment = narrowed(filtered=filtered, triggered=True)
    units = units_of(world, filtered=filtered, triggered=True)
    reader = ExperimentReader(warehouse)
    reached = await reader.reached(scope_of(experiment, ENVIRONMENT), [1, len(units), len(units) + 1])
    assert sorted(reached) == [1, len(units)]
    early = await reader.unit_counts(scope_of(experiment, ENVIRONMENT, as_of=reached[len(units)]))
    assert sum(early.units.values()) == len(units)
    before = await reader.unit_counts(scope_of(experiment, ENVIRONMENT, as_of=reached[len(units)] - 1))
    assert sum(before.units.values()) < len(units)


async def test_what_an_override_decided_is_left_out_and_who_it_was_is_told(warehouse: Warehouse) -> None:
    """Of one who was there before, one who comes afterwards, and one who is never there by themselves."""
    world = World()
    for number in range(40):
        world.exposures.append(exposure(f"user-{number}", ("control", "treatment")[number % 2], START + 10 * HOUR))
    before = exposure("user-0", "treatment", START + 20 * HOUR)
    afterwards = exposure("user-1", "control", START + HOUR)
    tester, earlier = exposure("tester", "treatment", START + HOUR), exposure("user-2", "treatment", START - HOUR)
    overridden = {"override": True, "experiments": []}
    world.exposures += [
        each | overridden for each in (before, afterwards, tester, tester | {"event_id": "again"}, earlier)
    ]
    await load(warehouse, messages_of(world, 6))

    analyst = Analyst(ExperimentReader(warehouse), catalog_of(EXPERIMENT, METRICS))
    analysis = await analyst.analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW))

    document = result_document(analysis)
    assert analysis.units == {"control": 20, "treatment": 20}
    assert (document.units.in_several_variations, document.units.overridden) == (0, 3)
    (check,) = (each for each in document.health if each.name == "overrides")
    assert (check.state, "2 of them are analysed by others" in check.finding) == ("warning", True)
