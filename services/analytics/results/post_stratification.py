"""The difference within strata of an attribute, weighed by the strata's shares of all units: as one look would say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stats import InvalidInputError, Status, Summary, combine_periods, merge
from stats.effects import ONLY_LOOK

from analytics.catalog.entries import Experiment
from analytics.results.measurements import UNCOMPUTABLE, Measurement
from analytics.warehouse.aggregates import UnitCounts

STRATA_MAX = 100
REST = "rest"


@dataclass(frozen=True, slots=True)
class PostStratifiedBlock:
    """Σ w·d over the strata of `attribute`, w their shares of the units; the smallest ones are one stratum.

    `status`: `allocation_changed` where the variations' shares differ between strata."""

    attribute: str
    strata: int
    status: Status
    difference: float
    se: float
    lower: float | None
    upper: float | None
    p_value: float | None
    caution: str


def post_stratified(
    experiment: Experiment, counts: UnitCounts, measured: Measurement
) -> dict[str, PostStratifiedBlock]:
    """By variation; without an entry where no stratum can be compared, or where strata can't be put together."""
    found: dict[str, PostStratifiedBlock] = {}
    try:
        strata = _strata(counts, measured.summaries)
    except UNCOMPUTABLE:
        return found
    for arm in experiment.shares:
        if arm == experiment.control or not strata:
            continue
        try:
            combined = combine_periods(
                list(strata.values()), treatment=arm, control=experiment.control, alpha=experiment.plan.alpha
            )
        except UNCOMPUTABLE:
            continue
        weighed = combined.difference
        found[arm] = PostStratifiedBlock(
            attribute=experiment.plan.post_stratify_by,
            strata=len(weighed.weights),
            status=combined.status,
            difference=weighed.difference,
            se=weighed.se,
            lower=weighed.lower,
            upper=weighed.upper,
            p_value=weighed.p_value,
            caution=ONLY_LOOK,
        )
    return found


def _strata(counts: UnitCounts, summaries: Mapping[str, Mapping[str, Summary]]) -> dict[str, Mapping[str, Summary]]:
    """The largest ones by themselves, all others as one. Raises InvalidInputError for what can't be put together."""
    sizes = Counter({name: sum(each.values()) for name, each in counts.segments().items() if name in summaries})
    ordered = [name for name, _ in sizes.most_common()]
    kept = {name: summaries[name] for name in ordered[: STRATA_MAX - 1]}
    others = [summaries[name] for name in ordered[STRATA_MAX - 1 :]]
    if others:
        if len(others) == 1:
            return kept | {REST: others[0]}
        return kept | {REST: {arm: merge([each[arm] for each in others]) for arm in others[0]}}
    if not kept:
        raise InvalidInputError("strata", "there are none")
    return kept
