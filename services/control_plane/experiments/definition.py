"""The rules of an experiment's own fields: no look at other entities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bucketing.document import condition_to_document, experiment_from_document
from bucketing.document.serves import percent, shares_to_document
from bucketing.flagset import BUCKET_COUNT, Experiment
from bucketing.validation import validate_experiment
from messages.documents import experiment_document
from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.entities.errors import refused_fields
from control_plane.entities.sizes import check_size
from control_plane.experiments.models import ExperimentRow

DESCRIPTIVE = frozenset({"name", "description", "hypothesis", "tags"})
_OF_ASSIGNING = ("audience", "bucket_by", "layer")


def checked(row: ExperimentRow, variations: Collection[str]) -> tuple[ExperimentRow, Experiment]:
    """The row in canonical form, and the rule engine's experiment. `variations` are those of the flag.

    Raises `InvalidInput` with the path of each field that is wrong.
    """
    with refused_fields():
        experiment = engine_experiment(row)
        validate_experiment(experiment, variations)
    errors = [*_control(row), *_mode(row), *_metrics(row), *_plan(row)]
    if errors:
        raise InvalidInput(errors)
    check_size(experiment_document(experiment), {"variations": row.variations, "audience": row.audience})
    audience = experiment.audience
    return replace(
        row,
        variations=shares_to_document(experiment.shares),
        audience=None if audience is None else condition_to_document(audience),
        bucket_by=experiment.bucket_by,
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
        }
    )


def refuse_started(row: ExperimentRow, changed: ExperimentRow) -> None:
    """After the start only what doesn't break the analysis changes.

    Texts and tags; metrics that aren't goals; and, while it runs, more traffic: units that are in it stay in it.
    Raises `Conflict` (`experiment_started`) naming the fields.
    """
    if row.status == "draft":
        return
    fixed = [
        name
        for name in ("mode", "variations", "control", "audience", "bucket_by", "holdouts", "plan")
        if getattr(row, name) != getattr(changed, name)
    ]
    if (row.layer, row.layer_share) != (changed.layer, changed.layer_share):
        fixed.append("layer")
    if _goals(row) != _goals(changed):
        fixed.append("metrics")
    if changed.traffic != row.traffic and (row.status == "stopped" or changed.traffic < row.traffic):
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


def _metrics(row: ExperimentRow) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, each in enumerate(row.metrics):
        if each["metric"] in seen:
            errors.append(FieldError(f"metrics[{index}].metric", "duplicate", f"{each['metric']!r} stands here twice"))
        seen.add(each["metric"])
        if each["margin"] is not None and each["role"] != "guardrail":
            errors.append(FieldError(f"metrics[{index}].margin", "not_applicable", "only a guardrail has a margin"))
    return errors


def _plan(row: ExperimentRow) -> list[FieldError]:
    if row.plan["mode"] != "group":
        return []
    missing = [name for name in ("planned_looks", "planned_units") if row.plan[name] is None]
    return [FieldError(f"plan.{name}", "missing", "a group-sequential analysis needs it") for name in missing]
