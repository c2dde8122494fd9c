"""Caps on the units' numbers: where they are asked for, and that they never leave nothing to compare unsaid."""

from __future__ import annotations

from dataclasses import replace

from stats import CappedArms, CupedSummary, MeanSummary, RatioSummary, Winsorising

from analytics.catalog.entries import Metric
from analytics.results.summaries import Grouped, Measurement
from analytics.warehouse.aggregates import Caps, Percentiles


def is_capped(metric: Metric) -> bool:
    return metric.aggregation.cappable and bool(metric.winsorize_at)


def percentiles_of(metric: Metric) -> Percentiles:
    return Percentiles(metric.winsorize_at, metric.winsorize_lower, metric.winsorize_of == "nonzero")


def with_caps(measured: Measurement, metric: Metric, cut: tuple[Caps, int], plain: Grouped) -> Measurement:
    """`cut`: the caps, and how many numbers they moved. Caps that leave nothing to compare are told, never a result."""
    caps, count = cut
    if _varies(plain) and not _varies(measured.summaries):
        return Measurement(
            {},
            problem=f"its caps ({caps.floor:g} to {caps.cap:g}) leave every unit the same number; "
            "take percentiles of the values other than 0 (`winsorize_of`), or a higher one (`winsorize_at`)"
            if metric.winsorize_lower
            else f"its cap ({caps.cap:g}) leaves every unit the same number; "
            "take the percentile of the values other than 0 (`winsorize_of`), or a higher one (`winsorize_at`)",
        )
    lower, floor = (metric.winsorize_lower, caps.floor) if metric.winsorize_lower else (None, None)
    how = Winsorising(metric.winsorize_at, caps.cap, count, lower, floor, metric.winsorize_of)
    return replace(measured, capped=CappedArms(how, plain.get("", {})))


def _varies(grouped: Grouped) -> bool:
    """Whether two units of any arms have different numbers."""
    seen = set()
    for arms in grouped.values():
        for arm in arms.values():
            if isinstance(arm, RatioSummary):
                if arm.num_sum_sq > 0.0:
                    return True
                continue
            outcome = arm.outcome if isinstance(arm, CupedSummary) else arm
            if isinstance(outcome, MeanSummary) and outcome.n:
                if outcome.squares > 0.0:
                    return True
                seen.add(outcome.mean)
    return len(seen) > 1
