"""The sample ratio of an experiment: whether units arrived in the expected shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stats import SampleRatioResult, Status, check_sample_ratio, check_segment_ratios
from stats.statuses import notice

from analytics.catalog.entries import Experiment
from analytics.results.figures import probability
from analytics.warehouse.aggregates import UnitCounts

LACKING_MAX = 0.01
"""Users without a unit, as a share of the units: beyond it nobody knows whose units are missing."""


def sample_ratio_of(experiment: Experiment, counts: UnitCounts) -> SampleRatioResult:
    """The check of all units so far, and of what a look at the end of each day would have said.

    Nothing is remembered between readings: units are counted by the day of their first exposure, so a day that late
    exposures complete is judged as complete. Counted is what was assigned: where exposures don't name it, there is no
    check.
    """
    units = {each: counts.units.get(("", each), 0) for each in experiment.shares}
    if units_are_unknown(experiment, counts):
        return _unknown(experiment, counts)
    return check_sample_ratio(units, experiment.shares, arrivals=dict(sorted(counts.days.items())))


def segment_ratios_of(
    experiment: Experiment, counts: UnitCounts, units: Mapping[str, Mapping[str, int]]
) -> dict[str, SampleRatioResult]:
    """The check of each segment; `units`: those of `counts` that are shown, by segment and variation."""
    if units_are_unknown(experiment, counts):
        return dict.fromkeys(units, _unknown(experiment, counts))
    return check_segment_ratios(units, experiment.shares)


def units_are_unknown(experiment: Experiment, counts: UnitCounts) -> bool:
    """Whether too many users' exposures don't name what was assigned: then nothing can be said of the units."""
    return bool(experiment.bucket_by) and counts.users_without_unit > LACKING_MAX * sum(counts.units.values())


def unit_problem(experiment: Experiment, counts: UnitCounts) -> str:
    """Why no metric can be analysed, and what to send; empty where the units are known."""
    if not units_are_unknown(experiment, counts):
        return ""
    by = experiment.bucket_by
    return (
        f"variations are assigned by `{by}`, and exposures of {counts.users_without_unit:,} users don't name theirs; "
        f"send the `{by}` as `unit_key` with each exposure"
    )


def sample_ratio_sentence(ratio: SampleRatioResult) -> str:
    """What the check says."""
    if ratio.sequential is None or ratio.p_value is None:
        return _unchecked(ratio)
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


def _unknown(experiment: Experiment, counts: UnitCounts) -> SampleRatioResult:
    by, lacking = experiment.bucket_by, counts.users_without_unit
    said = f"Exposures of {lacking:,} users don't name their `{by}`: send `unit_key` with each."
    told = (notice(Status.NOT_APPLICABLE, by, said),)
    return replace(check_sample_ratio({}, experiment.shares), status=Status.NOT_APPLICABLE, notices=told)


def _unchecked(ratio: SampleRatioResult) -> str:
    if len(ratio.arms) < 2:
        return "One variation has all units: no shares."
    return ratio.notices[0].message if ratio.status is Status.NOT_APPLICABLE else "The shares can't be checked yet."
