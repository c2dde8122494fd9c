"""The sample ratio: what the API answers, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from stats import Notice, RatioSlice, SampleRatioResult, SequentialRatio, Status

from analytics.results.mismatch_sources import MismatchSource, sources_sentence
from analytics.results.sample_ratio import sample_ratio_sentence
from analytics.results.segment_names import SegmentValue, name_of
from analytics.tables.columns import Column

DATASET = "dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationUnits:
    variation: str
    units: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatioVariation(VariationUnits):
    expected_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceVariation(SampleRatioVariation):
    """`excess`: units more than expected."""

    excess: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDocument:
    """`segment` null: the units without the attribute. `contribution`: this slice's part of the whole deviation;
    `p_elsewhere`: of one look at all other units together."""

    segment: str | None
    value: SegmentValue
    units: int
    contribution: float | None
    mismatch: bool | None
    threshold: float
    p_value: float | None
    sequential: SequentialRatio | None
    p_elsewhere: float | None
    variations: list[SliceVariation]


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchSourceDocument:
    """The units told apart `by` something, as segments are: the 50 largest slices, those with most of the deviation
    first. `left_out`: how many smaller ones there are."""

    by: str
    slices: list[SliceDocument]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatioDocument:
    """Whether units arrived in the expected shares. `mismatch` is decided by `sequential`, which holds however often
    one looks; `p_value` and `statistic` hold if this is the only look."""

    status: Status
    mismatch: Annotated[bool | None, Column("sample_ratio_mismatch", after="method", only=DATASET)]
    blocks_decision: bool
    sequential: SequentialRatio | None
    p_value: Annotated[float | None, Column("sample_ratio_p_value", after="sample_ratio_mismatch", only=DATASET)]
    log10_p: float | None
    statistic: float | None
    df: int | None
    method: str
    threshold: float
    summary: str
    variations: list[SampleRatioVariation]
    sources: list[MismatchSourceDocument]
    warnings: tuple[Notice, ...]


def sample_ratio_document(ratio: SampleRatioResult, sources: Sequence[MismatchSource] = ()) -> SampleRatioDocument:
    """The check with each variation's share and expected share."""
    return SampleRatioDocument(
        status=ratio.status,
        mismatch=ratio.mismatch,
        blocks_decision=ratio.blocks_decision,
        sequential=ratio.sequential,
        p_value=ratio.p_value,
        log10_p=ratio.log10_p,
        statistic=ratio.statistic,
        df=ratio.df,
        method=ratio.method,
        threshold=ratio.threshold,
        summary=" ".join(filter(None, (sample_ratio_sentence(ratio), sources_sentence(sources)))),
        variations=[
            SampleRatioVariation(
                variation=arm,
                units=ratio.observed[index],
                share=ratio.observed_share[index] if ratio.observed_share else None,
                expected_share=ratio.expected_share[index],
            )
            for index, arm in enumerate(ratio.arms)
        ],
        sources=[
            MismatchSourceDocument(
                by=each.by, slices=[_slice(each.by, one) for one in each.slices], left_out=each.left_out
            )
            for each in sources
        ],
        warnings=ratio.notices,
    )


def _slice(by: str, found: RatioSlice) -> SliceDocument:
    ratio = found.ratio
    return SliceDocument(
        **asdict(name_of(by, found.name)),
        units=sum(ratio.observed),
        contribution=found.contribution,
        mismatch=ratio.mismatch,
        threshold=ratio.threshold,
        p_value=ratio.p_value,
        sequential=ratio.sequential,
        p_elsewhere=found.p_elsewhere,
        variations=[
            SliceVariation(
                variation=arm,
                units=ratio.observed[index],
                share=ratio.observed_share[index] if ratio.observed_share else None,
                expected_share=ratio.expected_share[index],
                excess=found.excess[arm],
            )
            for index, arm in enumerate(ratio.arms)
        ],
    )
