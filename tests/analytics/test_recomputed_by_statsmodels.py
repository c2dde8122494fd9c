"""Results of the API's path and of the engine, recomputed by statsmodels: its models, tests, intervals and powers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from analytics.catalog.entries import MetricUse, Plan
from analytics.results.analysis import Analysis
from numpy.typing import NDArray
from stats import (
    BinarySummary,
    ClusteredSummary,
    Guardrail,
    MeanSummary,
    MetricSpec,
    PlanRequest,
    RatioSummary,
    analyse_metric,
    plan,
)
from statsmodels.stats import multitest, power, proportion, weightstats

from benchmarks.simulated_reader import SimulatedExperiment
from tests.analytics.result_cases import DAY, START
from tests.analytics.test_simulated_readings import METRICS, experiment, units

Numbers = NDArray[np.float64]
USES = (MetricUse("purchase", "goal"), MetricUse("revenue", "goal"), MetricUse("errors", "goal"))
SMALL = Plan(mode="fixed", planned_units=4_000, cuped=True)


async def analysed(plan_of: Plan = SMALL, effect: float = 0.02) -> Analysis:
    watched = SimulatedExperiment(replace(experiment(plan_of), metrics=USES), METRICS, units(3, effect))
    return await watched.read(START + 40 * DAY)


def treated(arm: NDArray[np.int64]) -> Numbers:
    return np.asarray(sm.add_constant(arm.astype(float)))


async def test_cuped_is_the_ancova_of_ordinary_least_squares() -> None:
    """Its coefficient is the difference; HC2 on the adjusted outcome has a variance per arm, as Welch's test."""
    analysis = await analysed()
    result = analysis.metrics[1].result
    assert result is not None
    found = result.comparisons[0]
    world = units(3, 0.02)
    y, x, arm = world.events["revenue"].values, world.events["revenue"].before, world.variation
    assert x is not None
    assert found.cuped is not None
    assert found.cuped.applied
    ancova = sm.OLS(y, np.column_stack([treated(arm), x])).fit()
    assert found.difference.estimate == pytest.approx(ancova.params[1], rel=1e-9)
    assert found.cuped.theta[0] == pytest.approx(ancova.params[2], rel=1e-9)
    adjusted = sm.OLS(y - ancova.params[2] * x, treated(arm)).fit(cov_type="HC2")
    assert found.difference.se == pytest.approx(adjusted.bse[1], rel=1e-9)


async def test_a_family_is_adjusted_as_multipletests_does() -> None:
    for correction, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        analysis = await analysed(replace(SMALL, correction=correction))  # type: ignore[arg-type]
        readings = [analysis.judgement.readings[each.metric, "on"] for each in USES]
        raw = [each.p_value for each in readings]
        assert None not in raw
        expected = multitest.multipletests(raw, method=method)[1]
        assert [each.adjusted_p for each in readings] == pytest.approx(list(expected), rel=1e-9)


async def test_a_rate_has_newcombes_interval_and_the_test_of_two_proportions() -> None:
    analysis = await analysed(replace(SMALL, cuped=False))
    result = analysis.metrics[0].result
    assert result is not None
    one = result.comparisons[0]
    world = units(3, 0.02)
    events = world.events["purchase"]
    bought = ~np.isnan(events.values) & (events.at <= world.exposed_at[-1])
    hits = [int((bought & (world.variation == each)).sum()) for each in (1, 0)]
    counts = [int((world.variation == each).sum()) for each in (1, 0)]
    interval = proportion.confint_proportions_2indep(
        hits[0], counts[0], hits[1], counts[1], method="newcomb", compare="diff"
    )
    assert (one.difference.lower, one.difference.upper) == pytest.approx(interval, rel=1e-9)
    assert one.p_value == pytest.approx(proportion.proportions_ztest(hits, counts)[1], rel=1e-9)
    for arm, each in zip(result.arms, reversed(list(zip(hits, counts, strict=True))), strict=True):
        assert (arm.lower, arm.upper) == pytest.approx(proportion.proportion_confint(*each, method="wilson"), rel=1e-9)


def test_score_sets_are_those_of_statsmodels() -> None:
    """The ratio's by its own root-finding, to its tolerance."""
    treatment, control = BinarySummary(900, 70), BinarySummary(1_000, 60)
    lift = analyse_metric(MetricSpec("m"), {"c": control, "t": treatment}, control="c").comparisons[0].lift
    expected = proportion.confint_proportions_2indep(
        70, 900, 60, 1_000, method="score", compare="ratio", correction=False
    )
    assert (lift.lower, lift.upper) == pytest.approx([each - 1.0 for each in expected], rel=1e-6)


def test_users_in_units_have_the_cluster_robust_covariance() -> None:
    """Each arm's mean per user by least squares on the users, its variance with the units as clusters."""
    rng = np.random.default_rng(8)
    arms, variances, means = {}, [], []
    for name, effect in (("c", 0.0), ("t", 0.4)):
        sizes = rng.integers(1, 9, 300)
        unit = np.repeat(np.arange(300), sizes)
        y = 3.0 + effect + rng.normal(0.0, 1.0, 300)[unit] + rng.exponential(2.0, len(unit))
        top, bottom = np.bincount(unit, y), sizes.astype(float)
        arms[name] = ClusteredSummary(
            300,
            float(top.sum()),
            float(top @ top),
            float(bottom.sum()),
            float(bottom @ bottom),
            float(top @ bottom),
        )
        fitted = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": unit})
        means.append(fitted.params[0])
        variances.append(fitted.cov_params()[0, 0])
    found = analyse_metric(MetricSpec("m"), arms, control="c").comparisons[0]
    assert found.difference.estimate == pytest.approx(means[1] - means[0], rel=1e-9)
    assert found.difference.se == pytest.approx(math.sqrt(sum(variances)), rel=1e-9)


def test_a_ratio_is_weighted_least_squares_through_the_origin() -> None:
    """Σm/Σd minimises Σ(m − R·d)²/d, and HC0 is the delta method's variance but for n/(n − 1)."""
    rng = np.random.default_rng(9)
    arms, variances = {}, []
    for name, rate in (("c", 0.3), ("t", 0.33)):
        d = rng.poisson(4.0, 800) + 1.0
        m = rng.binomial(d.astype(int), rate).astype(float)
        arms[name] = RatioSummary(800, float(m.sum()), float(m @ m), float(d.sum()), float(d @ d), float(m @ d))
        fitted = sm.WLS(m, d, weights=1.0 / d).fit(cov_type="HC0")
        assert fitted.params[0] == pytest.approx(m.sum() / d.sum(), rel=1e-12)
        variances.append(fitted.cov_params()[0, 0] * 800 / 799)
    found = analyse_metric(MetricSpec("m"), arms, control="c").comparisons[0]
    assert found.difference.se == pytest.approx(math.sqrt(sum(variances)), rel=1e-9)


def test_means_and_margins_are_those_of_weightstats() -> None:
    rng = np.random.default_rng(10)
    y = {"c": rng.exponential(5.0, 300), "t": rng.exponential(5.4, 220)}
    arms = {name: MeanSummary(len(each), float(each.sum()), float(each @ each)) for name, each in y.items()}
    spec = MetricSpec("m", guardrail=Guardrail(0.8, relative=False))
    one = analyse_metric(spec, arms, control="c").comparisons[0]
    both = weightstats.CompareMeans(weightstats.DescrStatsW(y["t"]), weightstats.DescrStatsW(y["c"]))
    t, p_value, df = both.ttest_ind(usevar="unequal")
    test = one.fixed_horizon.test
    assert (test.statistic, test.p_value, test.df) == pytest.approx((t, p_value, df), rel=1e-9)
    assert (one.difference.lower, one.difference.upper) == pytest.approx(both.tconfint_diff(usevar="unequal"), rel=1e-9)
    assert one.guardrail is not None
    margin_p = both.ttest_ind(usevar="unequal", alternative="larger", value=-0.8)[1]
    assert one.guardrail.p_value == pytest.approx(margin_p, rel=1e-9)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_plans_have_the_power_that_statsmodels_gives_them(ratio: float) -> None:
    """Of a mean by the normal distribution; of a rate with pooled variance under the null."""
    shares = (0.5, 0.5) if ratio == 1.0 else (0.2, 0.6)
    found = plan(PlanRequest(10.0, effect_absolute=0.5, sd=4.0, shares=shares))
    reached = power.NormalIndPower().power(
        0.5 / 4.0, nobs1=found.units_control, alpha=0.05, ratio=found.units_treatment / found.units_control
    )
    assert reached == pytest.approx(0.8, abs=2e-3)
    assert reached >= 0.8 - 1e-6
    rate = plan(PlanRequest(0.1, effect_absolute=0.02, shares=shares))
    by_rate = proportion.power_proportions_2indep(
        0.02, 0.1, nobs1=rate.units_treatment, ratio=rate.units_control / rate.units_treatment, return_results=False
    )
    assert by_rate == pytest.approx(0.8, abs=2e-2)
