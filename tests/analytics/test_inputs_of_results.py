"""The inputs that a result brings compute all of it again: every variation of every metric, in every mode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.results.documents import result_document
from stats import MetricResult, as_document, reproduce

from tests.analytics.answers import written
from tests.analytics.result_cases import ENVIRONMENT, EXPERIMENT, MOMENT, PLANS, analyst, reader


def unwatched(result: MetricResult) -> MetricResult:
    """Without what the watch of later data adds to a decided guardrail."""
    comparisons = tuple(replace(each, memory=None, guardrail=None) for each in result.comparisons)
    return replace(result, comparisons=comparisons)


@pytest.mark.parametrize("plan", list(PLANS))
async def test_inputs_reproduce_every_comparison(plan: str) -> None:
    experiment = replace(EXPERIMENT, plan=PLANS[plan])
    analysis = await analyst(reader(40_000)).analyse(experiment, ENVIRONMENT, MOMENT)
    results = [each.result for each in analysis.metrics if each.result is not None]
    assert len(results) > 5
    for result in results:
        assert len(result.comparisons) == 2
        again = reproduce(as_document(result))
        assert as_document(unwatched(again)) == as_document(unwatched(result))


@pytest.mark.parametrize("plan", list(PLANS))
async def test_a_metric_of_the_api_s_answer_is_computed_again_as_it_stands(plan: str) -> None:
    experiment = replace(EXPERIMENT, plan=PLANS[plan])
    analysis = await analyst(reader(40_000)).analyse(experiment, ENVIRONMENT, MOMENT)
    computed = {each.metric.key: each.result for each in analysis.metrics}
    told = [each for each in written(result_document(analysis))["metrics"] if each["inputs"]]
    assert len(told) > 5
    for document in told:
        result = computed[document["metric"]]
        assert result is not None
        assert as_document(unwatched(reproduce(document))) == as_document(unwatched(result))
