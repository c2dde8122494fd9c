"""A metric as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True)
class MetricRow:
    """Windows count seconds from the unit's first exposure; None means no limit."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    aggregation: str
    direction: str
    event: str
    denominator_event: str | None
    quantile: float | None
    window_start_seconds: int | None
    window_end_seconds: int | None
    winsorize_at: float | None
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


METRICS = EntityTable("metrics", MetricRow)
