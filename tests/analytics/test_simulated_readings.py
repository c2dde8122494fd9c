"""The API's path over simulated units: what a reading says doesn't depend on how often anybody has read before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from analytics.catalog.entries import Experiment, Metric, MetricUse, Plan
from analytics.results.analysis import Analysis
from analytics.results.documents import result_document
from messages.aggregations import AGGREGATIONS
from scipy import stats as scipy_stats
from stats import Comparison, State, Verdict

from benchmarks.simulated_reader import SimulatedEvents, SimulatedExperiment, SimulatedUnits
from tests.analytics.answers import written
from tests.analytics.result_cases import DAY, START

HOUR = 3_600_000
METRICS = [
    Metric("m1", "purchase", "Purchase", AGGREGATIONS["conversion"], True, "purchase"),
    Metric("m2", "revenue", "Revenue", AGGREGATIONS["sum"], True, "revenue"),
    Metric("m3", "errors", "Errors", AGGREGATIONS["count"], False, "errors"),
]
PLANS = {
    "fixed": Plan(mode="fixed", planned_units=2000),
    "group": Plan(mode="group", planned_units=2000, planned_looks=4),
    "always_valid": Plan(mode="always_valid", planned_units=2000),
}


def experiment(plan: Plan) -> Experiment:
    return Experiment(
        id="exp-1",
        key="checkout-test",
        name="Checkout",
        environment_id="env-1",
        flag="checkout",
        assigns=True,
        status="running",
        start_at=START,
        stop_at=None,
        shares={"off": 5000, "on": 5000},
        control="off",
        metrics=(
            MetricUse("purchase", "goal"),
            MetricUse("revenue", "secondary"),
            MetricUse("errors", "guardrail", 0.2),
        ),
        plan=plan,
    )


def units(seed: int, effect: float = 0.0, count: int = 4000) -> SimulatedUnits:
    """They come in over 28 days; half of them buy within three days."""
    rng = np.random.default_rng(seed)
    exposed = np.sort(START + rng.integers(0, 28 * DAY, count))
    variation = rng.integers(0, 2, count)
    later = exposed + rng.integers(0, 3 * DAY, count)
    buys = rng.random(count) < 0.1 + effect * variation
    history = rng.exponential(5.0, count)
    return SimulatedUnits(
        exposed,
        variation,
        {
            "purchase": SimulatedEvents(np.where(buys, 1.0, np.nan), later),
            "revenue": SimulatedEvents(history + rng.normal(0.0, 1.0, count), exposed, history),
            "errors": SimulatedEvents(np.where(rng.random(count) < 0.2, 1.0, np.nan), exposed),
        },
        {"country": np.where(rng.random(count) < 0.3, '"DE"', '"US"')},
    )


async def readings(plan: Plan, moments: Sequence[int], effect: float = 0.0) -> list[Analysis]:
    watched = SimulatedExperiment(experiment(plan), METRICS, units(3, effect))
    return [await watched.read(START + each) for each in moments]


def purchase(analysis: Analysis) -> Comparison:
    result = analysis.metrics[0].result
    assert result is not None
    return result.comparisons[0]


@pytest.mark.parametrize("plan", ["fixed", "group"])
async def test_who_reads_every_six_hours_reads_what_one_who_comes_late_reads(plan: str) -> None:
    moments = range(6 * HOUR, 28 * DAY, 6 * HOUR)
    watched = await readings(PLANS[plan], moments, 0.03)
    late = (await readings(PLANS[plan], [28 * DAY - 6 * HOUR], 0.03))[-1]

    assert purchase(watched[-1]) == purchase(late)
    assert watched[-1].judgement == late.judgement
    said = [(each.progress.looks_taken, purchase(each).p_value) for each in watched]
    assert len(set(said)) == len({looks for looks, _ in said}), "p changes at looks alone"
    assert {looks for looks, _ in said} == set(range(5 if plan == "group" else 2))


async def test_a_fixed_plan_decides_on_its_first_units() -> None:
    analysis = (await readings(PLANS["fixed"], [28 * DAY]))[0]
    world = units(3)
    moment = world.exposed_at[1999]
    bought = world.events["purchase"]
    known = (bought.at <= moment) & ~np.isnan(bought.values)
    table = [
        [int((known & mask).sum()), int((~known & mask).sum())]
        for mask in ((world.variation == each) & (world.exposed_at <= moment) for each in (0, 1))
    ]
    assert purchase(analysis).p_value == pytest.approx(
        scipy_stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9
    )


async def test_what_always_valid_readings_have_shown_stays() -> None:
    watched = await readings(PLANS["always_valid"], range(DAY, 28 * DAY, DAY), 0.05)
    p_values = [purchase(each).p_value or 1.0 for each in watched]
    assert all(after <= before for before, after in pairwise(p_values))
    states = [each.judgement.readings["purchase", "on"].state for each in watched]
    assert states[-1] is State.BETTER
    assert all(each is State.BETTER for each in states[states.index(State.BETTER) :])


async def test_nothing_ships_before_the_minimum_run_time() -> None:
    watched = await readings(PLANS["always_valid"], range(6 * HOUR, 14 * DAY, 6 * HOUR), 0.3)
    early = [each for each in watched if each.progress.days_run < 7]
    assert any((purchase(each).p_value or 1.0) < 1e-4 for each in early)
    assert {each.decisions[0].verdict for each in early} == {Verdict.KEEP_RUNNING}


@pytest.mark.parametrize("plan", PLANS)
async def test_every_answer_of_a_run_is_whole(plan: str) -> None:
    for analysis in await readings(PLANS[plan], range(12 * HOUR, 28 * DAY, 5 * DAY)):
        document = written(result_document(analysis))
        for metric in document["metrics"]:
            for variation in metric["variations"][1:]:
                reading = variation["comparison"]["reading"]
                assert variation["comparison"]["significant"] in (None, reading["state"] in ("better", "worse"))
                assert reading["p_value"] is None or reading["state"] != "too_early"


async def test_a_stratified_difference_stands_beside_the_headline() -> None:
    plan = Plan(mode="fixed", planned_units=2000, post_stratify_by="country")
    analysis = (await readings(plan, [28 * DAY]))[0]
    block = analysis.metrics[1].post_stratified["on"]
    world = units(3)
    first = world.exposed_at <= world.exposed_at[1999]
    weights, gaps, variances = [], [], []
    for country in ('"DE"', '"US"'):
        mask = first & (world.attributes["country"] == country)
        arms = [world.events["revenue"].values[mask & (world.variation == each)] for each in (0, 1)]
        weights.append(mask.sum() / first.sum())
        gaps.append(arms[1].mean() - arms[0].mean())
        variances.append(sum(each.var(ddof=1) / len(each) for each in arms))
    assert block.strata == 2
    assert block.difference == pytest.approx(np.dot(weights, gaps), rel=1e-9)
    assert block.se == pytest.approx(np.sqrt(np.dot(np.square(weights), variances)), rel=1e-9)
