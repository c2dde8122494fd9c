"""From an experiment's row to what is answered and kept by the audit log, and from there back to the row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bucketing.document.serves import hundredths, percent

from control_plane.entities.models import Scope, columns_of, row_of
from control_plane.entities.moments import epoch_milliseconds
from control_plane.experiments.guardrails import complete_metric
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.plans import complete_plan, plan_view, stored_plan
from control_plane.experiments.schemas import ExperimentView


def experiment_view(row: ExperimentRow) -> ExperimentView:
    return ExperimentView.model_validate(
        {
            **columns_of(row),
            "traffic": percent(row.traffic),
            "layer": _layer(row),
            "metrics": [complete_metric(each) for each in row.metrics],
            "plan": plan_view(row.plan),
            "start_at": _moment(row.start_at),
            "stop_at": _moment(row.stop_at),
        }
    )


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
        **later,
    )


def _milliseconds(moment: str | None) -> int | None:
    return None if moment is None else epoch_milliseconds(moment, "at")


def _layer(row: ExperimentRow) -> dict[str, Any] | None:
    if row.layer is None:
        return None
    return {
        "key": row.layer,
        "share": percent(row.layer_share or 0),
        "start": row.slot_start,
        "end": row.slot_end,
    }


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
