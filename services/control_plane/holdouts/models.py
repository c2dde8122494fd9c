"""A holdout as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True)
class HoldoutRow:
    """`share` in hundredths of a percent."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    share: int
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


HOLDOUTS = EntityTable("holdouts", HoldoutRow)
