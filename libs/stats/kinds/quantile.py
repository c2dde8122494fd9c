"""Quantiles from order statistics, with units or with clusters of observations.

Sources: David & Nagaraja 2003, "Order Statistics", section 7.1 (ranks of the distribution-free interval);
Deng, Knoblich & Lu 2018, section 4 (clusters: the interval's width times √(cluster variance / iid variance)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.kinds.ratio import RatioSummary, estimate_ratio
from stats.statuses import Status

OWN_NAMES = {
    "n": "n",
    "num_sum": "below_sum",
    "num_sum_sq": "below_sum_sq",
    "den_sum": "size_sum",
    "den_sum_sq": "size_sum_sq",
    "num_den_sum": "below_size_sum",
}
"""The fields of `ClusterSums` under the names that `RatioSummary` has for them."""


@dataclass(frozen=True, slots=True)
class QuantileRanks:
    """1-based ranks of the order statistics that enclose the quantile with at least 1 − alpha.

    A rank outside 1…n is None, and the status then `not_estimable_quantile`. `normal_*` are the
    unrounded ranks of the normal approximation n·q ± z√(n·q(1 − q)).
    """

    status: Status
    lower: int | None
    upper: int | None
    coverage: float | None
    normal_lower: float
    normal_upper: float


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Per randomised unit: N observations, J of them at or below the quantile; Σ over the units.

    ClickHouse computes them once the pooled sample's quantile is known.
    """

    n: int
    below_sum: float
    below_sum_sq: float
    size_sum: float
    size_sum_sq: float
    below_size_sum: float

    def as_ratio(self) -> RatioSummary:
        """The share of observations below the quantile, as a ratio of sums."""
        return RatioSummary(
            self.n, self.below_sum, self.below_sum_sq, self.size_sum, self.size_sum_sq, self.below_size_sum
        )

    def __post_init__(self) -> None:
        try:
            self.as_ratio()
        except InvalidInputError as error:
            raise InvalidInputError(OWN_NAMES[error.field], error.reason) from None


@dataclass(frozen=True, slots=True)
class QuantileSummary:
    """n observations, their q-quantile `value`, and the order statistics at the ranks for `alpha`.

    `lower` and `upper` are None when `quantile_ranks` gives no rank. With several observations per
    randomised unit `clusters` is needed; without it observations count as independent.
    """

    n: int
    q: float
    value: float
    lower: float | None
    upper: float | None
    alpha: float = 0.05
    clusters: ClusterSums | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "n"))
        validation.fraction(self.q, "q")
        validation.fraction(self.alpha, "alpha")
        for name in ("value", "lower", "upper"):
            if name == "value" or getattr(self, name) is not None:
                object.__setattr__(self, name, validation.outcome_sum(getattr(self, name), name))
        if self.lower is not None and self.lower > self.value:
            raise InvalidInputError("lower", "must not exceed the value")
        if self.upper is not None and self.upper < self.value:
            raise InvalidInputError("upper", "must not be below the value")

    @property
    def units(self) -> int:
        """Randomised units: clusters if there are any, else observations."""
        return self.clusters.n if self.clusters else self.n


def quantile_ranks(n: int, q: float, alpha: float) -> QuantileRanks:
    """Which order statistics to fetch for the interval of the q-quantile of n observations."""
    n = validation.count(n, "n")
    q, alpha = validation.fraction(q, "q"), validation.fraction(alpha, "alpha")
    lower = _binomial_quantile(alpha / 2.0, n, q)
    upper = _binomial_quantile(1.0 - alpha / 2.0, n, q) + 1
    spread = distributions.critical(alpha) * math.sqrt(n * q * (1.0 - q))
    normal = (n * q - spread, n * q + spread)
    if lower < 1 or upper > n:
        inside = (lower if lower >= 1 else None, upper if upper <= n else None)
        return QuantileRanks(Status.NOT_ESTIMABLE_QUANTILE, *inside, None, *normal)
    coverage = float(special.bdtr(upper - 1, n, q) - special.bdtr(lower - 1, n, q))
    return QuantileRanks(Status.OK, lower, upper, coverage, *normal)


def estimate_quantile(summary: QuantileSummary) -> ArmEstimate | None:
    """The quantile with sd (upper − lower)/(2z), widened for clusters; None if it is not estimable."""
    if summary.lower is None or summary.upper is None:
        return None
    sd = (summary.upper - summary.lower) / (2.0 * distributions.critical(summary.alpha))
    return ArmEstimate(summary.value, sd * sd * cluster_inflation(summary), summary.units, math.inf)


def prepare_quantile(summary: QuantileSummary) -> PreparedArm:
    """The estimate of an arm, or the status that stands in its way."""
    if summary.units < 2:
        return PreparedArm(summary.units, summary.value, None, Status.INSUFFICIENT_DATA)
    estimate = estimate_quantile(summary)
    problem = Status.NOT_ESTIMABLE_QUANTILE if estimate is None else None
    return PreparedArm(summary.units, summary.value, estimate, problem)


def cluster_inflation(summary: QuantileSummary) -> float:
    """Variance of the share below the quantile, by clusters, over what independence would give."""
    if summary.clusters is None or summary.clusters.n < 2:
        return 1.0
    independent = summary.q * (1.0 - summary.q) / summary.n
    return estimate_ratio(summary.clusters.as_ratio()).variance / independent


def _binomial_quantile(probability: float, n: int, q: float) -> int:
    """The smallest k with P(Binomial(n, q) ≤ k) ≥ probability; -1 + 0 is 0 at least."""
    guess = n * q - distributions.upper_quantile(probability) * math.sqrt(n * q * (1.0 - q))
    k = min(max(int(guess), 0), n)
    while k > 0 and special.bdtr(k - 1, n, q) >= probability:
        k -= 1
    while k < n and special.bdtr(k, n, q) < probability:
        k += 1
    return k
