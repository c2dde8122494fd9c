"""The rules of an experiment's own fields: no look at other entities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from bucketing.document import (
    condition_from_document,
    condition_to_document,
    experiment_from_document,
    experiment_to_document,
)
from bucketing.document.serves import percent
from bucketing.flagset import BUCKET_COUNT, Experiment
from bucketing.remote_configs import BASE
from bucketing.validation import validate_experiment, validate_filter
from messages.documents import experiment_document
from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.entities.errors import refused_fields
from control_plane.entities.sizes import check_size
from control_plane.experiments.guardrails import complete_metric, fixed_guardrails, margin_errors
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.phases import mixing_fields, seed_of
from control_plane.experiments.plans import complete_plan, plan_errors

DESCRIPTIVE = frozenset({"name", "description", "hypothesis", "tags", "owner"})
_FIXED = (
    "mode",
    "trigger_event",
    "exposure_filter",
)
_OF_ASSIGNING = ("audience", "bucket_by", "layer")


def checked(
    row: ExperimentRow, variations: Collection[str] | None, before: ExperimentRow | None
) -> tuple[ExperimentRow, Experiment]:
    """The row in canonical form, and the rule engine's experiment. `variations` are those of the flag, None on a remote
    config.

    `before`: the row that stands already, if one does and is not about to start.

    Raises `InvalidInput` with the path of each field that is wrong.
    """
    with refused_fields():
        experiment = engine_experiment(row)
        validate_experiment(experiment, variations)
        exposure_filter = _canonical_filter(row.exposure_filter)
    row = replace(row, metrics=[complete_metric(each) for each in row.metrics], plan=complete_plan(row.plan))
    standing = before.metrics if before is not None else ()
    errors = [
        *_control(row),
        *_mode(row),
        *(_on_config(row) if variations is None else _on_flag(row)),
        *_metrics(row),
        *margin_errors(row.metrics, standing),
        *plan_errors(row.plan),
    ]
    if errors:
        raise InvalidInput(errors)
    check_size(experiment_document(experiment), {"variations": row.variations, "audience": row.audience})
    audience = experiment.audience
    return replace(
        row,
        variations=experiment_to_document(experiment)["variations"],
        audience=None if audience is None else condition_to_document(audience),
        bucket_by=experiment.bucket_by,
        exposure_filter=exposure_filter,
    ), experiment


def engine_experiment(row: ExperimentRow) -> Experiment:
    """Without layer and holdouts, which are other entities. Raises `InvalidConfig`."""
    return experiment_from_document(
        {
            "key": row.key,
            "flag": row.flag,
            "mode": row.mode,
            "variations": row.variations,
            "start_at": row.start_at or 0,
            "stop_at": row.stop_at,
            "traffic": percent(row.traffic),
            "audience": row.audience,
            "bucket_by": row.bucket_by,
            "phase": row.phase,
            "seed": seed_of(row.key, row.phase),
            "paused": row.status == "paused",
        }
    )


def refuse_started(row: ExperimentRow, changed: ExperimentRow) -> None:
    """After the start only what doesn't break the analysis changes.

    Texts and tags; secondary metrics, further guardrails, and a margin where none was given; and, while it runs, more
    traffic: units that are in it stay in it. What would mix populations changes while it runs, too, with a new phase.
    Raises `Conflict` (`experiment_started`) naming the fields.
    """
    if row.drafted:
        return
    fixed = [name for name in _FIXED if getattr(row, name) != getattr(changed, name)]
    if complete_plan(row.plan) != complete_plan(changed.plan):
        fixed.append("plan")
    kept = fixed_guardrails(changed.metrics)
    if _goals(row) != _goals(changed) or any(each not in kept for each in fixed_guardrails(row.metrics)):
        fixed.append("metrics")
    if not row.under_way:
        fixed += mixing_fields(row, changed)
        if changed.traffic > row.traffic:
            fixed.append("traffic")
    if fixed:
        reason = "can't change after the start: it would break the analysis"
        errors = [FieldError(name, "experiment_started", reason) for name in fixed]
        raise Conflict(f"{', '.join(fixed)}: {reason}", code="experiment_started", errors=errors)


def _goals(row: ExperimentRow) -> list[str]:
    return [each["metric"] for each in row.metrics if each["role"] == "goal"]


def _control(row: ExperimentRow) -> list[FieldError]:
    if row.control in {each["key"] for each in row.variations}:
        return []
    return [FieldError("control", "unknown_variation", f"{row.control!r} is none of the experiment's variations")]


def _mode(row: ExperimentRow) -> list[FieldError]:
    if row.mode == "assigns":
        return []
    given = [name for name in _OF_ASSIGNING if getattr(row, name) is not None]
    if row.traffic != BUCKET_COUNT:
        given.append("traffic")
    if row.holdouts:
        given.append("holdouts")
    reason = "an experiment that observes assigns nobody: what the flag's rules serve is analysed"
    return [FieldError(name, "not_applicable", reason) for name in given]


def _on_flag(row: ExperimentRow) -> list[FieldError]:
    reason = "only on a remote config: a flag's variations have their values"
    return [
        FieldError(f"variations[{index}].value", "not_applicable", reason)
        for index, each in enumerate(row.variations)
        if each.get("value") is not None
    ]


def _on_config(row: ExperimentRow) -> list[FieldError]:
    errors = [
        FieldError(f"variations[{index}].key", "reserved", f"{BASE!r} names the value without overrides")
        for index, each in enumerate(row.variations)
        if each["key"] == BASE
    ]
    if row.mode != "assigns":
        reason = "a remote config has no variations that could be observed"
        errors.append(FieldError("mode", "not_applicable", reason))
    return errors


def _metrics(row: ExperimentRow) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, each in enumerate(row.metrics):
        if each["metric"] in seen:
            errors.append(FieldError(f"metrics[{index}].metric", "duplicate", f"{each['metric']!r} stands here twice"))
        seen.add(each["metric"])
    return errors


def _canonical_filter(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """Raises `InvalidConfig`."""
    if document is None:
        return None
    condition = condition_from_document(document, "exposure_filter")
    validate_filter(condition, "exposure_filter")
    return condition_to_document(condition)
