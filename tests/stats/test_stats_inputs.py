"""Aggregates that no data can have are refused with the field named; statuses stand in for numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from stats import (
    AnalysisOptions,
    BinarySummary,
    ClusterSums,
    CupedSummary,
    Guardrail,
    InvalidInputError,
    Look,
    MeanSummary,
    MetricSpec,
    Mode,
    PlanRequest,
    QuantileSummary,
    RatioSummary,
    Status,
    Winsorising,
    analyse_aggregates,
    analyse_metric,
    plan,
)
from stats.distributions import log10_two_sided_p
from stats.effects import SetKind
from stats.results import Comparison

RATIO = {"n": 2, "num_sum": 1, "num_sum_sq": 1, "den_sum": 1, "den_sum_sq": 1, "num_den_sum": 1}
CUPED = {"n": 2, "sum": 1, "sum_sq": 1, "x_sum": (1,), "xx": ((1,),), "xy": (1,)}
CLUSTERS = {"n": 2, "below_sum": 1, "below_sum_sq": 1, "size_sum": 1, "size_sum_sq": 1, "below_size_sum": 1}
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (BinarySummary, {"n": -1, "conversions": 0}, "n"),
    (BinarySummary, {"n": 1.5, "conversions": 0}, "n"),
    (BinarySummary, {"n": True, "conversions": 0}, "n"),
    (BinarySummary, {"n": "10", "conversions": 0}, "n"),
    (BinarySummary, {"n": 10**13, "conversions": 0}, "n"),
    (BinarySummary, {"n": 10, "conversions": 11}, "conversions"),
    (MeanSummary, {"n": 10, "sum": float("nan"), "sum_sq": 1.0}, "sum"),
    (MeanSummary, {"n": 10, "sum": 1.0, "sum_sq": float("inf")}, "sum_sq"),
    (MeanSummary, {"n": 10, "sum": 10**400, "sum_sq": 1.0}, "sum"),
    (MeanSummary, {"n": 10, "sum": 1e61, "sum_sq": 1e121}, "sum"),
    (MeanSummary, {"n": 10, "sum": 10.0, "sum_sq": 9.99}, "sum_sq"),
    (MeanSummary, {"n": 0, "sum": 1.0, "sum_sq": 1.0}, "sum_sq"),
    (RatioSummary, RATIO | {"num_sum": 4}, "num_sum_sq"),
    (RatioSummary, RATIO | {"num_den_sum": 9}, "num_den_sum"),
    (CupedSummary, {"n": 2, "sum": 1, "sum_sq": 1, "x_sum": (), "xx": (), "xy": ()}, "x_sum"),
    (CupedSummary, {"n": 2, "sum": 1, "sum_sq": 1, "x_sum": (1,), "xx": ((1, 2),), "xy": (1,)}, "xx[0]"),
    (CupedSummary, {"n": 2, "sum": 1, "sum_sq": 1, "x_sum": (9,), "xx": ((1,),), "xy": (1,)}, "xx[0][0]"),
    (CupedSummary, CUPED | {"xy": (7,)}, "xy[0]"),
    (CupedSummary, {"n": 2, "sum": 0, "sum_sq": 1, "x_sum": (0, 0), "xx": ((1, 0), (1, 1)), "xy": (0, 0)}, "xx[1][0]"),
    (CupedSummary, CUPED | {"history_n": 3}, "history_n"),
    (QuantileSummary, {"n": 10, "q": 1.0, "value": 1.0, "lower": 0.0, "upper": 2.0}, "q"),
    (QuantileSummary, {"n": 10, "q": 0.5, "value": 1.0, "lower": 1.5, "upper": 2.0}, "lower"),
    (QuantileSummary, {"n": 10, "q": 0.5, "value": 1.0, "lower": 0.5, "upper": 0.9}, "upper"),
    (ClusterSums, CLUSTERS | {"below_sum": 9}, "below_sum_sq"),
    (ClusterSums, CLUSTERS | {"size_sum": float("nan")}, "size_sum"),
    (Look, {"n": 0, "difference": 0.0, "se": 1.0}, "look.n"),
    (Look, {"n": 5, "difference": 0.0, "se": 0.0}, "look.se"),
    (Guardrail, {"margin": -0.1}, "guardrail.margin"),
    (Guardrail, {"margin": 1.0}, "guardrail.margin"),
    (MetricSpec, {"key": ""}, "metric.key"),
    (AnalysisOptions, {"alpha": 0.0}, "alpha"),
    (AnalysisOptions, {"alpha": 1e-10}, "alpha"),
    (AnalysisOptions, {"power": 1.0}, "power"),
    (AnalysisOptions, {"power": 0.1, "alpha": 0.2}, "power"),
    (AnalysisOptions, {"planned_units": 0}, "planned_units"),
    (AnalysisOptions, {"mode": "group"}, "looks_planned"),
    (AnalysisOptions, {"mode": "group", "looks_planned": 201}, "looks_planned"),
    (AnalysisOptions, {"mode": "group", "looks_planned": 2, "history": {"t": (Look(1, 0.0, 1.0),) * 200}}, "history.t"),
    (Winsorising, {"percentile": 1.0, "cap": 1.0, "units_capped": 0}, "winsorising.percentile"),
]


def named(kind: Any, fields: dict[str, Any], field: str) -> str:
    """A case's name: the call, and the wrong value where it stands in a field of its own."""
    return f"{kind.__name__} {field}={fields[field]!s:.40}" if field in fields else f"{kind.__name__} {field}"


@pytest.mark.parametrize(("kind", "fields", "field"), REFUSED, ids=[named(*each) for each in REFUSED])
def test_refused_with_the_field_named(kind: Any, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        kind(**fields)
    assert refusal.value.field == field
    assert refusal.value.status is Status.INVALID_INPUT
    assert refusal.value.reason


def test_unknown_modes_and_directions_are_refused() -> None:
    with pytest.raises(ValueError, match="sometimes"):
        AnalysisOptions(mode="sometimes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sideways"):
        MetricSpec("m", "sideways")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arms", "control", "field"),
    [
        ({"c": BinarySummary(1, 1)}, "c", "arms"),
        ({"c": BinarySummary(1, 1), "t": MeanSummary(1, 1, 1)}, "c", "arms"),
        ({"c": BinarySummary(1, 1), "t": BinarySummary(1, 1)}, "x", "control"),
        ({str(i): BinarySummary(1, 1) for i in range(101)}, "1", "arms"),
        ({"c": "many", "t": "few"}, "c", "arms"),
    ],
    ids=["one arm", "two kinds", "unknown control", "too many arms", "arms are texts"],
)
def test_a_wrong_call_is_refused(arms: Any, control: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        analyse_metric(MetricSpec("m"), arms, control=control)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("kind", "row", "field"),
    [
        ("binary", {"n": 10}, "t.conversions"),
        ("binary", {"n": 10, "conversions": 11}, "t.conversions"),
        ("binary", {"n": 10, "conversions": 1, "extra": 1}, "t.extra"),
        ("mean", {"n": 10, "sum": None, "sum_sq": 1.0}, "t.sum"),
        ("quantile", {"n": 9, "q": 0.5, "value": 1, "lower": 0, "upper": 2, "clusters": {"n": 3}}, "t.below_sum"),
    ],
)
def test_bad_rows_become_a_status(kind: str, row: dict[str, Any], field: str) -> None:
    result = analyse_aggregates(MetricSpec("m"), kind, {"t": row, "c": row}, control="c")
    assert result.status is Status.INVALID_INPUT
    assert result.invalid_field == field
    assert result.comparisons == ()
    assert field in result.explanation


def compared(treatment: Any, control: Any, **asked: Any) -> Comparison:
    arms = {"c": control, "t": treatment}
    return analyse_metric(MetricSpec("m"), arms, control="c", options=AnalysisOptions(**asked)).comparisons[0]


def statuses(comparison: Comparison) -> set[Status]:
    return {warning.status for warning in comparison.warnings}


@pytest.mark.parametrize("mode", list(Mode))
def test_no_units_in_an_arm(mode: Mode) -> None:
    one = compared(MeanSummary(10, 5, 8), MeanSummary(0, 0, 0), mode=mode, looks_planned=3)
    assert one.status is Status.INSUFFICIENT_DATA
    assert (one.difference.estimate, one.fixed_horizon.test.p_value, one.lift.estimate, one.p_value) == (None,) * 4


def test_both_arms_constant_is_not_significant() -> None:
    one = compared(MeanSummary(60, 180, 540), MeanSummary(50, 100, 200))
    assert one.status is Status.ZERO_VARIANCE
    assert (one.difference.estimate, one.difference.se) == (1.0, 0.0)
    assert (one.fixed_horizon.test.p_value, one.p_value, one.difference.lower) == (None, None, None)


def test_one_constant_arm_is_valid() -> None:
    one = compared(MeanSummary(60, 180, 580), MeanSummary(50, 100, 200))
    assert one.status is Status.OK
    assert one.fixed_horizon.test.df == pytest.approx(59.0)


def test_a_zero_baseline_has_a_difference_but_no_lift() -> None:
    one = compared(BinarySummary(1000, 12), BinarySummary(1000, 0))
    assert one.difference.lower is not None
    assert (one.lift.status, one.lift.estimate) == (Status.UNDEFINED_ZERO_BASELINE, None)
    assert Status.UNDEFINED_ZERO_BASELINE in statuses(one)


def test_nobody_converting_is_fishers_p_of_one() -> None:
    one = compared(BinarySummary(1200, 0), BinarySummary(1000, 0))
    assert (one.status, one.fixed_horizon.test.method) == (Status.SMALL_SAMPLE_EXACT_USED, "fisher_exact")
    assert one.fixed_horizon.test.p_value == 1.0
    assert one.difference.lower is not None


def test_an_uncertain_baseline_has_an_unbounded_lift() -> None:
    one = compared(MeanSummary(100, 300, 2484), MeanSummary(100, 50, 1609))
    assert (one.lift.status, one.lift.kind) == (Status.LIFT_UNBOUNDED, SetKind.COMPLEMENT)
    assert one.lift.lower is None
    assert one.lift.excluded is not None
    assert Status.LIFT_UNBOUNDED in statuses(one)


def test_a_negative_baseline_divides_by_its_size() -> None:
    one = compared(MeanSummary(100, -80, 200), MeanSummary(100, -100, 200))
    assert one.lift.estimate == pytest.approx(0.2)
    assert one.lift.denominator == "absolute_control_mean"
    assert one.lift.lower is not None
    assert one.lift.upper is not None
    assert one.lift.lower < 0.2 < one.lift.upper


def test_cancelled_sums_are_told_and_give_no_p() -> None:
    exact = MeanSummary(100_000, 0.5e5, 5e4, centre=1e9)
    lost = MeanSummary(100_000, 100_000_000_050_000.0, 1.000000001e23)
    assert compared(exact, exact).status is Status.OK
    one = compared(lost, lost)
    assert one.status is Status.PRECISION_LOSS
    assert (one.fixed_horizon.test.p_value, one.mde) == (None, None)
    guarded = analyse_metric(MetricSpec("m", guardrail=Guardrail(0.01)), {"c": lost, "t": lost}, control="c")
    assert guarded.comparisons[0].guardrail is not None
    assert guarded.comparisons[0].guardrail.state == "insufficient"


def test_slightly_cancelled_sums_are_a_warning() -> None:
    n, mean, variance = 1_000, 1e6, 1.0
    arm = MeanSummary(n, n * mean, variance * (n - 1) + n * mean * mean)
    result = analyse_metric(MetricSpec("m"), {"c": arm, "t": arm}, control="c")
    assert {warning.status for warning in result.warnings} == {Status.PRECISION_LOSS}
    assert result.comparisons[0].fixed_horizon.test.p_value == pytest.approx(1.0)


def test_a_zero_denominator_has_no_ratio() -> None:
    one = compared(RatioSummary(10, 5, 9, 10, 30, 8), RatioSummary(10, 0, 0, 0, 0, 0))
    assert one.status is Status.UNDEFINED_ZERO_DENOMINATOR
    assert one.difference.estimate is None


def test_a_far_tail_keeps_its_logarithm() -> None:
    one = compared(MeanSummary(10**6, 1.2e7, 1.44e8 + 2.5e7), MeanSummary(10**6, 1e7, 1e8 + 2.5e7))
    assert one.fixed_horizon.test.p_value == 0.0
    assert one.fixed_horizon.test.log10_p is not None
    assert -20_000 < one.fixed_horizon.test.log10_p < -300
    assert one.p_value == 0.0


@pytest.mark.parametrize(
    ("baseline", "effect", "sd"),
    [(1.0, 0.05, 1e300), (1.0, 1e-160, 1e160), (1e-300, 1e-160, 1.0), (1e-20, 1e-300, 1e-300)],
)
def test_a_plan_beyond_a_double_is_refused_with_the_field_named(baseline: float, effect: float, sd: float) -> None:
    with pytest.raises(InvalidInputError) as caught:
        plan(PlanRequest(baseline=baseline, effect_relative=effect, sd=sd))
    assert caught.value.field == "effect_relative"


@pytest.mark.parametrize("size", [1e150, 1e155, 1e200, 1e300])
def test_the_logarithm_of_a_tail_beyond_a_double_is_finite(size: float) -> None:
    """Cauchy's tail (one degree of freedom) is 1/(pi * size) far out."""
    assert log10_two_sided_p(size, 1.0) == pytest.approx(math.log10(2.0 / math.pi) - math.log10(size), rel=1e-9)
    assert log10_two_sided_p(size, 3.0) == pytest.approx(
        math.log10(2.0 * 6.0 * math.sqrt(3.0) / (3.0 * math.pi)) - 3.0 * math.log10(size), rel=1e-2
    )
