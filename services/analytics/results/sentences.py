"""Results as sentences for people."""

from __future__ import annotations

from stats import Comparison, Status

from analytics.results.analysis import Analysis, MetricAnalysis
from analytics.results.p_values import probability
from analytics.results.sample_ratio import sample_ratio_sentence


def summary_of(analysis: Analysis) -> str:
    """What the results say, in a few sentences."""
    total = sum(analysis.units.values())
    if analysis.experiment.start_at is None:
        return "The experiment has not started."
    if total == 0:
        return "No unit has been exposed yet."
    shares = ", ".join(f"{count:,} {name}" for name, count in analysis.units.items())
    sentences = [f"{total:,} units ({shares})."]
    if analysis.units_in_several:
        sentences.append(f"{analysis.units_in_several:,} units saw several variations and are left out.")
    if analysis.sample_ratio.mismatch:
        sentences.append(sample_ratio_sentence(analysis.sample_ratio))
    sentences += [sentence for metric in analysis.metrics for sentence in metric_sentences(metric)]
    return " ".join(sentences)


def metric_sentences(metric: MetricAnalysis) -> list[str]:
    """One sentence per compared variation."""
    if metric.result is None:
        return [f"{metric.metric.name} can't be analysed: {metric.problem}."]
    return [comparison_sentence(metric, comparison) for comparison in metric.result.comparisons]


def comparison_sentence(metric: MetricAnalysis, comparison: Comparison) -> str:
    """The means of both variations, the lift with its interval, and whether it could be chance."""
    if metric.result is None or comparison.difference.estimate is None or comparison.fixed_horizon.test.p_value is None:
        return f"{metric.metric.name}, {comparison.arm}: {comparison.explanation}"
    means = {arm.arm: arm.mean for arm in metric.result.arms}
    shown = f"{quantity(metric, means[comparison.arm])} against {quantity(metric, means[comparison.control])}"
    return (
        f"{metric.metric.name}: {comparison.arm} {shown} in {comparison.control}, "
        f"{effect(comparison)}, {verdict(comparison)}."
    )


def verdict(comparison: Comparison) -> str:
    """The p that the analysis mode decides by, and what it means; a look before the end has none."""
    p_value = comparison.p_value
    if p_value is None:
        return "not decided at this look"
    meaning = "a difference this large is unlikely by chance" if p_value < comparison.alpha else "it could be chance"
    return f"{probability(p_value)}; {meaning}"


def effect(comparison: Comparison) -> str:
    """The lift with its interval where it is bounded, else the difference; the sequential interval in such modes."""
    lift, difference, sequential = comparison.lift, comparison.difference, comparison.sequential
    level = f"{100 * (1 - comparison.alpha):g} %"
    if sequential is not None and difference.estimate is not None:
        if sequential.lower is None or sequential.upper is None:
            return f"{difference.estimate:+.4g} (no sequential interval)"
        bounds = f"{sequential.lower:+.4g} to {sequential.upper:+.4g}"
        return f"{difference.estimate:+.4g} ({level} sequential interval {bounds})"
    if lift.status is Status.OK and lift.estimate is not None and lift.lower is not None and lift.upper is not None:
        return f"{lift.estimate:+.2%} ({level} interval {lift.lower:+.2%} to {lift.upper:+.2%})"
    if difference.estimate is None or difference.lower is None or difference.upper is None:
        return "no interval"
    return f"{difference.estimate:+.4g} ({level} interval {difference.lower:+.4g} to {difference.upper:+.4g})"


def quantity(metric: MetricAnalysis, value: float | None) -> str:
    """A rate in percent, a mean as a number."""
    if value is None:
        return "nothing"
    return f"{value:.2%}" if metric.metric.aggregation.binary else f"{value:.4g}"
