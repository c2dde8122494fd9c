"""Multiple testing over goal metrics × treatments; guardrails are judged apart and never adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.judgement import multiplicity
from stats.results import Comparison, MetricResult


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One goal comparison: raw p (of the analysis mode), adjusted p, and the decision at alpha.

    All three are None where there is no p. Such a member is not counted in the family, unless it only waits
    for a later look: it then counts with a p of 1, or the first to stop would escape the adjustment.
    """

    metric: str
    arm: str
    segment: str | None
    p_value: float | None
    adjusted_p: float | None
    significant: bool | None


@dataclass(frozen=True, slots=True)
class Family:
    """The adjusted family: its method, its level, the number of tests counted, its members."""

    method: str
    alpha: float
    size: int
    members: tuple[FamilyMember, ...]


def adjust_family(
    results: Sequence[MetricResult],
    method: str = "holm",
    *,
    alpha: float = 0.05,
    segments: Sequence[str | None] | None = None,
) -> Family:
    """Adjust the p-values of all goal metrics and treatments together.

    method: `holm` (default), `bh`, or another name of `multiplicity.METHODS`. `segments` names the segment
    of each result when segments form a family of their own. Guardrail metrics are left out.
    """
    validation.fraction(alpha, "alpha")
    names = list(segments) if segments is not None else [None] * len(results)
    goals = [
        (result, comparison, name)
        for result, name in zip(results, names, strict=True)
        if not result.is_guardrail
        for comparison in result.comparisons
    ]
    p_values = [decisive_p(comparison) for _, comparison, _ in goals]
    waiting = sum(
        p is None and comparison.sequential is not None for (_, comparison, _), p in zip(goals, p_values, strict=True)
    )
    told = [p for p in p_values if p is not None]
    adjusted = iter(multiplicity.adjust([*told, *[1.0] * waiting], method))
    members = []
    for (result, comparison, name), p in zip(goals, p_values, strict=True):
        after = None if p is None else next(adjusted)
        below = None if after is None else after < alpha
        members.append(FamilyMember(result.metric, comparison.arm, name, p, after, below))
    return Family(method, alpha, len(told) + waiting, tuple(members))


def decisive_p(comparison: Comparison) -> float | None:
    """The p that the analysis mode decides by.

    Group-sequential results have the stagewise p once stopped; before that they have none that a family
    could use.
    """
    if comparison.sequential is not None:
        return comparison.sequential.p_value
    return comparison.test.p_value if comparison.significant is not None else None
