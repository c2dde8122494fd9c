"""The families by which readings are adjusted, in segments and for guardrails, through the API's path."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import MetricUse, Plan
from analytics.results.documents import result_document
from stats import State

from benchmarks.simulated_reader import SimulatedExperiment
from tests.analytics.result_cases import DAY, START
from tests.analytics.test_simulated_readings import METRICS, experiment, units

END = START + 28 * DAY
FIXED = Plan(mode="fixed", planned_units=2000)


async def test_segments_of_a_decided_plan_are_read_too() -> None:
    watched = SimulatedExperiment(experiment(FIXED), METRICS, units(3, 0.2))
    early = await watched.read_segments(START + 5 * DAY, "country")
    late = await watched.read_segments(END, "country")
    before, after = (
        {segment: each.reading("purchase", "on").state for segment, each in found.metrics[0].judged.items()}
        for found in (early, late)
    )
    assert len(before) == 2
    assert State.TOO_EARLY not in after.values()
    assert set(after.values()) == {State.BETTER}


async def test_guardrails_of_all_segments_share_one_error_rate() -> None:
    watched = SimulatedExperiment(experiment(FIXED), METRICS, units(3))
    whole = (await watched.read(END)).metrics[2].result
    found = (await watched.read_segments(END, "country")).metrics[2].result
    assert whole is not None
    assert found is not None
    alone = whole.comparisons[0].guardrail
    assert alone is not None
    for each in found.segments.values():
        block = each.comparisons[0].guardrail
        assert block is not None
        assert block.deterioration_alpha == pytest.approx(alone.deterioration_alpha / 2)


async def test_guardrails_are_read_by_what_is_adjusted_over_all_of_them() -> None:
    uses = (MetricUse("purchase", "guardrail", 0.5), MetricUse("revenue", "guardrail", 0.5))
    watched = SimulatedExperiment(replace(experiment(FIXED), metrics=uses), METRICS, units(3))
    analysis = await watched.read(END)
    for use in uses:
        reading = analysis.judgement.readings[use.metric, "on"]
        against = reading.against_control
        assert against is not None
        assert against.adjusted_p == pytest.approx(min(1.0, 2 * against.p_value))
        assert against.state is State.UNCLEAR
        assert reading.state is State.WITHIN_MARGIN


async def test_guardrails_without_a_margin_are_exploratory() -> None:
    uses = (MetricUse("purchase", "goal"), MetricUse("revenue", "secondary"), MetricUse("errors", "guardrail"))
    watched = SimulatedExperiment(replace(experiment(FIXED), metrics=uses), METRICS, units(3))
    document = result_document(await watched.read(END))
    assert document.exploratory_family is not None
    assert document.exploratory_family.size == 2
    assert [each.exploratory for each in document.metrics] == [False, True, True]
