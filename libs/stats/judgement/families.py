"""Multiple testing over metrics × treatments; guardrails are judged apart and never adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.judgement import multiplicity
from stats.results import MetricResult


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One comparison of the family: the p that its mode decides by, and the adjusted one.

    Both are None where there is no p. Such a member is not counted in the family, unless it only waits until its plan
    decides: it then counts with a p of 1, or the first to be decided would escape the adjustment.
    """

    metric: str
    arm: str
    segment: str | None
    p_value: float | None
    adjusted_p: float | None


@dataclass(frozen=True, slots=True)
class Family:
    """The adjusted family: its method, its level, the number of tests counted, its members.

    `exploratory`: of secondary metrics, which decide nothing.
    """

    method: str
    alpha: float
    size: int
    members: tuple[FamilyMember, ...]
    exploratory: bool = False

    def member(self, metric: str, arm: str, segment: str | None = None) -> FamilyMember | None:
        """The member for this metric, treatment and segment; None if it isn't in the family."""
        for member in self.members:
            if (member.metric, member.arm, member.segment) == (metric, arm, segment):
                return member
        return None


def adjust_family(
    results: Sequence[MetricResult],
    method: str = "holm",
    *,
    alpha: float = 0.05,
    segments: Sequence[str | None] | None = None,
    exploratory: bool = False,
) -> Family:
    """Adjust the p-values of all metrics and treatments together.

    method: `holm` (default), `bh`, or another name of `multiplicity.METHODS`. `segments` names the segment
    of each result when segments form a family of their own. Guardrail metrics are left out. Every mode's p is valid at
    each of its readings (always-valid and repeated p-values are so by construction), hence the adjusted ones are too.
    """
    validation.fraction(alpha, "alpha")
    names = list(segments) if segments is not None else [None] * len(results)
    tests = [
        (result, comparison, name)
        for result, name in zip(results, names, strict=True)
        if not result.is_guardrail
        for comparison in result.comparisons
    ]
    p_values = [comparison.p_value for _, comparison, _ in tests]
    waiting = sum(
        p is None and comparison.fixed_horizon.test.p_value is not None
        for (_, comparison, _), p in zip(tests, p_values, strict=True)
    )
    told = [p for p in p_values if p is not None]
    adjusted = iter(multiplicity.adjust([*told, *[1.0] * waiting], method))
    members = tuple(
        FamilyMember(result.metric, comparison.arm, name, p, None if p is None else next(adjusted))
        for (result, comparison, name), p in zip(tests, p_values, strict=True)
    )
    return Family(method, alpha, len(told) + waiting, members, exploratory)


def exploratory_family(results: Sequence[MetricResult], *, alpha: float = 0.05) -> Family:
    """The family of secondary metrics: by Benjamini and Hochberg, called exploratory."""
    return adjust_family(results, "bh", alpha=alpha, exploratory=True)
