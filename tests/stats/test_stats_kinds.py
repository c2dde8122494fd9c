"""Ratios, quantiles, several arms, segments, caps, plans and the second view."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats as reference
from stats import (
    AnalysisOptions,
    BayesPrior,
    BinarySummary,
    Boundary,
    CappedArms,
    ClusterSums,
    Direction,
    Guardrail,
    InvalidInputError,
    MeanSummary,
    MetricSpec,
    Mode,
    PlanRequest,
    QuantileSummary,
    RatioSummary,
    Status,
    Summary,
    Winsorising,
    analyse_metric,
    analyse_segments,
    as_document,
    combine_periods,
    days_left,
    merge,
    plan,
    pooled_cap,
    quantile_ranks,
    reproduce,
)
from stats.design.power import power_normal, power_rates, power_t


def test_three_arms_have_an_omnibus_test_and_dunnetts_p() -> None:
    rng = np.random.default_rng(1)
    samples = [rng.normal(10.0 + shift, 3.0, 200) for shift in (0.0, 0.5, 1.0)]
    arms = {name: MeanSummary(200, float(y.sum()), float(y @ y)) for name, y in zip("cab", samples, strict=True)}
    result = analyse_metric(MetricSpec("m"), arms, control="c")
    expected = reference.dunnett(samples[1], samples[2], control=samples[0], rng=np.random.default_rng(0))
    assert [one.p_many_to_one for one in result.comparisons] == pytest.approx(list(expected.pvalue), abs=2e-4)
    assert result.omnibus is not None
    assert result.omnibus.method == "welch_anova"
    assert result.omnibus.p_value == pytest.approx(reference.f_oneway(*samples, equal_var=False).pvalue)
    rates = {"c": BinarySummary(500, 50), "a": BinarySummary(500, 60), "b": BinarySummary(500, 90)}
    table = np.array([[arm.conversions, arm.n - arm.conversions] for arm in rates.values()])
    omnibus = analyse_metric(MetricSpec("m"), rates, control="c").omnibus
    assert omnibus is not None
    assert omnibus.p_value == pytest.approx(reference.chi2_contingency(table, correction=False).pvalue)


def test_dunnett_of_one_treatment_is_students_t() -> None:
    from stats.comparison.dunnett import dunnett

    control, treatment = MeanSummary.from_moments(12, 5.0, 4.0), MeanSummary.from_moments(9, 7.0, 5.0)
    test = dunnett([treatment], control)
    expected = reference.ttest_ind_from_stats(7.0, 5.0**0.5, 9, 5.0, 2.0, 12)
    assert test is not None
    assert test.p_values == pytest.approx((float(expected.pvalue),), rel=1e-6)


def test_a_capped_outcome_stands_beside_the_uncapped_one() -> None:
    rng = np.random.default_rng(2)
    raw = {"c": rng.pareto(1.5, 4_000), "t": rng.pareto(1.5, 4_000)}
    cap = pooled_cap(np.concatenate(list(raw.values())).tolist(), 0.99)
    over = int(sum((y > cap).sum() for y in raw.values()))
    cut = {arm: np.minimum(y, cap) for arm, y in raw.items()}
    summaries = [
        {arm: MeanSummary(len(y), float(y.sum()), float(y @ y)) for arm, y in one.items()} for one in (cut, raw)
    ]
    capped = CappedArms(Winsorising(0.99, cap, over), summaries[1])
    result = analyse_metric(MetricSpec("revenue"), summaries[0], control="c", capped=capped)
    block = result.comparisons[0].winsor
    assert block is not None
    assert block.share_capped == pytest.approx(0.01)
    assert block.uncapped is not None
    assert block.uncapped.difference.se is not None
    assert result.comparisons[0].difference.se is not None
    assert block.uncapped.difference.se > result.comparisons[0].difference.se
    text = json.dumps(as_document(result))
    assert as_document(reproduce(json.loads(text))) == json.loads(text)
    with pytest.raises(InvalidInputError, match=r"capped\.uncapped"):
        analyse_metric(MetricSpec("m"), summaries[0], control="c", capped=CappedArms(capped.how, {}))


def test_quantiles_compare_by_order_statistics() -> None:
    rng = np.random.default_rng(3)
    arms = {}
    for name, scale in (("c", 1.0), ("t", 1.2)):
        values = np.sort(rng.exponential(scale, 4_000))
        ranks = quantile_ranks(4_000, 0.9, 0.05)
        assert ranks.lower is not None
        assert ranks.upper is not None
        value = float(np.quantile(values, 0.9))
        arms[name] = QuantileSummary(4_000, 0.9, value, float(values[ranks.lower - 1]), float(values[ranks.upper - 1]))
    one = analyse_metric(MetricSpec("p90"), arms, control="c").comparisons[0]
    # sd of the 0.9 quantile of an exponential of scale 1: √(q(1 − q)/n)/density = 0.3/√n/0.1.
    assert one.difference.se == pytest.approx(np.hypot(1.0, 1.2) * 3.0 / np.sqrt(4_000), rel=0.15)
    assert one.difference.lower is not None
    assert one.difference.upper is not None
    assert one.difference.lower < 0.2 * np.log(10.0) < one.difference.upper


def test_clusters_widen_a_quantile() -> None:
    """Ten equal observations per unit carry one observation's information."""
    below, size = 5.0, 10.0
    sums = ClusterSums(100, 500.0, 50 * 100.0, 1_000.0, 100 * size**2, 50 * 100.0)
    alone = QuantileSummary(1_000, 0.5, 10.0, 9.0, 11.0)
    grouped = QuantileSummary(1_000, 0.5, 10.0, 9.0, 11.0, clusters=sums)
    plain = analyse_metric(MetricSpec("p50"), {"c": alone, "t": alone}, control="c").comparisons[0]
    wide = analyse_metric(MetricSpec("p50"), {"c": grouped, "t": grouped}, control="c").comparisons[0]
    assert plain.difference.se is not None
    assert wide.difference.se == pytest.approx(plain.difference.se * np.sqrt(10.0 * 100 / 99), rel=1e-9)
    assert (wide.n_control, plain.n_control) == (100, 1_000)
    assert below < size


def test_a_quantile_without_ranks_is_not_estimable() -> None:
    ranks = quantile_ranks(50, 0.99, 0.05)
    assert (ranks.status, ranks.upper, ranks.coverage) == (Status.NOT_ESTIMABLE_QUANTILE, None, None)
    arm = QuantileSummary(50, 0.99, 3.0, 1.0, None)
    one = analyse_metric(MetricSpec("p99"), {"c": arm, "t": arm}, control="c").comparisons[0]
    assert one.status is Status.NOT_ESTIMABLE_QUANTILE
    assert one.difference.estimate == 0.0


def test_segments_have_a_family_and_a_test_of_their_own() -> None:
    segments = {
        name: {"c": BinarySummary(5_000, 500), "t": BinarySummary(5_000, hits)}
        for name, hits in (("ios", 600), ("android", 500), ("web", 380))
    } | {"empty": {"c": BinarySummary(0, 0), "t": BinarySummary(0, 0)}}
    result = analyse_segments(MetricSpec("signup"), segments, control="c")
    assert [member.segment for member in result.family.members] == list(segments)
    assert result.family.size == 3
    spread = result.heterogeneity["t"]
    assert spread is not None
    assert spread.df == 2
    assert spread.p_value < 1e-5
    assert result.segments["empty"].status is Status.INSUFFICIENT_DATA
    with pytest.raises(InvalidInputError, match="segments"):
        analyse_segments(MetricSpec("signup"), {}, control="c")


def test_periods_with_another_allocation_stay_apart() -> None:
    """Simpson's paradox: each period favours the treatment, the pooled table the control."""
    periods = [
        {"c": BinarySummary(9_900, 1_980), "t": BinarySummary(100, 23)},
        {"c": BinarySummary(5_000, 250), "t": BinarySummary(5_000, 300)},
        {"c": BinarySummary(0, 0), "t": BinarySummary(0, 0)},
    ]
    combined = combine_periods(periods, treatment="t", control="c")
    assert combined.status is Status.ALLOCATION_CHANGED
    assert combined.difference.difference == pytest.approx(0.02)
    assert combined.rates is not None
    assert combined.rates.odds_ratio == pytest.approx(1.2107031474)
    pooled = {arm: merge([period[arm] for period in periods]) for arm in ("c", "t")}
    assert pooled["t"].rate < pooled["c"].rate
    steady = combine_periods(periods[1:2] * 2, treatment="t", control="c")
    assert steady.status is Status.OK
    with pytest.raises(InvalidInputError, match="periods"):
        combine_periods(periods[2:], treatment="t", control="c")


def test_parts_of_one_kind_merge_where_they_say_what_the_whole_is() -> None:
    part = RatioSummary(10, 5, 9, 20, 50, 12)
    assert merge([part, part]) == RatioSummary(20, 10, 18, 40, 100, 24)
    median = QuantileSummary(3, 0.5, 1.0, None, None)
    refused: list[list[Summary]] = [[], [part, BinarySummary(10, 5)], [median, median]]
    for parts in refused:
        with pytest.raises(InvalidInputError, match="parts"):
            merge(parts)


def test_plan_sizes_have_the_power_they_promise() -> None:
    rates = plan(PlanRequest(baseline=0.1, effect_relative=0.05, units_per_day=5_000.0))
    sizes = float(rates.units_control), float(rates.units_treatment)
    assert power_rates(0.1, 0.105, sizes, 0.05) == pytest.approx(0.8, abs=1e-4)
    assert rates.days == -(-rates.units_total // 5_000)
    means = plan(PlanRequest(baseline=50.0, effect_relative=0.02, sd=20.0, shares=(0.6, 0.3)))
    se = 20.0 * np.sqrt(1.0 / means.units_control + 1.0 / means.units_treatment)
    assert power_normal(1.0, float(se), 0.05) == pytest.approx(0.8, abs=1e-3)
    assert (means.days, means.mde_over_time) == (None, ())


def test_what_a_plan_saves_and_costs() -> None:
    base = {"baseline": 50.0, "effect_relative": 0.02, "sd": 20.0, "units_per_day": 1_000.0}
    plain = plan(PlanRequest(**base))  # type: ignore[arg-type]
    cuped = plan(PlanRequest(**base, rho=0.7))  # type: ignore[arg-type]
    looks = plan(PlanRequest(**base, mode=Mode.GROUP, looks=5, boundary=Boundary.POCOCK))  # type: ignore[arg-type]
    many = plan(PlanRequest(**base, arms=4, comparisons=3))  # type: ignore[arg-type]
    assert cuped.units_total == pytest.approx(plain.units_total * 0.51, rel=1e-3)
    assert looks.inflation == pytest.approx(1.2286, abs=1e-4)
    assert (looks.units_expected or 0) < plain.units_total < looks.units_total
    assert many.units_control > plain.units_control
    shrinking = [row.mde_absolute for row in plain.mde_over_time]
    assert shrinking == sorted(shrinking, key=lambda value: -(value or 0.0))
    json.dumps(as_document(plain), allow_nan=False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"baseline": 0.0}, "baseline"),
        ({"baseline": 0.9, "effect_relative": 0.2}, "baseline"),
        ({"effect_relative": 0.0}, "effect_relative"),
        ({"power": 0.04}, "power"),
        ({"arms": 1}, "arms"),
        ({"looks": 0}, "looks"),
        ({"looks": 3}, "looks"),
        ({"n_star": 100.0}, "n_star"),
        ({"effect_absolute": 1.0}, "effect_absolute"),
        ({"effect_relative": None}, "effect_relative"),
        pytest.param({"effect_relative": None, "guardrail": Guardrail(0.0)}, "guardrail", id="margin-of-zero"),
        ({"days_min": -1.0}, "days_min"),
        ({"planned_units": 0}, "planned_units"),
        ({"comparisons": 0}, "comparisons"),
        ({"comparisons": 1_000, "alpha": 1e-7}, "comparisons"),
        ({"rho": 1.0}, "rho"),
        ({"shares": (0.8, 0.4)}, "shares"),
        ({"units_per_day": 0.0}, "units_per_day"),
        ({"sd": -1.0}, "sd"),
    ],
)
def test_wrong_plans_are_refused(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        PlanRequest(**({"baseline": 0.1, "effect_relative": 0.05} | fields))  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_days_left_follow_the_square_root() -> None:
    assert days_left(0.01, 0.02, 1_000, 100.0) == 30
    assert days_left(0.02, 0.01, 1_000, 100.0) == 0
    assert days_left(0.01, 0.02, 1_000, 0.0) is None


def test_power_of_the_t_test_is_the_noncentral_t() -> None:
    for size, units in ((0.5, 64.0), (1.0, 8.0), (0.1, 30.0), (3.0, 3.0)):
        df, shift = 2 * units - 2, size * np.sqrt(units / 2)
        critical = reference.t.ppf(0.975, df)
        expected = reference.nct.sf(critical, df, shift) + reference.nct.cdf(-critical, df, shift)
        assert power_t(size, (units, units), 0.05) == pytest.approx(float(expected), rel=1e-8)


@pytest.mark.parametrize("mode", list(Mode))
def test_the_smallest_effect_is_told_for_each_mode(mode: Mode) -> None:
    arms = {"c": MeanSummary.from_moments(1_000, 10.0, 4.0), "t": MeanSummary.from_moments(1_000, 10.0, 4.0)}
    options = AnalysisOptions(mode=mode, looks_planned=5, planned_units=4_000)
    block = analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0].mde
    assert block is not None
    assert block.absolute is not None
    assert block.relative is not None
    fixed = 2.8015852 * 2.0 * np.sqrt(2 / 1_000)
    if mode is Mode.FIXED:
        assert block.absolute == pytest.approx(fixed)
    else:
        assert block.absolute > fixed
    assert block.relative > block.absolute / 10.0


def test_the_second_view_knows_the_direction_and_says_its_limits() -> None:
    arms = {"c": BinarySummary(400, 48), "t": BinarySummary(410, 66)}
    asked = AnalysisOptions(bayes=BayesPrior())
    up = analyse_metric(MetricSpec("m"), arms, control="c", options=asked).comparisons[0].bayes
    down = analyse_metric(MetricSpec("m", Direction.DECREASE), arms, control="c", options=asked).comparisons[0].bayes
    assert up is not None
    assert down is not None
    assert up.chance_to_win == pytest.approx(0.9526798426589358)
    assert down.chance_to_win == pytest.approx(1.0 - up.chance_to_win)
    assert down.expected_loss_treatment == up.expected_loss_control
    assert "not controlled" in up.caution
    means = {"c": MeanSummary.from_moments(500, 10.0, 9.0), "t": MeanSummary.from_moments(500, 10.3, 9.0)}
    flat = analyse_metric(MetricSpec("m"), means, control="c", options=asked).comparisons[0]
    tight = AnalysisOptions(bayes=BayesPrior(lift_sd=0.001))
    shrunk = analyse_metric(MetricSpec("m"), means, control="c", options=tight).comparisons[0].bayes
    assert flat.bayes is not None
    assert shrunk is not None
    assert shrunk.upper < flat.bayes.upper
    assert flat.bayes.scale == "lift"


def test_a_document_has_no_infinity() -> None:
    arms = {"c": MeanSummary(100, 50, 1609), "t": MeanSummary(100, 300, 2484)}
    document = as_document(analyse_metric(MetricSpec("m"), arms, control="c"))
    lift = document["comparisons"][0]["lift"]
    assert (lift["kind"], lift["lower"], lift["upper"]) == ("complement", None, None)
    assert as_document(float("inf")) is None
    with pytest.raises(TypeError, match="object"):
        as_document(object())
