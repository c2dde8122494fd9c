"""Segmented and daily analyses as JSON."""

from __future__ import annotations

from dataclasses import replace

from stats import ENGINE_VERSION, Family, as_document

from analytics.results.analysis import MetricAnalysis
from analytics.results.documents import (
    Document,
    experiment_document,
    metric_document,
    moment,
    sample_ratio_document,
)
from analytics.results.segmenting import DailyAnalysis, SegmentedAnalysis

_PER_SEGMENT = ("status", "explanation", "summary", "variations", "warnings")


def segmented_document(analysis: SegmentedAnalysis) -> Document:
    """The answer of `GET /v1/experiments/{id}/results/segments`."""
    metrics = []
    for use, metric, result in analysis.metrics:
        segments = []
        for name, each in result.segments.items():
            family = _members_of(result.family, name)
            document = metric_document(MetricAnalysis(metric, use, each), family)
            segments.append({"segment": name} | {key: document[key] for key in _PER_SEGMENT})
        metrics.append(
            {
                "metric": metric.key,
                "name": metric.name,
                "role": use.role,
                "aggregation": metric.aggregation,
                "family": {
                    "method": result.family.method,
                    "alpha": result.family.alpha,
                    "size": result.family.size,
                },
                "heterogeneity": as_document(result.heterogeneity),
                "segments": segments,
            }
        )
    return {
        "experiment": experiment_document(analysis.experiment, analysis.environment),
        "computed_at": moment(analysis.moment.now),
        "as_of": moment(analysis.moment.as_of),
        "engine_version": ENGINE_VERSION,
        "by": analysis.by,
        "segments": [
            {
                "segment": name,
                "units": sum(units.values()),
                "variations": [{"variation": each, "units": count} for each, count in units.items()],
                "sample_ratio": sample_ratio_document(analysis.sample_ratios.get(name)),
            }
            for name, units in analysis.units.items()
        ],
        "left_out": analysis.left_out,
        "metrics": metrics,
    }


def daily_document(analysis: DailyAnalysis) -> Document:
    """The answer of `GET /v1/experiments/{id}/results/over-time`."""
    metrics = []
    for use, metric, days in analysis.metrics:
        documents = []
        for day, result in days.items():
            document = metric_document(MetricAnalysis(metric, use, result))
            documents.append({"date": day, "status": document["status"], "variations": document["variations"]})
        metrics.append({"metric": metric.key, "name": metric.name, "role": use.role, "days": documents})
    return {
        "experiment": experiment_document(analysis.experiment, analysis.environment),
        "computed_at": moment(analysis.moment.now),
        "as_of": moment(analysis.moment.as_of),
        "engine_version": ENGINE_VERSION,
        "metrics": metrics,
    }


def _members_of(family: Family, segment: str) -> Family:
    return replace(family, members=tuple(each for each in family.members if each.segment == segment))
