"""Users in units that were randomised, and covariates beside ratios, clustered means and quantiles, from raw data."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from stats import (
    ClusteredSummary,
    ClusterSums,
    InvalidInputError,
    LinearisedSummary,
    MetricSpec,
    QuantileSummary,
    RatioSummary,
    analyse_metric,
    as_document,
    merge,
    quantile_ranks,
    reproduce,
)

Numbers = NDArray[np.float64]


def sums(top: Numbers, bottom: Numbers) -> tuple[int, float, float, float, float, float]:
    return (
        len(top),
        float(top.sum()),
        float(top @ top),
        float(bottom.sum()),
        float(bottom @ bottom),
        float(top @ bottom),
    )


def linearised(of: str, outcome: Any, top: Numbers, bottom: Numbers, x: Numbers) -> LinearisedSummary:
    return LinearisedSummary(
        of,
        outcome,
        (float(x.sum()),),
        ((float(x @ x),),),
        (float(x @ top),),
        (float(x @ bottom),),
    )


def companies(seed: int) -> tuple[Numbers, Numbers]:
    """Conversions and users of 60 companies of very different size."""
    random = np.random.default_rng(seed)
    users: Numbers = 1.0 + random.geometric(0.05, 60).astype(np.float64)
    return random.binomial(users.astype(np.int64), random.beta(1.0, 4.0, 60)).astype(np.float64), users


def test_users_in_companies_are_as_uncertain_as_the_companies() -> None:
    arms = {name: companies(seed) for name, seed in (("c", 1), ("t", 2))}
    one = analyse_metric(
        MetricSpec("signup"), {name: ClusteredSummary(*sums(*data)) for name, data in arms.items()}, control="c"
    )
    means, variances = {}, {}
    for name, (converted, users) in arms.items():
        ratio = converted.sum() / users.sum()
        means[name] = ratio
        variances[name] = np.var(converted - ratio * users, ddof=1) / len(users) / users.mean() ** 2
    comparison = one.comparisons[0]
    assert one.kind == "clustered"
    assert comparison.n_treatment == 60
    assert comparison.difference.estimate == pytest.approx(means["t"] - means["c"], rel=1e-12)
    assert comparison.difference.se == pytest.approx(math.sqrt(variances["t"] + variances["c"]), rel=1e-9)
    parts = [ClusteredSummary(*sums(*companies(seed))) for seed in (1, 2)]
    together = ClusteredSummary(*sums(*(np.concatenate(each) for each in zip(companies(1), companies(2), strict=True))))
    assert merge(parts) == together


def test_one_user_per_unit_is_the_plain_mean() -> None:
    y = np.random.default_rng(3).normal(10.0, 3.0, 200)
    summary = ClusteredSummary(*sums(y, np.ones(200)))
    result = analyse_metric(MetricSpec("m"), {"c": summary, "t": summary}, control="c")
    assert result.arms[0].mean == pytest.approx(y.mean())
    assert result.arms[0].se == pytest.approx(y.std(ddof=1) / math.sqrt(200))


def test_a_unit_without_users_is_refused() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        ClusteredSummary(3, 1.0, 1.0, 2.0, 2.0, 1.0)
    assert refusal.value.field == "users_sum"
    with pytest.raises(InvalidInputError) as refusal:
        ClusteredSummary(2, 9.0, 1.0, 2.0, 2.0, 1.0)
    assert refusal.value.field == "y_sum_sq"


def sessions(seed: int, effect: float = 0.0) -> tuple[Numbers, Numbers, Numbers]:
    """Clicks and sessions of 2,000 users, and their clicks from before."""
    random = np.random.default_rng(seed)
    taste = random.beta(2.0, 6.0, 2_000)
    count: Numbers = 1.0 + random.poisson(4.0, 2_000).astype(np.float64)
    clicks = random.binomial(count.astype(np.int64), np.minimum(taste + effect, 1.0)).astype(np.float64)
    return clicks, count, random.binomial(20, taste).astype(np.float64)


def test_covariates_of_a_ratio_are_those_of_the_linearised_outcome() -> None:
    arms = {"c": sessions(4), "t": sessions(5, 0.01)}
    given = {
        name: linearised("ratio", RatioSummary(*sums(top, bottom)), top, bottom, x)
        for name, (top, bottom, x) in arms.items()
    }
    comparison = analyse_metric(MetricSpec("ctr"), given, control="c").comparisons[0]
    z = {n: (top - top.sum() / bottom.sum() * bottom) / bottom.mean() for n, (top, bottom, _) in arms.items()}
    centred = {n: x - x.mean() for n, (_, _, x) in arms.items()}
    theta = sum(centred[n] @ z[n] for n in arms) / sum(centred[n] @ centred[n] for n in arms)
    ratios = {n: top.sum() / bottom.sum() for n, (top, bottom, _) in arms.items()}
    expected = ratios["t"] - ratios["c"] - theta * (arms["t"][2].mean() - arms["c"][2].mean())
    se = math.sqrt(sum(np.var(z[n] - theta * centred[n], ddof=1) / len(z[n]) for n in arms))
    assert comparison.difference.estimate == pytest.approx(expected, rel=1e-9)
    assert comparison.difference.se == pytest.approx(se, rel=1e-9)
    assert comparison.cuped is not None
    assert comparison.cuped.theta[0] == pytest.approx(theta, rel=1e-9)
    assert comparison.cuped.variance_reduction is not None
    assert comparison.cuped.variance_reduction > 0.2
    assert comparison.cuped.unadjusted is not None
    assert comparison.cuped.unadjusted.difference.estimate == pytest.approx(ratios["t"] - ratios["c"])


def latencies(random: np.random.Generator, mood: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """Values of 3 observations per user, and whose they are."""
    owners = np.repeat(np.arange(len(mood)), 3)
    return random.normal(100.0 + 20.0 * mood[owners], 5.0), owners


def median_with_covariate(random: np.random.Generator, units: int) -> tuple[LinearisedSummary, float]:
    mood = random.normal(size=units)
    values, owners = latencies(random, mood)
    ordered = np.sort(values)
    ranks = quantile_ranks(len(values), 0.5, 0.05)
    assert ranks.lower is not None
    assert ranks.upper is not None
    median = float(ordered[math.ceil(0.5 * len(values)) - 1])
    below = np.bincount(owners, values <= median, units).astype(np.float64)
    size = np.bincount(owners, minlength=units).astype(np.float64)
    outcome = QuantileSummary(
        len(values),
        0.5,
        median,
        float(ordered[ranks.lower - 1]),
        float(ordered[ranks.upper - 1]),
        clusters=ClusterSums(*sums(below, size)),
    )
    x = mood + random.normal(0.0, 0.3, units)
    return linearised("quantile", outcome, below, size, x), median


def test_covariates_narrow_a_median_as_much_as_they_claim() -> None:
    random = np.random.default_rng(6)
    adjusted, plain, claimed = [], [], []
    for _ in range(300):
        arms = {name: median_with_covariate(random, 400) for name in ("c", "t")}
        given = {name: summary for name, (summary, _) in arms.items()}
        comparison = analyse_metric(MetricSpec("p50"), given, control="c").comparisons[0]
        assert comparison.difference.estimate is not None
        assert comparison.difference.se is not None
        adjusted.append(comparison.difference.estimate)
        claimed.append(comparison.difference.se)
        plain.append(arms["t"][1] - arms["c"][1])
    assert np.std(adjusted) < 0.75 * np.std(plain)
    assert np.mean(claimed) == pytest.approx(np.std(adjusted), rel=0.15)


def test_a_linearised_result_is_computed_again_from_its_document() -> None:
    random = np.random.default_rng(7)
    arms = {name: median_with_covariate(random, 50)[0] for name in ("c", "t")}
    document = json.loads(json.dumps(as_document(analyse_metric(MetricSpec("p50"), arms, control="c"))))
    assert as_document(reproduce(document)) == document


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"of": "mean"}, "outcome"),
        ({"of": "clustered"}, "outcome"),
        ({"x_sum": ()}, "x_sum"),
        ({"x_top": (1e9,)}, "x_top[0]"),
        ({"x_bottom": (1e9,)}, "x_bottom[0]"),
        ({"covariates": ("a", "b")}, "covariates"),
        ({"history_n": 9_999}, "history_n"),
    ],
)
def test_sums_that_no_data_have_are_refused(changed: dict[str, Any], field: str) -> None:
    top, bottom, x = sessions(8)
    good = linearised("ratio", RatioSummary(*sums(top, bottom)), top, bottom, x)
    fields = {name: getattr(good, name) for name in good.__dataclass_fields__}
    with pytest.raises(InvalidInputError) as refusal:
        LinearisedSummary(**(fields | changed))
    assert refusal.value.field == field


def test_a_quantile_needs_clusters_beside_covariates_and_arms_one_kind() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        LinearisedSummary("quantile", QuantileSummary(9, 0.5, 1.0, 0.0, 2.0), (1.0,), ((1.0,),), (1.0,), (1.0,))
    assert refusal.value.field == "outcome.clusters"
    top, bottom, x = sessions(9)
    ratio = linearised("ratio", RatioSummary(*sums(top, bottom)), top, bottom, x)
    clustered = linearised("clustered", ClusteredSummary(*sums(top, bottom)), top, bottom, x)
    with pytest.raises(InvalidInputError) as refusal:
        analyse_metric(MetricSpec("m"), {"c": ratio, "t": clustered}, control="c")
    assert refusal.value.field == "arms"


def test_without_an_estimate_nothing_is_adjusted() -> None:
    top, bottom, x = sessions(10)
    nothing = np.zeros_like(bottom)
    ratio = linearised("ratio", RatioSummary(*sums(top, bottom)), top, bottom, x)
    undefined = linearised("ratio", RatioSummary(*sums(top, nothing)), top, nothing, x)
    result = analyse_metric(MetricSpec("m"), {"c": undefined, "t": ratio}, control="c")
    assert {each.status.value for each in result.warnings} == {"cuped_not_applied"}
