"""Planned looks, unplanned looks, and looks at any time."""

from __future__ import annotations

import math

import pytest
from stats import (
    AlwaysValidResult,
    AnalysisOptions,
    Boundary,
    Comparison,
    GroupSequentialResult,
    Look,
    MeanSummary,
    Memory,
    MetricSpec,
    Mode,
    Status,
    analyse_metric,
)
from stats.errors import InvalidInputError
from stats.metrics import Direction
from stats.sequential.boundaries import crossing, haybittle_peto_bounds, planned_bounds, wang_tsiatis_bounds
from stats.sequential.inference import infer_at_stop, sample_inflation
from stats.sequential.monitoring import look_bounds
from stats.sequential.spending import (
    bounds_for_spent,
    gamma_spending,
    obrien_fleming_spending,
    pocock_spending,
    power_spending,
    spending_bounds,
)

SD, ARM = 10.0, 1_000


def arm(n: int, mean: float) -> MeanSummary:
    return MeanSummary.from_moments(n, mean, SD * SD)


def look(n: int, z: float) -> Look:
    """An earlier look at n units in both arms together, with this z."""
    se = SD * math.sqrt(4.0 / n)
    return Look(n, z * se, se)


def compared(z: float, history: tuple[Look, ...], **asked: object) -> Comparison:
    n = 2 * ARM * (len(history) + 1)
    options = AnalysisOptions(mode=Mode.GROUP, history={"t": history}, **asked)  # type: ignore[arg-type]
    arms = {"c": arm(n // 2, 50.0), "t": arm(n // 2, 50.0 + z * SD * math.sqrt(4.0 / n))}
    return analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0]


def watched(z: float, history: tuple[Look, ...], **asked: object) -> GroupSequentialResult:
    one = compared(z, history, **asked)
    assert isinstance(one.sequential, GroupSequentialResult)
    assert one.decided_by == "group"
    assert one.p_value is not None
    assert (one.p_value < 0.05) is one.sequential.crossed
    return one.sequential


def test_planned_looks_use_the_published_constants() -> None:
    state = watched(2.1, (look(2_000, 1.0),), looks_planned=4, boundary=Boundary.POCOCK)
    assert state.bounds_z == pytest.approx((2.3613, 2.3613), abs=5e-5)
    assert (state.status, state.look, state.crossed, state.p_value) == (Status.OK, 2, False, None)
    assert state.alpha_spent == pytest.approx(0.031546, abs=1e-6)
    assert state.lower is not None
    assert state.lower < 0.0
    assert watched(2.1, (), looks_planned=1).crossed


def test_a_crossing_stops_with_stagewise_inference() -> None:
    state = watched(2.6, (look(2_000, 1.0), look(4_000, 1.9)), looks_planned=5, boundary=Boundary.POCOCK)
    assert (state.crossed, state.crossed_at) == (True, 3)
    assert state.lower is not None
    assert state.lower > 0.0
    assert state.p_value is not None
    assert 0.0 < state.p_value < 0.05
    assert state.median_unbiased is not None
    assert state.final_lower is not None
    assert state.final_upper is not None
    naive = 2.6 * SD * math.sqrt(4.0 / 6_000)
    assert 0.0 < state.final_lower < state.median_unbiased < naive < state.final_upper


def test_an_earlier_crossing_stays_the_answer() -> None:
    state = watched(0.5, (look(2_000, 3.0),), looks_planned=5, boundary=Boundary.POCOCK)
    assert (state.crossed, state.crossed_at) == (True, 1)
    assert state.p_value == pytest.approx(0.0026997961, rel=1e-5)


def test_the_last_look_gives_inference_without_crossing() -> None:
    state = watched(1.2, (look(2_000, 0.3),), looks_planned=2)
    assert (state.crossed, state.crossed_at) == (False, None)
    assert state.p_value is not None
    assert state.p_value > 0.05
    assert state.final_lower is not None
    assert state.final_lower < 0.0


def test_after_the_last_look_its_result_stands() -> None:
    history = (look(2_000, 0.1), look(4_000, 0.2))
    one = compared(5.0, history, looks_planned=2)
    assert one.look is not None
    assert (one.look.official, one.look.number, one.look.final, one.complete) == (False, 2, True, True)
    assert one.look.taken == history[-1]
    assert one.p_value is not None
    assert one.p_value > 0.05
    assert one.difference.estimate == history[-1].difference
    assert one.fixed_horizon.test.p_value is not None
    assert one.fixed_horizon.test.p_value < 1e-6


def test_bounds_beyond_the_plan_have_no_alpha_left() -> None:
    plan = look_bounds([2_000, 4_000, 6_000], AnalysisOptions(mode=Mode.GROUP, looks_planned=2))
    assert plan.notices[0].status is Status.LOOKS_EXCEED_PLAN
    assert plan.bounds[2] is None


def test_uneven_looks_follow_alpha_spending() -> None:
    options = AnalysisOptions(mode=Mode.GROUP, looks_planned=3, planned_units=6_000, boundary=Boundary.POCOCK)
    plan = look_bounds([600, 3_000, 6_000], options)
    expected = spending_bounds([0.1, 0.5, 1.0], 0.05, pocock_spending)
    assert plan.bounds == pytest.approx(expected.bounds)
    assert plan.alpha_spent == pytest.approx(0.05)


def test_leaving_the_plan_keeps_what_was_spent() -> None:
    options = AnalysisOptions(mode=Mode.GROUP, looks_planned=4, planned_units=8_000, boundary=Boundary.POCOCK)
    plan = look_bounds([2_000, 2_600, 8_000], options)
    constants = planned_bounds(4, 0.05, Boundary.POCOCK)
    assert plan.bounds[0] == constants[0]
    assert plan.information == pytest.approx((0.25, 0.325, 1.0))
    assert all(bound is not None for bound in plan.bounds)
    total = crossing(plan.information, [bound or math.inf for bound in plan.bounds]).total
    assert total == pytest.approx(0.05, abs=1e-9)


def test_a_look_without_new_units_spends_nothing() -> None:
    options = AnalysisOptions(mode=Mode.GROUP, looks_planned=5, planned_units=10_000)
    plan = look_bounds([1_000, 1_000], options)
    assert plan.bounds[1] is None
    assert [one.status for one in plan.notices] == [Status.NO_NEW_INFORMATION]


def test_open_windows_make_it_approximate() -> None:
    assert watched(1.0, (), looks_planned=2, windows_closed=False).approximate
    assert not watched(1.0, (), looks_planned=2).approximate


def test_small_samples_compare_p_with_the_nominal_p() -> None:
    """|T| = 2.5 on 4 degrees of freedom is beyond 2.41 as a z, but its p is not."""
    arms = {"c": MeanSummary.from_moments(3, 0.0, 1.0), "t": MeanSummary.from_moments(3, 2.5 * math.sqrt(2 / 3), 1.0)}
    options = AnalysisOptions(mode=Mode.GROUP, looks_planned=1, boundary=Boundary.POCOCK)
    one = analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0]
    assert one.fixed_horizon.test.statistic == pytest.approx(2.5)
    assert isinstance(one.sequential, GroupSequentialResult)
    assert not one.sequential.crossed
    assert one.sequential.z < 1.96


@pytest.mark.parametrize(
    "spending",
    [pocock_spending, obrien_fleming_spending, power_spending(2.0), gamma_spending(-4.0), gamma_spending(0.0)],
)
@pytest.mark.parametrize("two_sided", [True, False])
def test_any_spending_spends_exactly_alpha(spending: object, two_sided: bool) -> None:
    times = [0.1, 0.35, 0.4, 0.8, 1.0]
    result = spending_bounds(times, 0.05, spending, two_sided=two_sided)  # type: ignore[arg-type]
    bounds = [math.inf if bound is None else bound for bound in result.bounds]
    assert crossing(times, bounds, two_sided=two_sided).total == pytest.approx(0.05, abs=1e-10)


def test_named_boundaries_keep_alpha() -> None:
    times = [0.25, 0.5, 0.75, 1.0]
    assert crossing(times, haybittle_peto_bounds(times, 0.05)).total == pytest.approx(0.05)
    assert crossing(times, wang_tsiatis_bounds(times, 0.05, 0.25)).total == pytest.approx(0.05)
    assert haybittle_peto_bounds([1.0], 0.05) == pytest.approx((1.959964,), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: spending_bounds([0.5, 0.4], 0.05, pocock_spending), "information[1]"),
        (lambda: spending_bounds([], 0.05, pocock_spending), "information"),
        (lambda: spending_bounds([0.0], 0.05, pocock_spending), "information[0]"),
        (lambda: spending_bounds([0.5], 1.0, pocock_spending), "alpha"),
        (lambda: bounds_for_spent([0.5, 1.0], [0.05, 0.04]), "cumulative_alpha"),
        (lambda: planned_bounds(0, 0.05, Boundary.POCOCK), "looks"),
        (lambda: wang_tsiatis_bounds([0.5, 0.5, 1.0], 0.05, 0.5), "information"),
        (lambda: haybittle_peto_bounds([0.25, 0.5, 1.0], 0.05, 1.9), "early"),
        (lambda: infer_at_stop([0.5], [], 1.0, 0.05), "bounds"),
    ],
)
def test_wrong_plans_are_refused(call: object, field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        call()  # type: ignore[operator]
    assert refusal.value.field == field


def test_inflation_is_one_without_looks() -> None:
    result = sample_inflation([1.0], planned_bounds(1, 0.05, Boundary.POCOCK), 0.05, 0.8)
    assert (result.maximum, result.expected) == pytest.approx((1.0, 1.0), abs=1e-9)


def test_inference_mirrors_with_the_sign() -> None:
    times, bounds = [0.5, 1.0], planned_bounds(2, 0.05, Boundary.OBRIEN_FLEMING)
    up, down = infer_at_stop(times, bounds, 2.1, 0.05), infer_at_stop(times, bounds, -2.1, 0.05)
    assert up.p_value == pytest.approx(down.p_value)
    assert (up.lower, up.drift_median_unbiased) == pytest.approx((-down.upper, -down.drift_median_unbiased))


def at_any_time(z: float, memory: Memory | None = None, n: int = 2 * ARM, **asked: object) -> Comparison:
    remembered = {} if memory is None else {"t": memory}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, memory=remembered, **asked)  # type: ignore[arg-type]
    arms = {"c": arm(n // 2, 50.0), "t": arm(n // 2, 50.0 + z * SD * math.sqrt(4.0 / n))}
    return analyse_metric(MetricSpec("m", Direction.INCREASE), arms, control="c", options=options).comparisons[0]


def always(z: float, memory: Memory | None = None, n: int = 2 * ARM, **asked: object) -> AlwaysValidResult:
    one = at_any_time(z, memory, n, **asked)
    assert isinstance(one.sequential, AlwaysValidResult)
    assert one.p_value is not None
    assert (one.p_value < 0.05) is one.sequential.crossed
    return one.sequential


def test_n_star_is_half_the_plan_unless_set() -> None:
    assert always(1.0, planned_units=30_000).n_star == 15_000
    assert always(1.0, planned_units=30_000, n_star=2_000.0).n_star == 2_000
    assert always(1.0).n_star == 10_000


def test_p_runs_down_and_intervals_only_shrink() -> None:
    then = at_any_time(4.5, planned_units=8_000)
    now = at_any_time(2.0, then.memory, 4 * ARM, planned_units=8_000)
    assert now.sequential is not None
    assert isinstance(now.sequential, AlwaysValidResult)
    assert now.p_value == then.p_value
    assert now.sequential.current_p_value > 0.05
    assert now.sequential.crossed
    for before, after in ((then.difference, now.difference), (then.lift, now.lift)):
        assert before.lower is not None
        assert before.upper is not None
        assert after.lower is not None
        assert after.upper is not None
        assert 0.0 < before.lower <= after.lower <= after.upper <= before.upper


def test_drift_is_detected_when_no_effect_fits_all_readings() -> None:
    """Then the reading alone decides: p and both sets are its own."""
    then = at_any_time(8.0, planned_units=8_000)
    now = at_any_time(-8.0, then.memory, planned_units=8_000)
    assert isinstance(now.sequential, AlwaysValidResult)
    assert now.sequential.status is Status.DRIFT_DETECTED
    assert (now.sequential.lower, now.sequential.upper) == (None, None)
    assert now.sequential.notices[0].status is Status.DRIFT_DETECTED
    assert now.p_value == now.sequential.current_p_value
    assert now.difference.upper is not None
    assert now.difference.upper < 0.0
    calm = at_any_time(0.0, now.memory, planned_units=8_000)
    assert calm.p_value is not None
    assert calm.p_value > 0.05


def test_the_anytime_interval_is_wider_than_the_fixed_one_and_agrees_with_its_p() -> None:
    for z in (0.0, 1.0, 2.0, 2.8, 3.2, 5.0):
        state = always(z, planned_units=4_000)
        assert state.current_lower is not None
        assert state.current_upper is not None
        assert state.current_upper - state.current_lower > 2 * 1.96 * SD * math.sqrt(4.0 / 2_000)
        assert (state.current_lower > 0.0) is (state.current_p_value < 0.05)
