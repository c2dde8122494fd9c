"""CUPED from sums against least squares on the rows themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from stats import (
    CupedSummary,
    InvalidInputError,
    MeanSummary,
    MetricSpec,
    Status,
    analyse_metric,
    merge,
    single_covariate,
)
from stats.results import Comparison

Column = NDArray[np.float64]


def summary(y: Column, x: Column, **more: object) -> CupedSummary:
    """Sums of an outcome with the covariates in the columns of x."""
    return CupedSummary(
        len(y),
        float(y.sum()),
        float(y @ y),
        tuple(x.sum(axis=0).tolist()),
        tuple(map(tuple, (x.T @ x).tolist())),
        tuple((x.T @ y).tolist()),
        **more,  # type: ignore[arg-type]
    )


def experiment(seed: int, columns: int, effect: float = 0.5, units: int = 3_000) -> dict[str, tuple[Column, Column]]:
    rng = np.random.default_rng(seed)
    arms = {}
    for arm, size in (("c", units), ("t", units // 2), ("u", units // 3)):
        x = rng.normal(5.0, 2.0, (size, columns))
        y = 10.0 + x @ np.linspace(1.0, 0.4, columns) + rng.normal(0.0, 2.0, size) + (effect if arm == "t" else 0.0)
        arms[arm] = (y, x)
    return arms


def adjusted(arms: dict[str, CupedSummary], arm: str = "t") -> Comparison:
    return analyse_metric(MetricSpec("m"), arms, control="c").comparison(arm)


@pytest.mark.parametrize("columns", [1, 3])
def test_theta_and_difference_are_least_squares(columns: int) -> None:
    data = experiment(1, columns)
    one = adjusted({arm: summary(*data[arm]) for arm in ("c", "t")})
    (y_c, x_c), (y_t, x_t) = data["c"], data["t"]
    design = np.column_stack(
        [np.ones(len(y_c) + len(y_t)), np.r_[np.zeros(len(y_c)), np.ones(len(y_t))], np.r_[x_c, x_t]]
    )
    coefficients = np.linalg.lstsq(design, np.r_[y_c, y_t], rcond=None)[0]
    assert one.cuped is not None
    assert one.cuped.theta == pytest.approx(coefficients[2:])
    assert one.difference.estimate == pytest.approx(coefficients[1])
    residuals = [y - x @ np.asarray(one.cuped.theta) for y, x in (data["c"], data["t"])]
    se = math.sqrt(sum(float(r.var(ddof=1)) / len(r) for r in residuals))
    assert one.difference.se == pytest.approx(se)
    unadjusted = one.cuped.unadjusted
    assert unadjusted is not None
    assert unadjusted.difference.estimate == pytest.approx(float(y_t.mean() - y_c.mean()))
    assert unadjusted.difference.se is not None
    assert one.cuped.variance_reduction == pytest.approx(1.0 - (se / unadjusted.difference.se) ** 2)


def test_a_lift_stays_a_lift() -> None:
    """The adjusted mean keeps the metric's level: 5 % is not divided by what is left of the mean."""
    data = experiment(2, 1, effect=0.75, units=60_000)
    one = adjusted({arm: summary(*data[arm]) for arm in ("c", "t")})
    assert one.lift.estimate == pytest.approx(0.05, abs=0.004)
    assert one.lift.lower is not None
    assert one.lift.upper is not None
    assert one.lift.lower < 0.05 < one.lift.upper
    assert one.p_value is not None
    assert (one.lift.lower > 0.0) is (one.p_value < 0.05)


def test_several_arms_share_one_theta() -> None:
    data = experiment(3, 2)
    result = analyse_metric(MetricSpec("m"), {arm: summary(*data[arm]) for arm in data}, control="c")
    thetas = {one.cuped.theta for one in result.comparisons if one.cuped}
    assert len(thetas) == 1
    grand = sum(arm.mean * arm.n for arm in result.arms if arm.mean is not None) / sum(arm.n for arm in result.arms)
    assert grand == pytest.approx(float(np.concatenate([y for y, _ in data.values()]).mean()))


def test_moving_the_covariate_changes_nothing() -> None:
    data = experiment(4, 1)
    plain = adjusted({arm: summary(*data[arm]) for arm in ("c", "t")})
    moved = adjusted({arm: summary(data[arm][0], data[arm][1] - 5.0) for arm in ("c", "t")})
    assert moved.difference.estimate == pytest.approx(plain.difference.estimate)
    assert moved.lift.lower == pytest.approx(plain.lift.lower)


def test_collinear_and_constant_covariates_do_no_harm() -> None:
    data = experiment(5, 1)
    plain = adjusted({arm: summary(*data[arm]) for arm in ("c", "t")})
    wide = {arm: np.column_stack([x, 2.0 * x, np.ones(len(x))]) for arm, (_, x) in data.items()}
    one = adjusted({arm: summary(data[arm][0], wide[arm]) for arm in ("c", "t")})
    assert one.difference.estimate == pytest.approx(plain.difference.estimate)
    assert one.difference.se == pytest.approx(plain.difference.se)
    assert one.cuped is not None
    assert one.cuped.theta[2] == 0.0


def test_missing_history_needs_the_indicator() -> None:
    data = experiment(6, 1)
    rng = np.random.default_rng(6)
    known = {arm: rng.random(len(data[arm][0])) < 0.6 for arm in ("c", "t")}
    x = {arm: np.where(known[arm], data[arm][1][:, 0], 0.0) for arm in known}
    without = {arm: summary(data[arm][0], x[arm][:, None], history_n=int(known[arm].sum())) for arm in known}
    one = adjusted(without)
    assert one.cuped is not None
    assert (one.cuped.applied, one.cuped.theta) == (False, (0.0,))
    assert one.cuped.reason is not None
    assert one.difference == (one.cuped.unadjusted.difference if one.cuped.unadjusted else None)
    warnings = analyse_metric(MetricSpec("m"), without, control="c").warnings
    assert [warning.status for warning in warnings] == [Status.CUPED_NOT_APPLIED]

    marked = {}
    for arm, has in known.items():
        y = data[arm][0]
        outcome = MeanSummary(len(y), float(y.sum()), float(y @ y))
        sums = float(x[arm].sum()), float(x[arm] @ x[arm]), float(x[arm] @ y)
        marked[arm] = single_covariate(outcome, sums, history=(int(has.sum()), float(y[has].sum())))
    both = {arm: summary(data[arm][0], np.column_stack([x[arm], known[arm]])) for arm in known}
    one, expected = adjusted(marked), adjusted(both)
    assert one.cuped is not None
    assert one.cuped.applied
    assert one.cuped.covariates == ("before", "has_history")
    assert one.cuped.history_share == pytest.approx(np.concatenate(list(known.values())).mean())
    assert one.difference.estimate == pytest.approx(expected.difference.estimate)
    assert one.difference.se is not None
    assert one.cuped.unadjusted is not None
    assert one.cuped.unadjusted.difference.se is not None
    assert one.difference.se < one.cuped.unadjusted.difference.se


def test_too_few_units_stay_unadjusted() -> None:
    rng = np.random.default_rng(7)
    arms = {arm: summary(rng.normal(size=4), rng.normal(size=(4, 3))) for arm in ("c", "t")}
    one = adjusted(arms)
    assert one.cuped is not None
    assert not one.cuped.applied
    assert one.status is Status.OK


def test_an_imbalance_before_the_start_is_seen() -> None:
    data = experiment(8, 2)
    shifted = {"c": summary(*data["c"]), "t": summary(data["t"][0], data["t"][1] + 1.0)}
    one, fair = adjusted(shifted), adjusted({arm: summary(*data[arm]) for arm in ("c", "t")})
    assert one.cuped is not None
    assert fair.cuped is not None
    assert one.cuped.balance_p is not None
    assert fair.cuped.balance_p is not None
    assert one.cuped.balance_p < 1e-6
    assert fair.cuped.balance_p > 0.001


def test_arms_must_have_the_same_covariates() -> None:
    data = experiment(9, 1)
    arms = {"c": summary(*data["c"]), "t": summary(*data["t"], covariates=("other",))}
    with pytest.raises(InvalidInputError) as refusal:
        analyse_metric(MetricSpec("m"), arms, control="c")
    assert refusal.value.field == "covariates"


def test_parts_together_are_the_whole() -> None:
    """Days and segments are merged; each may be summed around a centre of its own."""
    y, x = experiment(9, 2)["c"]
    cuts = (slice(0, 700), slice(700, 1900), slice(1900, None))
    parts = [
        summary(y[cut] - centre, x[cut], centre=centre, history_n=len(y[cut]))
        for cut, centre in zip(cuts, (0.0, 17.0, 12.5), strict=True)
    ]
    whole, merged = summary(y, x, history_n=len(y)), merge(parts)

    assert (merged.n, merged.history_n) == (whole.n, whole.history_n)
    assert merged.outcome.mean == pytest.approx(whole.outcome.mean, rel=1e-12)
    assert merged.outcome.variance == pytest.approx(whole.outcome.variance, rel=1e-10)
    assert merged.x_sum == pytest.approx(whole.x_sum, rel=1e-12)
    assert np.array(merged.xx) == pytest.approx(np.array(whole.xx), rel=1e-12)
    centred = np.array(whole.xy) - merged.centre * np.array(whole.x_sum)
    assert np.array(merged.xy) == pytest.approx(centred, rel=1e-9)
    with pytest.raises(InvalidInputError, match="same in all parts"):
        merge([parts[0], summary(y, x[:, :1])])
