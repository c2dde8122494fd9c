"""The segments of a report: each as a row with its picture, on one axis per metric."""

from __future__ import annotations

from analytics.reports.content import Block, Grid, Heading, Paragraph, Row, Section, Words, plain
from analytics.reports.effects import effect_of, lift_words
from analytics.reports.interval_pictures import interval_picture
from analytics.reports.phrases import check_badge, count, percent, probability, reading_badge
from analytics.reports.segment_names import named
from analytics.results.documents import ResultDocument
from analytics.results.metric_documents import MetricDocument, MetricVariation
from analytics.results.segment_documents import SegmentDocument, SegmentedDocument, SegmentedMetric

_HEADINGS = (
    Heading("Segment and variation", 24),
    Heading("Reading", 12),
    Heading("Units", 10, numeric=True),
    Heading("Lift with interval", 26, numeric=True),
    Heading("Interval", 22),
    Heading("p", 8, numeric=True),
    Heading("p adjusted", 9, numeric=True),
)


def segments(results: ResultDocument, segmented: SegmentedDocument) -> Section:
    """The metrics that decide, in each of the largest segments."""
    by_key = {each.metric: each for each in results.metrics}
    shown = [each for each in segmented.metrics if each.role != "secondary" and each.metric in by_key]
    blocks: list[Block] = [
        Paragraph("A segment is exploratory: it decides nothing, and its p is adjusted over all segments."),
        _ratios(segmented.segments, segmented.by),
        *(_grid(each, by_key[each.metric]) for each in shown),
    ]
    return Section(f"Segments by {plain(segmented.by)}", tuple(blocks))


def _ratios(found: list[SegmentDocument], by: str) -> Grid:
    rows = tuple(
        Row(
            (
                Words(named(each.segment)),
                Words(count(each.units)),
                Words(", ".join(f"{count(one.units)} {plain(one.variation)}" for one in each.variations)),
                Words(probability(_ratio_p(each))),
                check_badge(_shares_state(each)),
            )
        )
        for each in found
    )
    headings = (
        Heading(plain(by), 24),
        Heading("Units", 12, numeric=True),
        Heading("By variation", 36),
        Heading("p of the shares", 14, numeric=True),
        Heading("Shares", 14),
    )
    return Grid("Units of each segment, and whether they came in the expected shares", headings, rows)


def _ratio_p(found: SegmentDocument) -> float | None:
    ratio = found.sample_ratio
    if ratio is None:
        return None
    return ratio.sequential.p_value if ratio.sequential is not None else ratio.p_value


def _shares_state(found: SegmentDocument) -> str:
    mismatch = found.sample_ratio.mismatch if found.sample_ratio else None
    return "unknown" if mismatch is None else "problem" if mismatch else "ok"


def _grid(found: SegmentedMetric, metric: MetricDocument) -> Grid:
    everybody: list[MetricVariation] = [each for segment in found.segments for each in segment.variations]
    rows = []
    for segment in found.segments:
        for variation in segment.variations:
            comparison = variation.comparison
            if comparison is None:
                continue
            effect = effect_of(comparison.difference, comparison.lift)
            rows.append(
                Row(
                    (
                        Words(f"{named(segment.segment)} · {plain(variation.variation)}"),
                        reading_badge(comparison.reading.state),
                        Words(count(variation.units)),
                        Words(
                            lift_words(comparison.lift)
                            if effect and effect.measure == "lift"
                            else comparison.explanation
                        ),
                        interval_picture(metric, variation, everybody),
                        Words(probability(comparison.reading.p_value)),
                        Words(probability(comparison.reading.adjusted_p)),
                    )
                )
            )
    return Grid(f"{plain(found.name)}. {_differing(found)}", _HEADINGS, tuple(rows))


def _differing(found: SegmentedMetric) -> str:
    told = [
        f"{plain(arm)}: p {probability(each.p_value)} that effects are the same, I² {percent(each.i2, '.0f')}"
        for arm, each in found.heterogeneity.items()
        if each is not None
    ]
    return f"Whether effects differ between segments: {'; '.join(told)}" if told else ""
