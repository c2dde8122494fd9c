"""Results as sentences for people. What they say of an effect follows the reading, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from stats import Comparison, Decision, Difference, GuardrailBlock, Lift, Reading, State, Status, Verdict

from analytics.results.analysis import Analysis, MetricAnalysis
from analytics.results.figures import probability, signed
from analytics.results.judgement import Judged
from analytics.results.progress import PlanProgress
from analytics.results.sample_ratio import sample_ratio_sentence
from analytics.results.scope import pauses_of

UNREAD = (State.TOO_EARLY, State.NOT_ESTIMABLE)
"""Nothing is said of an effect, neither that there is one nor that there is none."""
SEQUENTIAL = ("group", "always_valid")
_BY_MARGIN = (State.WITHIN_MARGIN, State.UNCLEAR)
_MEANING = {
    State.BETTER: "better, and a difference this large is unlikely by chance",
    State.WORSE: "worse, and a difference this large is unlikely by chance",
    State.UNCLEAR: "unclear, it could be chance",
}
_LIFT, _DIFFERENCE = "+.1%", "+.4g"
_VERDICTS = {
    Verdict.SHIP: "ship it",
    Verdict.ROLL_BACK: "roll it back",
    Verdict.KEEP_RUNNING: "keep it running",
    Verdict.INCONCLUSIVE: "the plan is over and nothing is clear",
    Verdict.UNHEALTHY: "decide nothing before the data are sound",
}
_GUARDED = {
    "pass": "it is not worse than the margin of {margin}",
    "deteriorated": "it has deteriorated, and a harm this large is unlikely by chance",
    "unclear": "that it is not worse than the margin of {margin} is not proven",
    "too_early": "that it is not worse than the margin of {margin} can't be proven yet",
    "insufficient": "there is nothing yet to hold against the margin of {margin}",
}


def summary_of(analysis: Analysis) -> str:
    """What the results say, in a few sentences."""
    total = sum(analysis.units.values())
    if analysis.experiment.start_at is None:
        return "The experiment has not started."
    if not (total or analysis.units_in_several or analysis.unit_problem):
        return " ".join(each for each in ("No unit has been exposed yet.", _paused(analysis)) if each)
    shares = ", ".join(f"{count:,} {name}" for name, count in analysis.units.items())
    sentences = [f"{total:,} units ({shares})." if total else "No unit can be counted."]
    if analysis.unit_problem:
        sentences.append(f"Who the units are is not known: {analysis.unit_problem}.")
    if analysis.units_in_several:
        sentences.append(f"{analysis.units_in_several:,} units saw several variations and are left out.")
    sentences.append(_paused(analysis))
    if not total:
        return " ".join(each for each in sentences if each)
    if analysis.sample_ratio.mismatch:
        sentences.append(sample_ratio_sentence(analysis.sample_ratio))
    sentences.append(progress_sentence(analysis.progress))
    sentences += [decision_sentence(each) for each in analysis.decisions]
    judged = analysis.judgement.judged(analysis.progress)
    sentences += [sentence for metric in analysis.metrics for sentence in metric_sentences(metric, judged)]
    return " ".join(each for each in sentences if each)


def _paused(analysis: Analysis) -> str:
    """Who was exposed in a pause alone is in no figure."""
    pauses = pauses_of(analysis.experiment)
    if not pauses:
        return ""
    now = " It is paused now." if analysis.experiment.status == "paused" else ""
    times = "once" if len(pauses) == 1 else f"{len(pauses):,} times"
    return f"It was paused {times}: exposures of then count for nobody.{now}"


def progress_sentence(progress: PlanProgress) -> str:
    """Where the experiment is in its plan."""
    if progress.complete:
        further = sum(progress.since.values())
        more = f" {further:,} units came after the decision and are shown apart." if further else ""
        return f"The plan is complete.{more}"
    size = f" of {progress.planned_units:,} planned" if progress.planned_units else ""
    if progress.stopped_early:
        return f"The experiment was stopped early, at {progress.units:,}{size} units: its plan is not complete."
    if progress.next_look_units is not None:
        what = "The plan decides" if progress.looks_planned == 1 else "The next look is"
        return f"{what} at {progress.next_look_units:,} units{_about(progress.readable_at)}."
    if progress.early:
        return (
            "The results can be read at any time; a decision to ship waits for the minimum run time of "
            f"{progress.minimum_days:g} days{_about(progress.readable_at)}."
        )
    there = f"; {progress.units:,}{size} units are there" if progress.planned_units else ""
    return f"The results can be read at any time{there}."


def decision_sentence(decision: Decision) -> str:
    """What to do with a variation."""
    return f"{decision.arm}: {_VERDICTS[decision.verdict]}."


def metric_explanation(metric: MetricAnalysis) -> str:
    """Why a metric's figures are there, or why not."""
    if metric.result is None:
        return metric.problem
    return _what_the_cap_did(metric) or metric.result.explanation


def comparison_explanation(metric: MetricAnalysis, comparison: Comparison) -> str:
    return (comparison.status is Status.ZERO_VARIANCE and _what_the_cap_did(metric)) or comparison.explanation


def metric_sentences(metric: MetricAnalysis, judged: Judged) -> list[str]:
    """One sentence per compared variation."""
    if metric.result is None:
        return [f"{metric.metric.name} can't be analysed: {metric.problem}."]
    return [comparison_sentence(metric, comparison, judged) for comparison in metric.result.comparisons]


def comparison_sentence(metric: MetricAnalysis, comparison: Comparison, judged: Judged) -> str:
    """Both means, the lift with its interval, and whether it could be chance, as far as it may be read."""
    reading = judged.reading(metric.metric.key, comparison.arm)
    if reading.significant and comparison.difference.estimate is None:
        # A look that had nothing to estimate stands, and the watch has seen harm since.
        harm = f"{metric.metric.name}: {comparison.arm} {_MEANING[reading.state]} ({_p_values(reading)})"
        return f"{harm}{_guarded(metric, comparison)}."
    if metric.result is None or reading.state is State.NOT_ESTIMABLE or comparison.difference.estimate is None:
        return f"{metric.metric.name}, {comparison.arm}: {comparison_explanation(metric, comparison)}"
    means = {arm.arm: arm.mean for arm in metric.result.arms}
    shown = f"{quantity(metric, means[comparison.arm])} against {quantity(metric, means[comparison.control])}"
    said = [
        f"{metric.metric.name}: {comparison.arm} {shown} in {comparison.control}",
        *_read(comparison, reading, judged),
    ]
    if not metric.use.decides and reading.significant:
        said.append("exploratory, so confirm it")
    # A guardrail that reads by its margin has said what the margin says.
    about = "" if reading.state in _BY_MARGIN and comparison.guardrail else _guarded(metric, comparison)
    return f"{', '.join(said)}{about}."


def _read(comparison: Comparison, reading: Reading, judged: Judged) -> list[str]:
    if reading.state is State.TOO_EARLY:
        when = f" at {judged.units_needed:,} units" if judged.units_needed else ""
        return [f"too early: nothing is decided before the plan decides{when}{_about(judged.readable_at)}"]
    if comparison.guardrail is not None and reading.state in _BY_MARGIN:
        return [effect(comparison), _by_margin(comparison.guardrail, reading)]
    return [effect(comparison), f"{_MEANING[reading.state]} ({_p_values(reading)})"]


def _by_margin(block: GuardrailBlock, reading: Reading) -> str:
    """What a guardrail says of its margin, and that it is worse than the control where that is clear too."""
    margin, against = _margin(block), reading.against_control
    worse = ""
    if against is not None and against.state is State.WORSE:
        deciding = against.p_value if against.adjusted_p is None else against.adjusted_p
        worse = f"worse than the control ({probability(deciding)}), "
    if reading.state is State.WITHIN_MARGIN:
        said = f"by less than the margin of {margin} allows" if worse else f"not worse than the margin of {margin}"
        return f"within the margin: {worse}{said} ({_p_values(reading)})"
    said = "and that it is by less than" if worse else "that it is not worse than"
    return f"unclear: {worse}{said} the margin of {margin} is not proven ({_p_values(reading)})"


def _p_values(reading: Reading) -> str:
    """The adjusted p decides; the raw one stands beside it."""
    if reading.p_value is None:
        return "no p"
    if reading.adjusted_p is None or reading.adjusted_p == reading.p_value:
        return probability(reading.p_value)
    return f"{probability(reading.p_value)}, adjusted {probability(reading.adjusted_p)}"


def _guarded(metric: MetricAnalysis, comparison: Comparison) -> str:
    block = comparison.guardrail
    if block is None:
        return "" if metric.use.role != "guardrail" else "; nobody gave a margin, so no decision looks at it"
    return f"; {_GUARDED[block.state].format(margin=_margin(block))}"


def _margin(block: GuardrailBlock) -> str:
    return f"{block.margin:.4g}" if block.margin_kind == "absolute" else f"{100 * block.margin:g}%"


def effect(comparison: Comparison) -> str:
    """The lift with its interval where it is bounded, else the difference: those of the plan's mode."""
    sequential = "sequential " if comparison.decided_by in SEQUENTIAL else ""
    level = f"{100 * (1 - comparison.alpha):g}% {sequential}interval"
    lift, difference = comparison.lift, comparison.difference
    if lift.estimate is not None and (bounds := _bounds(lift, _LIFT)):
        return f"{signed(lift.estimate, _LIFT)} ({level} {bounds})"
    if difference.estimate is None:
        return "no interval"
    estimate, bounds = signed(difference.estimate, _DIFFERENCE), _bounds(difference, _DIFFERENCE)
    return f"{estimate} ({level} {bounds})" if bounds else f"{estimate} (no interval)"


def _bounds(found: Lift | Difference, form: str) -> str:
    if found.lower is None or found.upper is None:
        return ""
    return f"{signed(found.lower, form)} to {signed(found.upper, form)}"


def _what_the_cap_did(metric: MetricAnalysis) -> str:
    """Said instead of "no unit varies", where units do vary and the cap took it away."""
    for comparison in metric.result.comparisons if metric.result else ():
        cap = comparison.winsor
        if comparison.status is not Status.ZERO_VARIANCE or cap is None or cap.uncapped is None:
            continue
        if cap.uncapped.difference.se:
            return (
                f"The cap at the percentile {100 * cap.percentile:g} is {cap.cap:.4g} and cut {cap.share_capped:.2%} "
                "of the units, so that all of them have the same value; raise the percentile, or take that of the "
                "values that are not 0. The figures without the cap stand beside it."
            )
    return ""


def _about(moment: int | None) -> str:
    return f" (about {datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d} at the present traffic)" if moment else ""


def quantity(metric: MetricAnalysis, value: float | None) -> str:
    """A rate in percent, a mean as a number."""
    if value is None:
        return "nothing"
    return f"{value:.2%}" if metric.metric.aggregation.binary else f"{value:.4g}"
