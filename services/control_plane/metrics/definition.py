"""The rules between the fields of a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bucketing.document import condition_from_document, condition_to_document
from bucketing.validation import validate_filter
from messages.aggregations import AGGREGATIONS, Aggregation
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities.errors import refused_fields
from control_plane.metrics.models import MetricRow

ANALYSED = (
    "aggregation",
    "direction",
    "event",
    "denominator_event",
    "quantile",
    "steps",
    "property",
    "window_start_seconds",
    "window_end_seconds",
    "winsorize_at",
    "winsorize_lower",
    "winsorize_of",
    "filter",
    "covariate_days",
    "per",
)
"""The fields that results are computed by."""
NOT_OF_UNITS = frozenset({"distinct", "days"})
"""Aggregations whose number of a unit is not that of its users taken together."""


def check_definition(metric: MetricRow) -> None:
    """Raises `InvalidInput` naming each field that the aggregation lacks or can't use."""
    aggregation = AGGREGATIONS[metric.aggregation]
    errors = [
        *_parameter_errors(metric, aggregation),
        *_cap_errors(metric, aggregation),
        *_step_errors(metric.steps or [], metric.event),
    ]
    if metric.per == "unit" and aggregation.name in NOT_OF_UNITS:
        reason = "users of a unit may have the same ones, so they are counted per user"
        errors.append(FieldError("per", "not_applicable", reason))
    start, end = metric.window_start_seconds, metric.window_end_seconds
    if aggregation.window_required and not end:
        reason = f"aggregation {aggregation.name!r} needs a window"
        errors.append(FieldError("window_end_seconds", "missing", reason))
    elif end is not None and end <= (start or 0):
        errors.append(FieldError("window_end_seconds", "empty_window", "must be after the window's start"))
    if errors:
        raise InvalidInput(errors)


def canonical_filter(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """The filter in canonical form. Raises `InvalidInput` with the path of what is wrong in it."""
    if document is None:
        return None
    with refused_fields():
        condition = condition_from_document(document, "filter")
        validate_filter(condition)
    return condition_to_document(condition)


def _cap_errors(metric: MetricRow, aggregation: Aggregation) -> list[FieldError]:
    given = [name for name in ("winsorize_at", "winsorize_lower") if getattr(metric, name) is not None]
    if given and not aggregation.cappable:
        capped = ", ".join(name for name, each in AGGREGATIONS.items() if each.cappable)
        return [FieldError(name, "not_applicable", f"only {capped} are capped") for name in given]
    lower, upper = metric.winsorize_lower, metric.winsorize_at
    if lower is not None and upper is None:
        return [FieldError("winsorize_at", "missing", "a cap from below needs one from above")]
    if lower is not None and upper is not None and lower >= upper:
        return [FieldError("winsorize_lower", "range", "must be below winsorize_at")]
    return []


def _step_errors(steps: Sequence[str], event: str) -> list[FieldError]:
    errors = [
        FieldError(f"steps[{index}]", "duplicate", f"{step!r} stands here twice")
        for index, step in enumerate(steps)
        if step in steps[:index]
    ]
    if steps and event != steps[-1]:
        errors.append(FieldError("event", "not_applicable", "a funnel's event is its last step; leave it out"))
    return errors


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
