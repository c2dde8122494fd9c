"""Merging segments and days: pairwise update of n, mean and centred squares.

Source: Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance".
"""

from __future__ import annotations

from collections.abc import Sequence

from stats.errors import InvalidInputError
from stats.kinds.summaries import BinarySummary, MeanSummary, RatioSummary


def merge_means(parts: Sequence[MeanSummary]) -> MeanSummary:
    """One summary of all parts' units, around the merged mean; exact where plain sums would cancel."""
    n, mean, squares = 0, 0.0, 0.0
    for part in parts:
        if part.n == 0:
            continue
        total = n + part.n
        gap = part.mean - mean
        squares += part.squares + gap * gap * n * part.n / total
        mean += gap * part.n / total
        n = total
    return MeanSummary(n, 0.0, squares, mean)


def merge_binaries(parts: Sequence[BinarySummary]) -> BinarySummary:
    """Counts simply add."""
    return BinarySummary(sum(part.n for part in parts), sum(part.conversions for part in parts))


def merge_ratios(parts: Sequence[RatioSummary]) -> RatioSummary:
    """The five sums add; the parts must hold different units."""
    if not parts:
        raise InvalidInputError("parts", "must not be empty")
    return RatioSummary(
        sum(part.n for part in parts),
        sum(part.num_sum for part in parts),
        sum(part.num_sum_sq for part in parts),
        sum(part.den_sum for part in parts),
        sum(part.den_sum_sq for part in parts),
        sum(part.num_den_sum for part in parts),
    )
