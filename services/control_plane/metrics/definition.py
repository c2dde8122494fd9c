"""Which fields of a metric belong together."""

from __future__ import annotations

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

_CAPPED = ("sum", "count", "mean")


def check_definition(metric: MetricRow) -> None:
    """Raises `InvalidInput` naming each field that the aggregation lacks or can't use."""
    errors: list[FieldError] = []

    def demand(field: str, aggregation: str) -> None:
        given = getattr(metric, field) is not None
        if given and metric.aggregation != aggregation:
            errors.append(FieldError(field, "not_applicable", f"only a metric of aggregation {aggregation!r} has it"))
        elif not given and metric.aggregation == aggregation:
            errors.append(FieldError(field, "missing", f"aggregation {aggregation!r} needs it"))

    demand("denominator_event", "ratio")
    demand("quantile", "quantile")
    if metric.winsorize_at is not None and metric.aggregation not in _CAPPED:
        reason = f"only {', '.join(_CAPPED)} are capped"
        errors.append(FieldError("winsorize_at", "not_applicable", reason))
    start, end = metric.window_start_seconds, metric.window_end_seconds
    if metric.aggregation == "retention" and not end:
        errors.append(FieldError("window_end_seconds", "missing", "aggregation 'retention' needs a window"))
    elif end is not None and end <= (start or 0):
        errors.append(FieldError("window_end_seconds", "empty_window", "must be after the window's start"))
    if errors:
        raise InvalidInput(errors)
