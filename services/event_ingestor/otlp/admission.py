"""Admission of a request's data points as metric events, each judged by itself."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import msgspec
from messages.events import EVENT_BYTES_MAX, NAME_LENGTH_MAX, Attributes, MetricLine
from messages.generated.otlp_pb2 import OtlpMetricsRequest
from service_kit.fair_work import Steps
from service_kit.problems import TooLarge

from event_ingestor.admission.event_types import EVENTS_PER_REQUEST_MAX, MetricEvent
from event_ingestor.admission.events import TOO_LARGE, AdmissionRules, AdmittedEvents, Judge
from event_ingestor.admission.names import NameCheck
from event_ingestor.admission.refusals import Reason, Rejection, explain
from event_ingestor.otlp.attributes import Measured, digest, measured, properties
from event_ingestor.otlp.points import Point, points_of

_NANOSECONDS_PER_MILLISECOND = 1_000_000
_NANOSECONDS_PER_SECOND = 1_000_000_000
_STEP_POINTS = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(MetricEvent).decode

_NO_ARM = Reason(
    "no_arm", "needs feature_flag.key and feature_flag.result.variant, or a user's feature_flag.context.id"
)
_VARIANT = Reason("too_long", f"feature_flag.result.variant: may be {NAME_LENGTH_MAX} characters long")
_FLAG = Reason("invalid_key", "feature_flag.key: must be the key of a flag")
_NUL = Reason("nul_character", "the data point holds the character NUL")
_NOT_FINITE = Reason("not_finite", "must be a finite number")


class _Taken(NamedTuple):
    """The events of a data point, also as they travel on."""

    measured: Measured
    lines: list[MetricLine[Attributes]]
    texts: list[bytes]


def points_admission(request: OtlpMetricsRequest, rules: AdmissionRules) -> Steps[AdmittedEvents]:
    """`rejected` and `warnings` count data points from 0. Raises TooLarge for more than 5,000 of them, or of events."""
    judge, names = Judge(rules, may_hold_nul=False), NameCheck(rules.names)
    texts: list[bytes] = []
    rejected: list[Rejection] = []
    for index, point in enumerate(points_of(request)):
        if index >= EVENTS_PER_REQUEST_MAX or len(texts) > EVENTS_PER_REQUEST_MAX:
            limit = f"a request has at most {EVENTS_PER_REQUEST_MAX} data points, which become as many events"
            raise TooLarge(limit, code="too_many_events")
        if index % _STEP_POINTS == 0:
            yield
        if point is None:
            continue
        found = point if isinstance(point, Reason) else _judged(point, judge)
        if isinstance(found, Reason):
            rejected.append(Rejection(index, *found))
            continue
        texts += found.texts
        for line in found.lines:
            names.metric(index, line)
        if found.measured.flag:
            names.served(index, found.measured.flag, found.measured.variation)
    return AdmittedEvents(
        exposures=b"",
        metrics=b"".join(texts),
        exposure_count=0,
        metric_count=len(texts),
        rejected=tuple(rejected),
        warnings=tuple(names.warnings),
    )


def _judged(point: Point, judge: Judge) -> _Taken | Reason:
    whose = measured(point.source, point.attributes, point.time // _NANOSECONDS_PER_SECOND)
    if whose is None:
        return _NO_ARM
    if whose.flag and not judge.is_key(whose.flag):
        return _FLAG
    if len(whose.variation) > NAME_LENGTH_MAX:
        return _VARIANT
    kept = properties(point.source, point.attributes)
    id_start = f"otlp-{digest([*point.source, point.metric, dict(point.attributes), point.start, point.time])[:32]}"
    lines: list[MetricLine[Attributes]] = []
    texts: list[bytes] = []
    for name, value in point.values.items():
        if not math.isfinite(value):
            return _NOT_FINITE
        said = {
            "type": "metric",
            "event_id": id_start + name.removeprefix(point.metric),
            "timestamp": point.time // _NANOSECONDS_PER_MILLISECOND,
            "user_key": whose.unit,
            "metric": name,
            "value": value,
            "properties": kept,
        }
        line = _line(said, judge)
        if isinstance(line, Reason):
            return line
        if whose.is_arm:
            # Nobody's key, and what compares arms reads it.
            line.user_key = whose.unit
        lines.append(line)
        texts.append(_encode(line) + b"\n")
        if len(texts[-1]) > EVENT_BYTES_MAX:
            return TOO_LARGE
    return _Taken(whose, lines, texts)


def _line(said: dict[str, Any], judge: Judge) -> MetricLine[Attributes] | Reason:
    text = _encode(said)
    try:
        event = _decode(text)
    except msgspec.ValidationError:
        return explain(text)
    if b"\\u0000" in text:
        return _NUL
    line: MetricLine[Attributes] | Reason = judge.line(event)  # type: ignore[assignment]
    return line
