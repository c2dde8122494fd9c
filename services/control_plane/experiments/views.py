"""From an experiment's row to what is answered and kept by the audit log, and from there back to the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bucketing.document.serves import hundredths, percent

from control_plane.entities.answers import OF_WRITES, Answered, entity_document, told_moment
from control_plane.entities.models import Scope, row_of
from control_plane.entities.moments import epoch_milliseconds
from control_plane.experiments.guardrails import complete_metric
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.phases import layer_view
from control_plane.experiments.plans import complete_plan, plan_view, stored_plan

_UNAUDITED = OF_WRITES | {"disturbances"}


def experiment_view(row: ExperimentRow, disturbances: Sequence[Mapping[str, Any]] = ()) -> Answered:
    return Answered(
        {
            **entity_document(row),
            "environment": row.environment,
            "flag": row.flag,
            "hypothesis": row.hypothesis,
            "mode": row.mode,
            "status": row.status,
            "variations": [variation_view(each) for each in row.variations],
            "control": row.control,
            "traffic": float(percent(row.traffic)),
            "audience": row.audience,
            "bucket_by": row.bucket_by,
            "layer": layer_view(row),
            "holdouts": row.holdouts,
            "metrics": [_metric(complete_metric(each)) for each in row.metrics],
            "plan": plan_view(row.plan),
            "trigger_event": row.trigger_event,
            "exposure_filter": row.exposure_filter,
            "start_at": _moment(row.start_at),
            "stop_at": _moment(row.stop_at),
            "phase": row.phase,
            "phase_started_at": _moment(row.phase_started_at or row.start_at),
            "ended_phases": row.ended_phases,
            "pauses": row.pauses,
            "schedule": row.schedule,
            "schedule_failure": row.schedule_failure,
            "disturbances": list(disturbances),
        },
        _UNAUDITED,
    )


def variation_view(stored: Mapping[str, Any]) -> dict[str, Any]:
    """One without a patch has none: a flag's variations never have."""
    told = {"key": stored["key"], "weight": float(stored["weight"])}
    return told if stored.get("value") is None else {**told, "value": stored["value"]}


def _metric(complete: Mapping[str, Any]) -> dict[str, Any]:
    margin = complete["margin"]
    return {
        "metric": complete["metric"],
        "role": complete["role"],
        "margin": None if margin is None else float(margin),
        "margin_kind": complete["margin_kind"],
    }


def experiment_row(scope: Scope, environment_id: UUID, document: Mapping[str, Any]) -> ExperimentRow:
    """The inverse of what the audit log keeps of an experiment."""
    layer = document["layer"] or {}
    later = {name: document.get(name) for name in ("trigger_event", "exposure_filter")}
    return row_of(
        ExperimentRow,
        scope,
        document,
        environment_id=environment_id,
        traffic=hundredths(document["traffic"], "traffic"),
        layer=layer.get("key"),
        layer_share=hundredths(layer["share"], "layer.share") if layer else None,
        slot_start=layer.get("start"),
        slot_end=layer.get("end"),
        plan=stored_plan(complete_plan(document["plan"])),
        start_at=_milliseconds(document["start_at"]),
        stop_at=_milliseconds(document["stop_at"]),
        phase_started_at=_milliseconds(document["phase_started_at"]) if document.get("phase", 1) > 1 else None,
        **later,
    )


def _milliseconds(moment: str | None) -> int | None:
    return None if moment is None else epoch_milliseconds(moment, "at")


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else told_moment(datetime.fromtimestamp(milliseconds / 1000, UTC))
