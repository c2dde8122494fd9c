"""Treatments with a planned size of their own, looks at any share of it, and what stands when nothing can be tested."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from stats import (
    AnalysisOptions,
    BinarySummary,
    Guardrail,
    Look,
    MeanSummary,
    Memory,
    MetricSpec,
    Mode,
    Progress,
    State,
    analyse_metric,
    as_document,
    read,
    reproduce,
)
from stats.distributions import critical, upper_quantile
from stats.sequential.boundaries import crossing
from stats.sequential.monitoring import detectable_at_looks, is_look, look_bounds, stage_of

GROUP = AnalysisOptions(mode=Mode.GROUP, planned_units=2_000, looks_planned=4, takes_look=True)
ARMS = {"c": BinarySummary(500, 50), "a": BinarySummary(480, 60), "b": BinarySummary(120, 30)}
SIZES = {"a": 1_960.0, "b": 1_240.0}


def test_each_comparison_has_the_size_of_its_treatment() -> None:
    options = replace(GROUP, planned_by_arm=SIZES)
    together = analyse_metric(MetricSpec("m"), ARMS, control="c", options=options)
    for arm, size in SIZES.items():
        alone = analyse_metric(MetricSpec("m"), ARMS, control="c", options=replace(GROUP, planned_units=size))
        assert together.comparison(arm) == alone.comparison(arm)


def test_its_document_reproduces_every_comparison() -> None:
    history = {"a": (Look(490.0, 0.02, 0.02),), "b": (Look(310.5, 0.01, 0.03),)}
    options = replace(GROUP, planned_by_arm=SIZES, history=history)
    result = analyse_metric(MetricSpec("m"), ARMS, control="c", options=options)
    assert as_document(reproduce(as_document(result))) == as_document(result)


def test_a_look_has_its_share_of_the_plan_however_few_units_are_counted() -> None:
    """Of 1,000 planned units 750 have come, and few of them have a value: that is the third look of four."""
    for counted in range(1, 60):
        options = replace(GROUP, planned_units=1_000 * counted / 750)
        earlier = Look(counted * 500 / 750, 0.0, 1.0)
        assert stage_of(counted, options) == 3
        assert stage_of(earlier.n, options) == 2
        assert is_look(counted, (earlier,), options)
        assert look_bounds([earlier.n, counted], options).information == pytest.approx((0.25, 0.5), abs=0.26)


def test_the_detectable_effect_is_that_of_the_looks_that_were_taken() -> None:
    """At planned looks it is the plan's; at others the chance to cross by the last of them is the power asked for."""
    planned = [500, 1_000, 1_500, 2_000]
    uneven = [830, 1_250, 1_980]
    for units in (planned, uneven):
        multiple = detectable_at_looks(units, GROUP)
        assert multiple is not None
        plan = look_bounds(units, GROUP)
        drift = multiple / math.sqrt(plan.information[-1])
        bounds = [math.inf if bound is None else bound for bound in plan.bounds]
        assert math.fsum(crossing(plan.information, bounds, drift).upper) == pytest.approx(0.8, abs=1e-9)
        assert multiple > critical(0.05) + upper_quantile(0.2)


def test_the_detectable_effect_is_found_as_often_in_a_simulation() -> None:
    units = [830, 1_250, 1_980]
    multiple = detectable_at_looks(units, GROUP)
    assert multiple is not None
    rng, drift = np.random.default_rng(4), multiple / math.sqrt(units[-1])
    steps = np.diff([0, *units])
    scores = np.cumsum(rng.normal(drift * steps, np.sqrt(steps), (20_000, 3)), axis=1) / np.sqrt(units)
    bounds = np.array([math.inf if each is None else each for each in look_bounds(units, GROUP).bounds])
    assert (scores >= bounds).any(axis=1).mean() == pytest.approx(0.8, abs=0.01)


def test_the_block_of_a_comparison_says_so() -> None:
    first = analyse_metric(
        MetricSpec("m"),
        {"c": BinarySummary(415, 50), "t": BinarySummary(415, 60)},
        control="c",
        options=GROUP,
    ).comparisons[0]
    assert first.mde is not None
    assert first.difference.se is not None
    assert first.mde.method == "looks_taken"
    assert first.look is not None
    assert first.look.taken is not None
    expected = detectable_at_looks([830], GROUP)
    assert expected is not None
    assert first.mde.absolute == pytest.approx(expected * first.difference.se, rel=1e-12)


FLAT = {"c": MeanSummary(1_000, 0.0, 0.0), "t": MeanSummary(1_000, 0.0, 0.0)}
BEFORE = Memory(lowest_p=1e-6, lower=-3.0, upper=-1.0, lift_lower=-0.3, lift_upper=-0.1)
ALWAYS = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=4_000)


def test_what_was_shown_stands_when_a_cap_later_makes_all_units_equal() -> None:
    one = analyse_metric(MetricSpec("m"), FLAT, control="c", options=replace(ALWAYS, memory={"t": BEFORE}))
    found = one.comparisons[0]
    assert (found.p_value, found.difference.lower, found.difference.upper) == (1e-6, -3.0, -1.0)
    assert found.memory == BEFORE
    assert "no_new_information" in {each.status.value for each in found.warnings}
    assert read(one, "t", Progress(2_000, 4_000)).state is State.WORSE


def test_it_stands_when_sums_become_too_large_for_their_variance() -> None:
    lost = {arm: MeanSummary(1_000, 1e12, 1e21 + 1e6) for arm in "ct"}
    found = analyse_metric(MetricSpec("m"), lost, control="c", options=replace(ALWAYS, memory={"t": BEFORE}))
    assert found.comparisons[0].status.value == "precision_loss"
    assert (found.comparisons[0].p_value, found.comparisons[0].mde) == (1e-6, None)
    look = Look(500.0, -2.0, 0.4, lower=-3.0, upper=-1.0, p_value=1e-5)
    group = analyse_metric(MetricSpec("m"), lost, control="c", options=replace(GROUP, history={"t": (look,)}))
    assert group.comparisons[0].p_value is not None
    assert group.comparisons[0].p_value < 0.05
    assert group.comparisons[0].difference.upper == -1.0


def test_nothing_is_made_up_where_nothing_was_shown() -> None:
    one = analyse_metric(MetricSpec("m"), FLAT, control="c", options=ALWAYS)
    assert one.comparisons[0].p_value is None
    assert read(one, "t", Progress(4_000, 4_000)).state is State.NOT_ESTIMABLE


@pytest.mark.parametrize(
    ("remembered", "state", "reading"),
    [
        ({"margin_p": 0.001, "margin_bound": -0.01}, "pass", State.WITHIN_MARGIN),
        ({"harm_p": 1e-5}, "deteriorated", State.WORSE),
        ({}, "unclear", State.UNCLEAR),
    ],
)
def test_a_guardrails_proof_and_alarm_stand_too(remembered: dict[str, float], state: str, reading: State) -> None:
    spec = MetricSpec("m", guardrail=Guardrail(0.05))
    memory = replace(Memory(lowest_p=0.4, lower=-3.0, upper=1.0), **remembered)
    options = replace(ALWAYS, memory={"t": memory})
    one = analyse_metric(spec, FLAT, control="c", options=options)
    block = one.comparisons[0].guardrail
    assert block is not None
    assert block.state == ("insufficient" if state == "unclear" else state)
    assert read(one, "t", Progress(2_000, 4_000)).state is reading
