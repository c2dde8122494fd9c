"""A segment as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """`condition` is a document in the authoring form, None for a segment of listed keys alone."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    included: list[str]
    excluded: list[str]
    condition: dict[str, Any] | None
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


SEGMENTS = EntityTable("segments", SegmentRow)
