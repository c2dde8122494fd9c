"""Where a sample ratio mismatch comes from: the same check in slices of the units, and what each has of the
deviation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.judgement.sample_ratio import (
    ALARM_THRESHOLD,
    SampleRatioResult,
    check_sample_ratio,
    check_segment_ratios,
)


@dataclass(frozen=True, slots=True)
class RatioSlice:
    """One slice. `excess`: units more than expected, by arm. `contribution`: the part of the deviation of all slices
    that is in this one; they add up to 1, and one that deviates the other way has a negative part. `p_elsewhere`: the p
    of one look at all the others together, None when there are none."""

    name: str
    ratio: SampleRatioResult
    excess: Mapping[str, float]
    contribution: float | None
    p_elsewhere: float | None


def slice_ratios(
    counts: Mapping[str, Mapping[str, int]],
    expected_weights: Mapping[str, float],
    threshold: float = ALARM_THRESHOLD,
    rest: Mapping[str, int] | None = None,
) -> list[RatioSlice]:
    """The slices, largest contribution first, each checked at threshold / number of slices (Bonferroni).

    `rest`: units by arm that are in none of them; they count as elsewhere and for the whole deviation.
    """
    checked = check_segment_ratios(counts, expected_weights, threshold)
    whole = {arm: sum(each.get(arm, 0) for each in [*counts.values(), rest or {}]) for arm in expected_weights}
    overall = _excess(whole, expected_weights)
    size = sum(gap * gap / expected_weights[arm] for arm, gap in overall.items())
    slices = []
    for name, ratio in checked.items():
        excess = _excess(counts[name], expected_weights)
        along = sum(gap * overall[arm] / expected_weights[arm] for arm, gap in excess.items())
        others = {arm: n - counts[name].get(arm, 0) for arm, n in whole.items()}
        elsewhere = check_sample_ratio(others, expected_weights, threshold).p_value
        slices.append(RatioSlice(name, ratio, excess, along / size if size > 0.0 else None, elsewhere))
    return sorted(slices, key=lambda each: -(each.contribution or 0.0))


def _excess(units: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, float]:
    """Over the arms that have a weight."""
    shares = {arm: weight for arm, weight in weights.items() if weight > 0.0}
    total, scale = sum(units.get(arm, 0) for arm in shares), sum(shares.values())
    return {arm: units.get(arm, 0) - total * weight / scale for arm, weight in shares.items()}
