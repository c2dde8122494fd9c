"""What of a comparison is shown as its effect: the lift where there is one, else the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stats import Difference, Lift
from stats.effects import SetKind

from analytics.reports.phrases import NOTHING, number, percent
from analytics.results.metric_documents import MetricDocument, MetricVariation


@dataclass(frozen=True, slots=True)
class Effect:
    """`unbounded` names a set that has no two ends, and is empty for an interval."""

    measure: Literal["lift", "difference"]
    estimate: float
    lower: float | None
    upper: float | None
    unbounded: str = ""

    def figure(self, value: float | None) -> str:
        return percent(value) if self.measure == "lift" else number(value, "+,.4g")

    def tick(self, value: float) -> str:
        """A round figure."""
        return percent(value, "+,.4g") if self.measure == "lift" else number(value, "+,.4g")

    @property
    def bounds(self) -> str:
        if self.lower is None or self.upper is None:
            return self.unbounded or "no interval yet"
        return f"{self.figure(self.lower)} to {self.figure(self.upper)}"


def effect_of(difference: Difference, lift: Lift) -> Effect | None:
    if lift.estimate is not None:
        return Effect("lift", lift.estimate, lift.lower, lift.upper, _unbounded(lift))
    if difference.estimate is not None:
        return Effect("difference", difference.estimate, difference.lower, difference.upper)
    return None


def difference_words(difference: Difference) -> str:
    """The estimate with its interval, in the metric's unit."""
    if difference.estimate is None:
        return NOTHING
    shown = number(difference.estimate, "+,.4g")
    if difference.lower is None or difference.upper is None:
        return shown
    return f"{shown} ({number(difference.lower, '+,.4g')} to {number(difference.upper, '+,.4g')})"


def lift_words(lift: Lift) -> str:
    if lift.estimate is None:
        return NOTHING
    found = Effect("lift", lift.estimate, lift.lower, lift.upper, _unbounded(lift))
    return f"{percent(lift.estimate)} ({found.bounds})"


def reach(variations: Sequence[MetricVariation], measure: str) -> list[float]:
    """All figures that an axis for these comparisons has to hold."""
    found: list[float] = []
    for variation in variations:
        comparison = variation.comparison
        effect = effect_of(comparison.difference, comparison.lift) if comparison else None
        if comparison is None or effect is None or effect.measure != measure:
            continue
        found += [each for each in (effect.estimate, effect.lower, effect.upper) if each is not None]
        tolerated = margin_of(variation, measure)
        if tolerated is not None:
            found.append(tolerated)
    return found


def margin_of(variation: MetricVariation, measure: str) -> float | None:
    """A guardrail's margin without its side, where the axis has its unit."""
    block = variation.comparison.guardrail if variation.comparison else None
    if block is None or (block.margin_kind == "relative") != (measure == "lift"):
        return None
    return block.margin


def harm_side(metric: MetricDocument) -> int:
    """On which side of 0 the harm is."""
    return -1 if metric.higher_is_better else 1


def _unbounded(lift: Lift) -> str:
    if lift.kind is SetKind.ALL_REALS:
        return "unbounded: every lift is possible"
    if lift.kind is SetKind.COMPLEMENT and lift.excluded is not None:
        low, high = lift.excluded
        return f"unbounded: all but {percent(low)} to {percent(high)}"
    return ""
