"""A sentence follows the reading: of what the plan's mode decides, and of nothing that one look would say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import Metric, MetricUse, Plan
from analytics.results.figures import signed
from analytics.results.judgement import Judged, readings_of
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.sentences import comparison_sentence, effect, metric_explanation, summary_of
from messages.aggregations import AGGREGATIONS
from stats import (
    AnalysisOptions,
    BinarySummary,
    CappedArms,
    Comparison,
    Difference,
    Guardrail,
    MeanSummary,
    MetricResult,
    MetricSpec,
    Mode,
    Progress,
    State,
    Winsorising,
    adjust_family,
    analyse_metric,
)

from tests.analytics.result_cases import ENVIRONMENT, EXPERIMENT, MOMENT, analyst, reader

METRIC = Metric("m1", "purchase", "Purchase", AGGREGATIONS["conversion"], True, "purchase")
PROGRESS = Progress(10_000, 20_000)


def compared(mode: Mode, treated: int, *, complete: bool = True) -> MetricResult:
    arms = {"off": BinarySummary(5_000, 500), "on": BinarySummary(5_000, treated)}
    options = AnalysisOptions(mode=mode, planned_units=20_000, looks_planned=4, complete=complete, takes_look=complete)
    return analyse_metric(MetricSpec("purchase"), arms, control="off", options=options)


def said(result: MetricResult, progress: Progress = PROGRESS) -> str:
    judged = Judged(readings_of(result, progress, None), 10_000, 20_000, 1_768_000_000_000)
    metric = MetricAnalysis(METRIC, MetricUse("purchase", "goal"), result)
    return comparison_sentence(metric, result.comparisons[0], judged)


def only(result: MetricResult) -> Comparison:
    return result.comparisons[0]


def test_a_fixed_plan_that_has_decided_tells_the_lift_and_its_p() -> None:
    sentence = said(compared(Mode.FIXED, 565), Progress(20_000, 20_000))
    assert "+13.0% (95% interval " in sentence
    assert sentence.endswith("better, and a difference this large is unlikely by chance (p = 0.035).")


def test_a_fixed_plan_before_its_size_says_when_it_decides_and_no_p() -> None:
    sentence = said(compared(Mode.FIXED, 900, complete=False))
    assert "too early" in sentence
    assert "at 20,000 units (about 2026-01-09 at the present traffic)" in sentence
    assert "p = " not in sentence
    assert "p < " not in sentence


def test_an_always_valid_mode_tells_the_sequence_and_not_the_fixed_p() -> None:
    sentence = said(compared(Mode.ALWAYS_VALID, 565))
    assert "sequential interval \N{MINUS SIGN}" in sentence
    assert "unclear, it could be chance" in sentence
    assert "p = 0.035" not in sentence


def test_a_look_that_is_not_the_plans_decides_nothing() -> None:
    assert "too early" in said(compared(Mode.GROUP, 900, complete=False))
    assert "sequential interval" in effect(only(compared(Mode.GROUP, 565)))


@pytest.mark.parametrize("mode", list(Mode))
def test_a_large_difference_is_said_in_each_mode(mode: Mode) -> None:
    assert "better, and a difference this large is unlikely by chance (p < 0.001)" in said(
        compared(mode, 900), Progress(20_000, 20_000)
    )


def test_a_p_that_the_family_adjusts_away_reads_unclear() -> None:
    """p .035 of ten tests: adjusted .35, and nobody says that it is unlikely by chance."""
    results = [replace(compared(Mode.FIXED, 565), metric=f"m{number}") for number in range(10)]
    family = adjust_family(results)
    progress = Progress(20_000, 20_000)
    judged = Judged(readings_of(results[0], progress, family), 10_000)
    metric = MetricAnalysis(replace(METRIC, key="m0"), MetricUse("m0", "goal"), results[0])

    sentence = comparison_sentence(metric, only(results[0]), judged)

    assert judged.reading("m0", "on").state is State.UNCLEAR
    assert "unclear, it could be chance (p = 0.035, adjusted p = 0.351)" in sentence


def test_a_cap_that_takes_every_difference_away_is_what_is_said() -> None:
    plain = {"off": MeanSummary(1000, 50.0, 500.0), "on": MeanSummary(1000, 80.0, 900.0)}
    flat = dict.fromkeys(plain, MeanSummary(1000, 0.0, 0.0))
    result = analyse_metric(
        MetricSpec("revenue"), flat, control="off", capped=CappedArms(Winsorising(0.9, 0.0, 97), plain)
    )
    metric = MetricAnalysis(METRIC, MetricUse("revenue", "goal"), result)

    assert metric_explanation(metric).startswith("The cap at the percentile 90 is 0 and cut 4.85% of the units")
    assert "No unit varies" not in metric_explanation(metric)


async def test_a_summary_tells_the_plan_and_the_decision() -> None:
    plan = Plan(mode="fixed", planned_units=40_000)
    experiment = replace(EXPERIMENT, plan=plan)
    analysis = await analyst(reader()).analyse(experiment, ENVIRONMENT, MOMENT)

    summary = summary_of(analysis)
    assert "The plan decides at 40,000 units" in summary


def test_harm_that_the_watch_sees_is_told_beside_a_look_that_could_estimate_nothing() -> None:
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=20_000)
    arms = {"off": BinarySummary(5_000, 2_500), "on": BinarySummary(5_000, 500)}
    spec = MetricSpec("purchase", guardrail=Guardrail(0.02))
    present = analyse_metric(spec, arms, control="off", options=options)
    watched = replace(only(present), difference=Difference(), p_value=None)
    sentence = said(replace(present, comparisons=(watched,)))
    assert "worse, and a difference this large is unlikely by chance (p < 0.001" in sentence
    assert "it has deteriorated" in sentence


@pytest.mark.parametrize(
    ("converted", "words"),
    [
        ((400_000, 396_000), "within the margin: worse than the control (p < 0.001), by less than the margin of 2%"),
        ((100_000, 100_050), "within the margin: not worse than the margin of 2% (p < 0.001)."),
        ((1_000, 910), "unclear: worse than the control (p = 0.030), and that it is by less than the margin of"),
        ((1_000, 995), "unclear: that it is not worse than the margin of 2% is not proven (p = 0."),
    ],
)  # fmt: skip
def test_a_guardrail_says_what_its_margin_says(converted: tuple[int, int], words: str) -> None:
    control, treatment = converted
    arms = {"off": BinarySummary(10 * control, control), "on": BinarySummary(10 * control, treatment)}
    result = analyse_metric(MetricSpec("purchase", guardrail=Guardrail(0.02)), arms, control="off")
    sentence = said(result, Progress(20_000, 20_000))
    assert words in sentence
    assert "by chance" not in sentence


@pytest.mark.parametrize(
    ("figure", "form", "text"),
    [
        pytest.param(0.455, "+.1%", "+45.5%", id="more"),
        pytest.param(-0.0312, "+.1%", "\N{MINUS SIGN}3.1%", id="less"),
        pytest.param(-0.0001, "+.1%", "0.0%", id="nothing"),
        pytest.param(-1.25e-05, "+.4g", "\N{MINUS SIGN}1.25e-05", id="an exponent keeps its own"),
    ],
)
def test_figures_have_the_signs_that_pages_give_them(figure: float, form: str, text: str) -> None:
    assert signed(figure, form) == text
