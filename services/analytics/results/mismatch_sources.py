"""Where a sample ratio mismatch comes from: days, SDK keys, config versions, segments."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stats import RatioSlice, SampleRatioResult, slice_ratios
from stats.judgement.sample_ratio import ALARM_THRESHOLD

from analytics.catalog.entries import Experiment
from analytics.results.figures import probability, signed
from analytics.results.sample_ratio import sample_ratio_of
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_CONFIG_VERSION, BY_DAY, BY_SDK_KEY, ExposureScope

OF_EVERY_EXPOSURE = (BY_DAY, BY_SDK_KEY, BY_CONFIG_VERSION)
SLICES_MAX = 50
NAMED_MAX = 3
CALLED = {BY_DAY: "day", BY_SDK_KEY: "SDK key", BY_CONFIG_VERSION: "config version"}


@dataclass(frozen=True, slots=True)
class MismatchSource:
    """The units in slices `by` a day, an SDK key, a config version or a context attribute: the 50 largest, those with
    most of the deviation first. `left_out`: how many smaller slices there are, which count as one together."""

    by: str
    slices: list[RatioSlice]
    left_out: int

    @property
    def standing_out(self) -> list[RatioSlice]:
        """Slices with an alarm of their own that have a part in the deviation of the whole."""
        return [each for each in self.slices if each.ratio.mismatch and (each.contribution or 0.0) > 0.0]


@dataclass(frozen=True, slots=True)
class LocatedRatio:
    """The check, and the slices of each dimension that was asked for."""

    ratio: SampleRatioResult
    sources: list[MismatchSource]


async def located_ratio(
    reader: ExperimentReader, scope: ExposureScope, experiment: Experiment, attribute: str | None
) -> LocatedRatio:
    """By what every exposure has, and by an `attribute` of the context. Raises WarehouseError."""
    counts = await reader.unit_counts(scope)
    by = (*OF_EVERY_EXPOSURE, attribute) if attribute and attribute not in OF_EVERY_EXPOSURE else OF_EVERY_EXPOSURE
    ratio = await asyncio.to_thread(sample_ratio_of, experiment, counts)
    checked = ratio.sequential is not None
    return LocatedRatio(ratio, await mismatch_sources(reader, scope, experiment.shares, by) if checked else [])


async def mismatch_sources(
    reader: ExperimentReader, scope: ExposureScope, shares: Mapping[str, int], by: Sequence[str] = OF_EVERY_EXPOSURE
) -> list[MismatchSource]:
    """By each dimension of `by`. One that takes more time or memory than it may is missing. Raises WarehouseError."""
    found = await asyncio.gather(*(_source(reader, replace(scope, segment=each), shares) for each in by))
    return [each for each in found if each is not None]


async def _source(reader: ExperimentReader, scope: ExposureScope, shares: Mapping[str, int]) -> MismatchSource | None:
    try:
        counts = await reader.unit_counts(scope)
    except QueryTooExpensive:
        return None
    return await asyncio.to_thread(_sliced, scope.segment, counts.segments(), shares)


def _sliced(by: str, counts: Mapping[str, Mapping[str, int]], shares: Mapping[str, int]) -> MismatchSource:
    sizes = Counter({name: sum(each.values()) for name, each in counts.items()})
    shown = {name: counts[name] for name, _ in sizes.most_common(SLICES_MAX)}
    others = [each for name, each in counts.items() if name not in shown]
    rest = {arm: sum(each.get(arm, 0) for each in others) for arm in shares}
    return MismatchSource(by, slice_ratios(shown, shares, rest=rest), len(others))


def sources_sentence(sources: Sequence[MismatchSource]) -> str:
    """The slices that stand out, by dimension; empty when there is nothing to compare."""
    compared = [each for each in sources if len(each.slices) > 1]
    named = [_named(each) for each in compared if each.standing_out]
    if named:
        return f"It comes from {'; '.join(named)}."
    return f"No {' or '.join(CALLED.get(each.by, each.by) for each in compared)} stands out." if compared else ""


def _named(source: MismatchSource) -> str:
    called, first = CALLED.get(source.by, source.by), source.standing_out[0]
    if len(source.standing_out) == 1 and first.p_elsewhere is not None and first.p_elsewhere >= ALARM_THRESHOLD:
        return f"{called} {first.name} alone ({_part(first)}; elsewhere {probability(first.p_elsewhere)})"
    parts = [f"{each.name} ({_part(each)})" for each in source.standing_out[:NAMED_MAX]]
    more = len(source.standing_out) - len(parts)
    return f"{called} {', '.join(parts)}" + (f" and {more} more" if more else "")


def _part(each: RatioSlice) -> str:
    return f"{signed(each.contribution or 0.0, '.0%')} of the deviation"
