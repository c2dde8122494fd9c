"""The decision rule, the family it may follow, and guardrails with their states."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stats import (
    AnalysisOptions,
    BinarySummary,
    Direction,
    Guardrail,
    InvalidInputError,
    MeanSummary,
    Memory,
    MetricResult,
    MetricSpec,
    Mode,
    Progress,
    State,
    Verdict,
    adjust_family,
    analyse_metric,
    check_sample_ratio,
    decide,
    read,
)

DONE = Progress(units=20_000, planned_units=20_000, days_run=14, days_min=7)


def rate(key: str, lift: float, spec: dict[str, object] | None = None, n: int = 10_000) -> MetricResult:
    arms = {"c": BinarySummary(n, n // 10), "t": BinarySummary(n, round(n / 10 * (1.0 + lift)))}
    metric = MetricSpec(key, **(spec or {}))  # type: ignore[arg-type]
    return analyse_metric(metric, arms, control="c")


def protected(key: str, lift: float, n: int = 10_000) -> MetricResult:
    return rate(key, lift, {"guardrail": Guardrail(0.05)}, n)


def test_ship_when_a_goal_wins_and_guardrails_pass() -> None:
    decision = decide("t", [rate("signup", 0.2), protected("uptime", 0.05)], DONE)
    assert decision.verdict is Verdict.SHIP
    assert decision.reasons == ("signup reads as better.",)
    assert decision.rule.startswith("A goal reads as better")
    assert decision.days_left is None
    named = decide("t", [replace(rate("signup", 0.2), name="Sign-ups")], DONE)
    assert named.reasons == ("Sign-ups reads as better.",)


def test_a_metric_that_should_fall_ships_when_it_falls() -> None:
    errors: dict[str, object] = {"direction": Direction.DECREASE}
    assert decide("t", [rate("errors", -0.2, errors)], DONE).verdict is Verdict.SHIP
    assert decide("t", [rate("errors", 0.2, errors)], DONE).verdict is Verdict.ROLL_BACK


def test_roll_back_on_a_deteriorated_guardrail_even_if_a_goal_wins() -> None:
    decision = decide("t", [rate("signup", 0.3), protected("uptime", -0.3)], DONE)
    assert decision.verdict is Verdict.ROLL_BACK
    assert decision.reasons == ("The guardrail uptime deteriorated.",)


def test_keep_running_with_days_left() -> None:
    progress = Progress(units=5_000, planned_units=20_000, days_run=3, days_min=7, units_per_day=2_000.0)
    decision = decide("t", [rate("signup", 0.01)], progress)
    assert decision.verdict is Verdict.KEEP_RUNNING
    assert decision.days_left == 8
    assert "No goal reads as better." in decision.reasons


def test_a_fixed_horizon_winner_waits_for_the_plan() -> None:
    """Peeking at a fixed-horizon result decides nothing, in either direction."""
    progress = Progress(units=10_000, planned_units=20_000, days_run=14, units_per_day=1_000.0)
    assert decide("t", [rate("signup", 0.3)], progress).verdict is Verdict.KEEP_RUNNING
    assert decide("t", [rate("signup", -0.3)], progress).verdict is Verdict.KEEP_RUNNING
    unplanned = Progress(units=10_000, days_run=14)
    assert decide("t", [rate("signup", 0.3)], unplanned).verdict is Verdict.SHIP
    assert unplanned.days_left is None


def test_an_anytime_winner_need_not_wait_for_the_plan_but_for_the_minimum_time() -> None:
    arms = {"c": BinarySummary(10_000, 1_000), "t": BinarySummary(10_000, 1_300)}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=40_000)
    result = analyse_metric(MetricSpec("signup"), arms, control="c", options=options)
    ready = Progress(units=20_000, planned_units=40_000, days_run=7, days_min=7)
    early = Progress(units=20_000, planned_units=40_000, days_run=2, days_min=7, units_per_day=1e6)
    assert decide("t", [result], ready).verdict is Verdict.SHIP
    decision = decide("t", [result], early)
    assert decision.verdict is Verdict.KEEP_RUNNING
    assert decision.days_left == 5


def test_the_end_without_a_win_is_inconclusive() -> None:
    decision = decide("t", [rate("signup", 0.0)], DONE)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert decision.reasons[-1] == "The planned size is reached."


def test_a_goal_that_wins_beside_an_unproven_guardrail_is_inconclusive_at_the_end() -> None:
    decision = decide("t", [rate("signup", 0.3), protected("uptime", 0.0, 1_000)], DONE)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "The guardrail uptime is not proven yet." in decision.reasons


def test_an_improvement_never_rolls_back() -> None:
    """Four times as many conversions, a margin of 0, and too few units to prove anything."""
    arms = {"c": BinarySummary(40, 1), "t": BinarySummary(40, 5)}
    for mode in Mode:
        options = AnalysisOptions(mode=mode, looks_planned=1, planned_units=80)
        result = analyse_metric(MetricSpec("signup", guardrail=Guardrail(0.0)), arms, control="c", options=options)
        decision = decide("t", [result], Progress(80, 80, 14, 7))
        assert decision.verdict is Verdict.INCONCLUSIVE


def test_a_stopped_experiment_is_read_by_its_plan() -> None:
    stopped = Progress(units=5_000, planned_units=20_000, days_run=14, days_min=7, stopped=True)
    decision = decide("t", [rate("signup", 0.3)], stopped)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert read(rate("signup", 0.3), "t", stopped).state is State.TOO_EARLY


def test_unhealthy_data_decide_nothing() -> None:
    mismatch = check_sample_ratio({"c": 10_000, "t": 11_000}, {"c": 1, "t": 1})
    assert mismatch.blocks_decision
    decision = decide("t", [rate("signup", 0.3)], DONE, sample_ratio=mismatch)
    assert decision.verdict is Verdict.UNHEALTHY
    assert decision.notices[0].status.value == "srm_blocks_decision"
    told = decide("t", [rate("signup", 0.3)], DONE, health_problems=["Units were seen in two arms."])
    assert (told.verdict, told.reasons) == (Verdict.UNHEALTHY, ("Units were seen in two arms.",))


def test_the_family_takes_back_what_chance_gave() -> None:
    results = [rate("signup", 0.085), *(rate(f"other {index}", 0.0) for index in range(9))]
    assert read(results[0], "t", DONE).state is State.BETTER
    family = adjust_family(results, "holm")
    assert family.size == 10
    assert family.members[0].adjusted_p == pytest.approx(
        10 * (results[0].comparisons[0].fixed_horizon.test.p_value or 0.0)
    )
    reading = read(results[0], "t", DONE, family)
    assert (reading.state, reading.significant) == (State.UNCLEAR, False)
    assert reading.adjusted_p == family.members[0].adjusted_p
    assert decide("t", results, DONE).verdict is Verdict.SHIP
    assert decide("t", results, DONE, family=family).verdict is Verdict.INCONCLUSIVE


def test_guardrails_and_results_without_p_stay_out_of_the_family() -> None:
    nothing = analyse_metric(MetricSpec("x"), {"c": MeanSummary(0, 0, 0), "t": MeanSummary(0, 0, 0)}, control="c")
    family = adjust_family([rate("signup", 0.2), protected("uptime", 0.0), nothing], "bh")
    assert [member.metric for member in family.members] == ["signup", "x"]
    assert family.size == 1
    assert family.members[1].adjusted_p is None
    with pytest.raises(InvalidInputError) as refusal:
        adjust_family([], "guess")
    assert refusal.value.field == "method"


def test_a_family_of_sequential_results_uses_their_p() -> None:
    arms = {"c": BinarySummary(10_000, 1_000), "t": BinarySummary(10_000, 1_150)}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=40_000)
    result = analyse_metric(MetricSpec("signup"), arms, control="c", options=options)
    member = adjust_family([result]).members[0]
    assert result.comparisons[0].sequential is not None
    assert member.p_value == result.comparisons[0].sequential.p_value
    assert member.p_value != result.comparisons[0].fixed_horizon.test.p_value


@pytest.mark.parametrize(
    ("lift", "n", "state"),
    [(0.0, 200_000, "pass"), (0.0, 2_000, "unclear"), (-0.3, 20_000, "deteriorated"), (-0.02, 2_000_000, "pass")],
)
def test_guardrail_states(lift: float, n: int, state: str) -> None:
    block = protected("uptime", lift, n).comparisons[0].guardrail
    assert block is not None
    assert block.state == state
    assert block.margin_kind == "relative"
    assert block.bound is not None
    if state == "pass":
        assert block.bound > -0.05


@pytest.mark.parametrize(
    ("lift", "n", "state", "against"),
    [
        (0.0, 200_000, State.WITHIN_MARGIN, State.UNCLEAR),
        (-0.02, 2_000_000, State.WITHIN_MARGIN, State.WORSE),
        (0.1, 200_000, State.BETTER, State.BETTER),
        (0.0, 2_000, State.UNCLEAR, State.UNCLEAR),
        (-0.09, 10_000, State.UNCLEAR, State.WORSE),
        (-0.3, 20_000, State.WORSE, State.WORSE),
    ],
)
def test_a_guardrail_reads_by_its_own_question(lift: float, n: int, state: State, against: State) -> None:
    """It reads as worse exactly when it deteriorated, and rolls back; passing is never unclear or worse."""
    result = protected("uptime", lift, n)
    block, reading = result.comparisons[0].guardrail, read(result, "t", DONE)
    assert block is not None
    assert reading.against_control is not None
    assert (reading.state, reading.against_control.state) == (state, against)
    assert (reading.state is State.WORSE) == (block.state == "deteriorated")
    assert (reading.state in (State.WITHIN_MARGIN, State.BETTER)) == (block.state == "pass")
    if state in (State.WITHIN_MARGIN, State.UNCLEAR):
        assert (reading.p_value, reading.method) == (block.p_value, block.method)
        assert (reading.p_value < 0.05) == (state is State.WITHIN_MARGIN)  # type: ignore[operator]
    verdict = decide("t", [rate("signup", 0.2), result], DONE)
    assert (verdict.verdict is Verdict.ROLL_BACK) == (state is State.WORSE)
    tolerated = "The guardrail uptime is worse than the control, by less than its margin allows."
    assert (tolerated in verdict.reasons) == ((state, against) == (State.WITHIN_MARGIN, State.WORSE))


def test_a_guardrail_without_data_is_insufficient() -> None:
    spec = MetricSpec("uptime", guardrail=Guardrail(0.05))
    empty, constant = MeanSummary(0, 0, 0), MeanSummary(10, 10, 10)
    for arm in (empty, constant):
        block = analyse_metric(spec, {"c": arm, "t": arm}, control="c").comparisons[0].guardrail
        assert block is not None
        assert (block.state, block.p_value) == ("insufficient", None)


def test_a_guardrail_watched_daily_remembers_its_worst_day() -> None:
    """As long as the estimate is still on that side."""
    spec = MetricSpec("uptime", guardrail=Guardrail(0.01))
    arms = {"c": MeanSummary.from_moments(1_000, 100.0, 400.0), "t": MeanSummary.from_moments(1_000, 99.5, 400.0)}
    options = AnalysisOptions(memory={"t": Memory(harm_p=0.001)}, planned_units=4_000)
    quiet = analyse_metric(spec, arms, control="c").comparisons[0]
    alarmed = analyse_metric(spec, arms, control="c", options=options).comparisons[0]
    recovered = analyse_metric(spec, {"c": arms["t"], "t": arms["c"]}, control="c", options=options).comparisons[0]
    states = [one.guardrail.state for one in (quiet, alarmed, recovered) if one.guardrail is not None]
    assert states == ["unclear", "deteriorated", "pass"]
    assert quiet.memory is not None
    assert quiet.memory.harm_p > 0.05


def test_all_guardrails_share_one_error_rate() -> None:
    arms = {"c": BinarySummary(10_000, 1_000), "t": BinarySummary(10_000, 870)}
    spec = MetricSpec("uptime", guardrail=Guardrail(0.05))
    alone, among = (
        analyse_metric(spec, arms, control="c", options=AnalysisOptions(guardrail_tests=tests)).comparisons[0].guardrail
        for tests in (1, 20)
    )
    assert alone is not None
    assert among is not None
    assert (alone.state, among.state) == ("deteriorated", "unclear")
    assert among.deterioration_alpha == 0.05 / 20


def test_harm_is_told_before_the_plan_decides_and_passing_is_not() -> None:
    spec = MetricSpec("uptime", guardrail=Guardrail(0.05))

    def at_half(conversions: int, units: int = 10_000) -> MetricResult:
        arms = {"c": BinarySummary(units, units // 10), "t": BinarySummary(units, conversions)}
        options = AnalysisOptions(complete=False, planned_units=4 * units)
        return analyse_metric(spec, arms, control="c", options=options)

    early = Progress(units=20_000, planned_units=40_000, days_run=2, days_min=7)
    assert decide("t", [at_half(700)], early).verdict is Verdict.ROLL_BACK
    fine = at_half(10_100, 100_000).comparisons[0]
    assert fine.guardrail is not None
    assert (fine.guardrail.state, fine.guardrail.p_value, fine.p_value) == ("too_early", None, None)
    assert (fine.difference.lower, fine.lift.kind, fine.lift.status.value) == (None, None, "too_early")


def test_goals_whose_plan_has_not_decided_still_count_in_the_family() -> None:
    """Else the first of many null goals to cross its bound would need no adjustment."""
    options = AnalysisOptions(complete=False, planned_units=40_000)

    def at_first_look(key: str, conversions: int) -> MetricResult:
        arms = {"c": BinarySummary(5_000, 500), "t": BinarySummary(5_000, conversions)}
        if key == "signup":
            return analyse_metric(MetricSpec(key), arms, control="c")
        return analyse_metric(MetricSpec(key), arms, control="c", options=options)

    crossed, waiting = at_first_look("signup", 640), at_first_look("revenue", 505)
    alone = adjust_family([crossed]).members[0]
    family = adjust_family([crossed, waiting])
    assert alone.p_value is not None
    assert family.size == 2
    assert family.members[0].adjusted_p == pytest.approx(2.0 * alone.p_value)
    assert family.members[1].p_value is None


def test_an_unknown_treatment_is_refused() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        decide("x", [rate("signup", 0.1)], DONE)
    assert refusal.value.field == "arm"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"units": -1}, "progress.units"),
        ({"units": 1, "planned_units": 0}, "progress.planned_units"),
        ({"units": 1, "days_run": -1.0}, "progress.days_run"),
        ({"units": 1, "units_per_day": float("inf")}, "progress.units_per_day"),
    ],
)
def test_wrong_progress_is_refused(fields: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        Progress(**fields)  # type: ignore[arg-type]
    assert refusal.value.field == field
