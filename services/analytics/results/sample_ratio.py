"""The sample ratio of an experiment: whether units arrived in the expected shares."""

from __future__ import annotations

from stats import SampleRatioResult, check_sample_ratio

from analytics.catalog.entries import Experiment
from analytics.results.p_values import probability
from analytics.warehouse.aggregates import UnitCounts


def sample_ratio_of(experiment: Experiment, counts: UnitCounts) -> SampleRatioResult:
    """The check of all units so far, and of what a look at the end of each day would have said.

    Nothing is remembered between readings: units are counted by the day of their first exposure, so a day that late
    exposures complete is judged as complete.
    """
    units = {each: counts.units.get(("", each), 0) for each in experiment.shares}
    return check_sample_ratio(units, experiment.shares, arrivals=dict(sorted(counts.days.items())))


def sample_ratio_sentence(ratio: SampleRatioResult) -> str:
    """What the check says."""
    if ratio.sequential is None or ratio.p_value is None:
        return "The shares can't be checked yet." if len(ratio.arms) > 1 else "One variation has all units: no shares."
    watched = f"{probability(ratio.sequential.p_value)} however often one looks"
    once = f"{probability(ratio.p_value)} if this is the only look"
    if ratio.mismatch:
        since = f" since {ratio.sequential.since}" if ratio.sequential.since else ""
        return f"The shares of units are not the expected ones{since} ({watched}; {once}): find the cause, then decide."
    if ratio.p_value < ratio.threshold:
        return f"The shares of units may not be the expected ones ({once}; {watched}): no alarm yet, look again."
    return (
        f"The shares of units agree with the expected ones ({watched}; an alarm needs p < {ratio.threshold:g}; {once})."
    )
