"""An experiment as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRow(EntityRow):
    """Traffic and layer share in hundredths of a percent, slots in buckets, times in epoch milliseconds.

    `variations` are `{"key", "weight"}` in percent, `metrics` are `{"metric", "role", "margin", "margin_kind"}`, and
    `plans.py` says what a `plan` is. `ended_phases`, `pauses`, `schedule` and its failure are as they are told;
    `phase_started_at` None: the present phase began with the experiment.
    """

    environment_id: UUID
    environment: str
    hypothesis: str
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
    trigger_event: str | None
    exposure_filter: dict[str, Any] | None
    start_at: int | None
    stop_at: int | None
    phase: int = 1
    phase_started_at: int | None = None
    ended_phases: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[dict[str, Any]] = field(default_factory=list)
    schedule: dict[str, Any] | None = None
    due_at: int | None = None
    schedule_failure: dict[str, Any] | None = None

    @property
    def drafted(self) -> bool:
        """Whether it has yet to begin."""
        return self.status in ("draft", "scheduled")

    @property
    def under_way(self) -> bool:
        """Whether it has begun and not ended: it assigns or observes, or is paused."""
        return self.status in ("running", "paused")


EXPERIMENTS = EntityTable("experiments", ExperimentRow, type_column="mode", state_column="status")
