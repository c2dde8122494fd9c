"""Data points of a request, one after the other: the events that each becomes, or why it can be none.

| data point | events |
|---|---|
| of a gauge, or of a sum that may fall and is cumulative: a level | `NAME` with its value |
| of a sum, as a delta | `NAME` with what was added |
| of a histogram, as a delta | `NAME.count` with how many values, `NAME.sum` with their sum |

A cumulative count tells what was since some start; only who holds everything before could make a delta of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from messages.generated import otlp_pb2 as pb

from event_ingestor.admission.refusals import Reason
from event_ingestor.otlp.attributes import Source, plain

_NOTHING_RECORDED = 1
_CUMULATIVE = Reason(
    "cumulative",
    "must be a delta: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta, or use `cumulativetodelta`",
)
_KIND = Reason("unsupported_kind", "must be of a gauge, a sum or a histogram")


class Point(NamedTuple):
    """A data point. Times in nanoseconds since the Unix epoch. `values`: of its events, by their names."""

    source: Source
    metric: str
    start: int
    time: int
    attributes: Mapping[str, Any]
    values: Mapping[str, float]


def points_of(request: pb.OtlpMetricsRequest) -> Iterator[Point | Reason | None]:
    """One for each data point, in their order; None where nothing was recorded."""
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            source = Source.of(resource.resource, scope.scope)
            for metric in scope.metrics:
                yield from _points(source, metric)


def _points(source: Source, metric: pb.OtlpMetric) -> Iterator[Point | Reason | None]:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data: Any = getattr(metric, kind)
    refusal = _refusal(kind, data)
    for point in data.data_points:
        if refusal is not None:
            yield refusal
            continue
        values = {} if point.flags & _NOTHING_RECORDED else _values(metric.name, point)
        attributes = plain(point.attributes)
        yield (
            Point(source, metric.name, point.start_time_unix_nano, point.time_unix_nano, attributes, values)
            if values
            else None
        )


def _refusal(kind: str, data: Any) -> Reason | None:
    if kind == "gauge":
        return None
    if kind == "summary":
        return _KIND
    if data.aggregation_temporality == pb.AGGREGATION_TEMPORALITY_DELTA:
        return None
    is_level = kind == "sum" and not data.is_monotonic
    is_cumulative = data.aggregation_temporality == pb.AGGREGATION_TEMPORALITY_CUMULATIVE
    return None if is_level and is_cumulative else _CUMULATIVE


def _values(name: str, point: Any) -> dict[str, float]:
    if isinstance(point, pb.OtlpNumberPoint):
        kind = point.WhichOneof("value")
        return {} if kind is None else {name: getattr(point, kind)}
    found: dict[str, float] = {f"{name}.count": point.count}
    return found | {f"{name}.sum": point.sum} if point.HasField("sum") else found
