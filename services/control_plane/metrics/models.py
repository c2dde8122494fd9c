"""A metric as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow(EntityRow):
    """A metric as it is stored. Windows count seconds from the unit's first exposure; None means no limit.

    `filter` is a document in the authoring form.
    """

    aggregation: str
    direction: str
    event: str
    denominator_event: str | None
    quantile: float | None
    steps: list[str] | None
    property: str | None
    window_start_seconds: int | None
    window_end_seconds: int | None
    winsorize_at: float | None
    winsorize_lower: float | None
    winsorize_of: str
    filter: dict[str, Any] | None
    covariate_days: int
    per: str


METRICS = EntityTable("metrics", MetricRow, type_column="aggregation")
