"""A rate: how many units of an arm converted, its estimate, and counts merged over segments or days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.errors import InvalidInputError
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.kinds.mean import MeanSummary
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class BinarySummary:
    """n units, of which `conversions` converted (0 ≤ conversions ≤ n)."""

    n: int
    conversions: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "n"))
        object.__setattr__(self, "conversions", validation.count(self.conversions, "conversions"))
        if self.conversions > self.n:
            raise InvalidInputError("conversions", f"must not exceed n ({self.conversions} > {self.n})")

    @property
    def rate(self) -> float:
        """The share that converted; n must be above 0."""
        return self.conversions / self.n

    def as_mean(self) -> MeanSummary:
        """The same outcome read as the numbers 0 and 1."""
        return MeanSummary(self.n, self.conversions, self.conversions)


def estimate_rate(summary: BinarySummary) -> ArmEstimate:
    """Conversion rate p with p(1 − p)/n; needs n ≥ 1."""
    rate = summary.rate
    return ArmEstimate(rate, rate * (1.0 - rate) / summary.n, summary.n, math.inf)


def prepare_rate(summary: BinarySummary) -> PreparedArm:
    """The estimate of an arm, or the status that stands in its way."""
    if summary.n == 0:
        return PreparedArm(0, None, None, Status.INSUFFICIENT_DATA)
    return PreparedArm(summary.n, summary.rate, estimate_rate(summary))


def merge_binaries(parts: Sequence[BinarySummary]) -> BinarySummary:
    """Counts simply add."""
    return BinarySummary(sum(part.n for part in parts), sum(part.conversions for part in parts))
