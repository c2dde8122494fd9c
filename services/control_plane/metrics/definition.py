"""The rules between the fields of a metric."""

from __future__ import annotations

from messages.aggregations import AGGREGATIONS, Aggregation
from service_kit.problems import FieldError, InvalidInput

from control_plane.metrics.models import MetricRow

ANALYSED = (
    "aggregation",
    "direction",
    "event",
    "denominator_event",
    "quantile",
    "window_start_seconds",
    "window_end_seconds",
    "winsorize_at",
)
"""The fields that results are computed by."""


def check_definition(metric: MetricRow) -> None:
    """Raises `InvalidInput` naming each field that the aggregation lacks or can't use."""
    aggregation = AGGREGATIONS[metric.aggregation]
    errors = _parameter_errors(metric, aggregation)
    if metric.winsorize_at is not None and not aggregation.cappable:
        capped = [name for name, each in AGGREGATIONS.items() if each.cappable]
        errors.append(FieldError("winsorize_at", "not_applicable", f"only {', '.join(capped)} are capped"))
    start, end = metric.window_start_seconds, metric.window_end_seconds
    if aggregation.window_required and not end:
        reason = f"aggregation {aggregation.name!r} needs a window"
        errors.append(FieldError("window_end_seconds", "missing", reason))
    elif end is not None and end <= (start or 0):
        errors.append(FieldError("window_end_seconds", "empty_window", "must be after the window's start"))
    if errors:
        raise InvalidInput(errors)


def _parameter_errors(metric: MetricRow, aggregation: Aggregation) -> list[FieldError]:
    errors = []
    for field in sorted({each.parameter for each in AGGREGATIONS.values() if each.parameter}):
        given = getattr(metric, field) is not None
        if given and aggregation.parameter != field:
            owners = " or ".join(repr(name) for name, each in AGGREGATIONS.items() if each.parameter == field)
            errors.append(FieldError(field, "not_applicable", f"only a metric of aggregation {owners} has it"))
        elif not given and aggregation.parameter == field:
            errors.append(FieldError(field, "missing", f"aggregation {aggregation.name!r} needs it"))
    return errors
