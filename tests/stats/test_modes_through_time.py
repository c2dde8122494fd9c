"""What each mode says while people look whenever they like: looks decide, sets agree with p, memory holds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from stats import (
    AnalysisOptions,
    BinarySummary,
    Boundary,
    Comparison,
    Difference,
    Guardrail,
    Lift,
    Look,
    MeanSummary,
    Memory,
    MetricSpec,
    Mode,
    Progress,
    State,
    Status,
    Summary,
    adjust_family,
    analyse_metric,
    as_document,
    exploratory_family,
    official_looks,
    read,
    reproduce,
)
from stats.analysis.arms import prepare_arm
from stats.comparison.lift import fieller
from stats.distributions import two_sided_p
from stats.effects import SetKind
from stats.sequential.intersections import joined
from stats.sequential.monitoring import look_bounds, repeated_p

PLANNED = 4_000


def arms_of(random: np.random.Generator, n: int, kind: str, lift: float) -> dict[str, Summary]:
    if kind == "rate":
        return {
            "c": BinarySummary(n, int(random.binomial(n, 0.1))),
            "t": BinarySummary(n, int(random.binomial(n, 0.1 * (1 + lift)))),
        }
    found: dict[str, Summary] = {}
    for arm, scale in (("c", 5.0), ("t", 5.0 * (1.0 + lift))):
        y = random.exponential(scale, n)
        found[arm] = MeanSummary(n, float(y.sum()), float(y @ y))
    return found


def excludes_zero(comparison: Comparison) -> bool:
    lift = comparison.lift
    if lift.excluded is not None:
        return lift.excluded[0] < 0.0 < lift.excluded[1]
    return lift.lower is not None and lift.upper is not None and not lift.lower <= 0.0 <= lift.upper


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("kind", ["rate", "mean"])
def test_the_lifts_set_excludes_zero_exactly_when_p_is_below_alpha(mode: Mode, kind: str) -> None:
    random = np.random.default_rng(11)
    for repeat in range(60):
        lift = (-0.3, 0.0, 0.15, 0.4)[repeat % 4]
        history: tuple[Look, ...] = ()
        memory: dict[str, Memory] = {}
        for n in (3, 60, 500, 1_200, 2_000):
            options = AnalysisOptions(
                mode=mode,
                planned_units=PLANNED,
                looks_planned=4,
                history={"t": history} if mode is Mode.GROUP else {},
                memory=memory,
            )
            one = analyse_metric(MetricSpec("m"), arms_of(random, n, kind, lift), control="c", options=options)
            comparison = one.comparisons[0]
            if comparison.memory is not None:
                memory = {"t": comparison.memory}
            if comparison.look is not None and comparison.look.official and comparison.look.taken is not None:
                history = (*history, comparison.look.taken)
            if comparison.p_value is None or comparison.lift.kind is None:
                continue
            assert excludes_zero(comparison) is (comparison.p_value < 0.05)


def test_readings_at_random_times_change_no_look() -> None:
    """A path read often and a path read at its looks alone say the same at the end."""
    random = np.random.default_rng(12)
    steps = np.cumsum(random.binomial(10, 0.1, (2, 200)), axis=1)
    spec = MetricSpec("m")

    def path(readings: set[int]) -> tuple[list[Comparison], tuple[Look, ...]]:
        history: tuple[Look, ...] = ()
        said = []
        for step in sorted(readings):
            n = 10 * (step + 1)
            arms = {"c": BinarySummary(n, int(steps[0, step])), "t": BinarySummary(n, int(steps[1, step]))}
            options = AnalysisOptions(
                mode=Mode.GROUP, planned_units=2_000, looks_planned=4, history={"t": history}, takes_look=True
            )
            comparison = analyse_metric(spec, arms, control="c", options=options).comparisons[0]
            assert comparison.look is not None
            if comparison.look.official and comparison.look.taken is not None:
                history = (*history, comparison.look.taken)
            assert comparison.look.number == len(history)
            assert comparison.p_value is None or comparison.difference.estimate == history[-1].difference
            said.append(comparison)
        return said, history

    looks = {24, 49, 74, 99}
    often, taken = path(looks | {int(step) for step in random.integers(0, 200, 80)})
    seldom, the_same = path(looks)
    assert taken == the_same
    assert [look.n for look in taken] == [500, 1_000, 1_500, 2_000]
    assert (often[-1].p_value, often[-1].difference, often[-1].lift) == (
        seldom[-1].p_value,
        seldom[-1].difference,
        seldom[-1].lift,
    )
    assert often[-1].complete
    assert often[-1].fixed_horizon != seldom[-1].fixed_horizon


def test_of_many_readings_the_first_at_each_share_is_a_look() -> None:
    options = AnalysisOptions(mode=Mode.GROUP, planned_units=1_000, looks_planned=4)
    readings = [Look(n, 0.1, 1.0) for n in (10, 240, 260, 300, 490, 760, 990, 1_400, 2_000)]
    assert [look.n for look in official_looks(readings, options)] == [260, 760, 1_400]
    no_size = AnalysisOptions(mode=Mode.GROUP, looks_planned=2)
    assert len(official_looks(readings, no_size)) == 2


def test_a_reading_that_takes_no_look_decides_nothing() -> None:
    arms = {"c": BinarySummary(500, 50), "t": BinarySummary(500, 150)}
    options = AnalysisOptions(mode=Mode.GROUP, planned_units=2_000, looks_planned=2, takes_look=False)
    result = analyse_metric(MetricSpec("m"), arms, control="c", options=options)
    comparison = result.comparisons[0]
    assert comparison.look is not None
    assert (comparison.look.official, comparison.look.next_look_units, comparison.p_value) == (False, 1_000, None)
    reading = read(result, "t", Progress(1_000, 2_000))
    assert (reading.state, reading.units_needed, reading.significant) == (State.TOO_EARLY, 1_000, False)


@pytest.mark.parametrize("boundary", list(Boundary))
@pytest.mark.parametrize("units", [(1_000,), (1_000, 2_000), (1_000, 2_350), (700, 1_900, 4_100)])
def test_the_repeated_p_is_the_level_whose_bound_goes_through_z(boundary: Boundary, units: tuple[int, ...]) -> None:
    options = AnalysisOptions(mode=Mode.GROUP, planned_units=4_000, looks_planned=4, boundary=boundary)
    for z in (2.1, 2.7, 3.5):
        p_value = repeated_p(units, z, options)
        assert p_value > two_sided_p(z)
        assert look_bounds(units, options, p_value).bounds[-1] == pytest.approx(z, rel=1e-6)
    assert repeated_p(units, 0.0, options) == 1.0


def test_the_always_valid_lift_is_fiellers_set_at_the_sequences_critical_value() -> None:
    random = np.random.default_rng(13)
    arms = arms_of(random, 3_000, "mean", 0.1)
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=6_000)
    one = analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0]
    n, rho2 = 6_000, (-2 * np.log(0.05) + np.log1p(-2 * np.log(0.05))) / 3_000
    critical = float(np.sqrt(2 * (n * rho2 + 1) / (n * rho2) * np.log(np.sqrt(n * rho2 + 1) / 0.05)))
    treatment, control = prepare_arm(arms["t"]).estimate, prepare_arm(arms["c"]).estimate
    assert treatment is not None
    assert control is not None
    expected = fieller(treatment, control, critical)
    assert (one.lift.lower, one.lift.upper) == pytest.approx((expected.lower, expected.upper), rel=1e-2)
    assert one.lift.delta_lower is None


def test_a_memory_survives_its_document() -> None:
    random = np.random.default_rng(14)
    spec = MetricSpec("m", guardrail=Guardrail(0.1))
    first = analyse_metric(
        spec, arms_of(random, 2_000, "rate", 0.3), control="c", options=AnalysisOptions(mode=Mode.ALWAYS_VALID)
    )
    memory = first.comparisons[0].memory
    assert memory is not None
    assert Memory(**json.loads(json.dumps(as_document(memory)))) == memory
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, memory={"t": memory})
    later = analyse_metric(spec, arms_of(random, 2_100, "rate", 0.3), control="c", options=options)
    document = json.loads(json.dumps(as_document(later)))
    assert as_document(reproduce(document)) == document
    block = later.comparisons[0].guardrail
    assert block is not None
    assert block.p_value is not None
    assert block.p_value <= memory.margin_p


@pytest.mark.parametrize("mode", list(Mode))
def test_a_guardrails_power_is_how_often_it_passes(mode: Mode) -> None:
    random = np.random.default_rng(15)
    options = AnalysisOptions(mode=mode, planned_units=8_000, looks_planned=1)
    spec = MetricSpec("m", guardrail=Guardrail(0.25))
    passed, told = 0, []
    for _ in range(400):
        arms = {arm: BinarySummary(4_000, int(random.binomial(4_000, 0.1))) for arm in ("c", "t")}
        block = analyse_metric(spec, arms, control="c", options=options).comparisons[0].guardrail
        assert block is not None
        assert block.power is not None
        passed += block.state == "pass"
        told.append(block.power)
    assert np.mean(told) == pytest.approx(passed / 400, abs=0.06)


def test_secondary_metrics_are_a_family_that_says_so() -> None:
    results = [
        analyse_metric(
            MetricSpec(f"m{index}"), {"c": BinarySummary(900, 90), "t": BinarySummary(900, hits)}, control="c"
        )
        for index, hits in enumerate((130, 118, 95))
    ]
    family = exploratory_family(results)
    assert (family.exploratory, family.method) == (True, "bh")
    assert family.members == adjust_family(results, "bh").members
    assert family.member("m1", "t") == family.members[1]
    assert family.member("m1", "x") is None


def read_again(arms: dict[str, Summary], memory: Memory | None = None) -> Comparison:
    """An always-valid reading that knows of those before."""
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, memory={} if memory is None else {"t": memory})
    return analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0]


def holds(interval: Difference | Lift, value: float) -> bool:
    return interval.lower is not None and interval.upper is not None and interval.lower <= value <= interval.upper


def test_a_difference_that_grows_from_day_to_day_is_never_outside_of_its_own_interval() -> None:
    """All units came on the first day and buy for 1 a day, for 1.1 with the treatment: on day d the true difference is
    d/10, and what day 1 said of it is no longer so."""
    random = np.random.default_rng(5)
    sums = {arm: np.zeros(5_000) for arm in ("c", "t")}
    memory: Memory | None = None
    for day in range(1, 31):
        for arm, mean in (("c", 1.0), ("t", 1.1)):
            sums[arm] += random.normal(mean, 1.0, 5_000)
        arms: dict[str, Summary] = {arm: MeanSummary(5_000, float(y.sum()), float(y @ y)) for arm, y in sums.items()}
        one = read_again(arms, memory)
        memory = one.memory
        assert one.difference.estimate is not None
        assert holds(one.difference, one.difference.estimate)
        assert holds(one.difference, day / 10) or day == 1
        assert holds(one.lift, 0.1)


def test_a_reading_before_the_first_outcome_narrows_no_later_one() -> None:
    """4,000 units and no conversion yet gave ±.004 for good, when a tenth would convert."""
    before = read_again({"c": BinarySummary(2_000, 0), "t": BinarySummary(2_000, 0)})
    after: dict[str, Summary] = {"c": BinarySummary(2_000, 200), "t": BinarySummary(2_000, 201)}

    assert read_again(after, before.memory).difference == read_again(after).difference


def amounts(n: int, mean: float, sd: float) -> MeanSummary:
    return MeanSummary(n, n * mean, (n - 1) * sd**2 + n * mean**2)


FEW: dict[str, Summary] = {"c": amounts(70, 1.0, 3.4), "t": amounts(70, 5.0, 6.7)}
"""The treatment is above the control, whose mean may be 0: the lift's set is all but a gap around 0."""
MANY: dict[str, Summary] = {"c": amounts(900, 2.0, 10.0), "t": amounts(900, 3.4, 20.0)}
"""By themselves unclear."""


@pytest.mark.parametrize("mode", [Mode.ALWAYS_VALID, Mode.GROUP])
def test_a_lift_that_was_all_but_a_gap_stays_out_of_it(mode: Mode) -> None:
    plan = AnalysisOptions(mode=mode, planned_units=2_000, looks_planned=4)
    if mode is Mode.GROUP:
        plan = replace(plan, planned_units=560)
    first = analyse_metric(MetricSpec("m"), FEW, control="c", options=plan).comparisons[0]
    assert first.lift.kind is SetKind.COMPLEMENT
    assert excludes_zero(first)

    history = {"t": (first.look.taken,)} if first.look is not None and first.look.taken is not None else {}
    memory = {"t": first.memory} if first.memory is not None else {}
    later = replace(plan, history=history, memory=memory)
    then = analyse_metric(MetricSpec("m"), MANY, control="c", options=later).comparisons[0]
    alone = analyse_metric(MetricSpec("m"), MANY, control="c", options=plan).comparisons[0]
    assert (alone.lift.lower or 0.0) < 0.0
    assert (then.p_value or 1.0) < 0.05
    assert then.lift.kind is SetKind.INTERVAL
    assert first.lift.excluded is not None
    assert then.lift.lower == first.lift.excluded[1]


def test_a_gap_that_parts_what_is_left_is_shown_as_a_gap() -> None:
    memory = {"t": Memory(0.01, 0.1, 9.0, lift_gap_lower=-0.01, lift_gap_upper=0.01)}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=2_000, memory=memory)
    lift = analyse_metric(MetricSpec("m"), MANY, control="c", options=options).comparisons[0].lift
    assert (lift.kind, lift.status, lift.excluded) == (SetKind.COMPLEMENT, Status.LIFT_UNBOUNDED, (-0.01, 0.01))


def test_an_estimate_inside_of_the_gap_lets_the_reading_alone_decide() -> None:
    memory = {"t": Memory(0.01, 0.1, 9.0, lift_gap_lower=-0.5, lift_gap_upper=0.9)}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=2_000, memory=memory)
    now = analyse_metric(MetricSpec("m"), MANY, control="c", options=options).comparisons[0]
    alone = analyse_metric(MetricSpec("m"), MANY, control="c", options=replace(options, memory={})).comparisons[0]
    assert now.sequential is not None
    assert now.sequential.status is Status.DRIFT_DETECTED
    assert (now.p_value, now.lift) == (alone.p_value, alone.lift)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (None, (-1.0, 1.0), (-1.0, 1.0)),
        ((-1.0, 1.0), None, (-1.0, 1.0)),
        ((-1.0, 1.0), (0.5, 2.0), (-1.0, 2.0)),
        ((-1.0, 1.0), (3.0, 4.0), (-1.0, 1.0)),
        ((3.0, 4.0), (-1.0, 1.0), (-1.0, 1.0)),
    ],
)
def test_gaps_are_joined_where_they_overlap(
    one: tuple[float, float] | None, other: tuple[float, float] | None, both: tuple[float, float]
) -> None:
    assert joined(one, other) == both
