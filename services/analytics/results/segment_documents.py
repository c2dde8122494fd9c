"""Results per segment and over time: what the API answers, and where it comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from stats import ENGINE_VERSION, Heterogeneity, MetricResult, Notice, Status
from stats.effects import ONLY_LOOK

from analytics.catalog.entries import Role
from analytics.instants import rfc3339
from analytics.results.comparison_documents import same
from analytics.results.days import DailyAnalysis, DayAnalysis
from analytics.results.documents import ExperimentDocument, experiment_document
from analytics.results.judgement import Judged
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.metric_documents import (
    FamilyDocument,
    MetricVariation,
    family_document,
    metric_document,
)
from analytics.results.sample_ratio_documents import SampleRatioDocument, sample_ratio_document
from analytics.results.segment_names import SegmentName, SegmentValue, name_of
from analytics.results.segments import LeftOut, SegmentedAnalysis, SegmentedMetricAnalysis

NOTHING_JUDGED = Judged({}, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentVariation:
    variation: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDocument:
    """`segment` null: the units without the attribute; `value`: the attribute's, as it was sent."""

    segment: str | None
    value: SegmentValue
    units: int
    variations: list[SegmentVariation]
    sample_ratio: SampleRatioDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSegment:
    segment: str | None
    value: SegmentValue
    status: Status
    explanation: str
    summary: str
    variations: list[MetricVariation]
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastDocument:
    """A variation against the control in one segment. `df` null: the normal distribution."""

    status: Status
    difference: float
    se: float
    df: float | None
    alpha: float
    statistic: float | None
    p_value: float | None
    log10_p: float | None
    p_greater: float | None
    p_less: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeterogeneityDocument:
    """Whether effects differ between segments, as one look would say: Cochran's Q, I², and the pooled effect."""

    contrasts: list[ContrastDocument]
    q: float
    df: int
    p_value: float
    i2: float
    pooled: float
    pooled_se: float
    caution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentedMetric:
    """`family`: the tests of all segments, null where the metric can't be analysed; `heterogeneity`: by variation, null
    where too few can be compared and for `$days_since_exposure`, whose days are of the same units: it would need
    different ones."""

    metric: str
    name: str
    role: Role
    aggregation: str
    family: FamilyDocument | None
    heterogeneity: dict[str, HeterogeneityDocument | None]
    segments: list[MetricSegment]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentedDocument:
    """An experiment's results in each of its largest segments."""

    experiment: ExperimentDocument
    computed_at: str
    as_of: str | None
    engine_version: str
    by: str
    segments: list[SegmentDocument]
    left_out: LeftOut
    metrics: list[SegmentedMetric]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDay:
    """All units that came in until the end of the day."""

    date: str
    status: Status
    variations: list[MetricVariation]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMetric:
    metric: str
    name: str
    role: Role
    days: list[MetricDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyDocument:
    """An experiment's results as they grew, day by day."""

    experiment: ExperimentDocument
    computed_at: str
    as_of: str | None
    engine_version: str
    metrics: list[DailyMetric]


def segmented_document(analysis: SegmentedAnalysis) -> SegmentedDocument:
    return SegmentedDocument(
        experiment=experiment_document(analysis.experiment, analysis.environment),
        computed_at=rfc3339(analysis.time.now),
        as_of=rfc3339(analysis.time.as_of),
        engine_version=ENGINE_VERSION,
        by=analysis.by,
        segments=[
            SegmentDocument(
                **asdict(name_of(analysis.by, name)),
                units=sum(units.values()),
                variations=[SegmentVariation(variation=each, units=count) for each, count in units.items()],
                sample_ratio=sample_ratio_document(analysis.sample_ratios[name]),
            )
            for name, units in analysis.units.items()
        ],
        left_out=analysis.left_out,
        metrics=[_segmented_metric(each, analysis.by, list(analysis.units)) for each in analysis.metrics],
    )


def daily_document(analysis: DailyAnalysis) -> DailyDocument:
    return DailyDocument(
        experiment=experiment_document(analysis.experiment, analysis.environment),
        computed_at=rfc3339(analysis.time.now),
        as_of=rfc3339(analysis.time.as_of),
        engine_version=ENGINE_VERSION,
        metrics=[
            DailyMetric(
                metric=metric.key,
                name=metric.name,
                role=use.role,
                days=[_day(day, each) for day, each in days.items()],
            )
            for use, metric, days in analysis.metrics
        ],
    )


def _segmented_metric(analysis: SegmentedMetricAnalysis, by: str, shown: list[str]) -> SegmentedMetric:
    metric, use, result = analysis.metric, analysis.use, analysis.result
    segments: dict[str, MetricResult | None] = dict.fromkeys(shown) if result is None else dict(result.segments)
    return SegmentedMetric(
        metric=metric.key,
        name=metric.name,
        role=use.role,
        aggregation=metric.aggregation.name,
        family=family_document(result.family) if result else None,
        heterogeneity={arm: _heterogeneity(each) for arm, each in result.heterogeneity.items()} if result else {},
        segments=[
            _segment(
                name_of(by, name),
                MetricAnalysis(metric, use, each, analysis.problem),
                analysis.judged.get(name, NOTHING_JUDGED),
            )
            for name, each in segments.items()
        ],
    )


def _heterogeneity(found: Heterogeneity | None) -> HeterogeneityDocument | None:
    if found is None:
        return None
    contrasts = [ContrastDocument(**same(ContrastDocument, each)) for each in found.contrasts]
    return HeterogeneityDocument(**same(HeterogeneityDocument, found) | {"contrasts": contrasts, "caution": ONLY_LOOK})


def _segment(name: SegmentName, analysis: MetricAnalysis, judged: Judged) -> MetricSegment:
    found = metric_document(analysis, judged)
    return MetricSegment(
        **asdict(name),
        status=found.status,
        explanation=found.explanation,
        summary=found.summary,
        variations=found.variations,
        warnings=found.warnings,
    )


def _day(day: str, analysis: DayAnalysis) -> MetricDay:
    found = metric_document(analysis.metric, analysis.judged)
    return MetricDay(date=day, status=found.status, variations=found.variations)
