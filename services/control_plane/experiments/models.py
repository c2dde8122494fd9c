"""An experiment as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """Traffic and layer share in hundredths of a percent, slots in buckets, times in epoch milliseconds.

    `variations` are `{"key", "weight"}` in percent, `metrics` are `{"metric", "role", "margin"}`.
    """

    id: UUID
    organization_id: UUID
    project_id: UUID
    environment_id: UUID
    environment: str
    key: str
    name: str
    description: str
    hypothesis: str
    tags: list[str]
    flag: str
    mode: str
    status: str
    variations: list[dict[str, Any]]
    control: str
    traffic: int
    audience: dict[str, Any] | None
    bucket_by: str | None
    layer: str | None
    layer_share: int | None
    slot_start: int | None
    slot_end: int | None
    holdouts: list[str]
    metrics: list[dict[str, Any]]
    plan: dict[str, Any]
    start_at: int | None
    stop_at: int | None
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


EXPERIMENTS = EntityTable("experiments", ExperimentRow)
