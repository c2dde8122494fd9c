"""From an experiment's row to what is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bucketing.document.serves import percent

from control_plane.entities.models import columns_of
from control_plane.experiments.guardrails import complete_metric
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.plans import plan_view
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
