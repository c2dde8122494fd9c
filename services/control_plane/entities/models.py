"""The columns that every project entity has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """Base of the rows of one kind; a kind adds the columns that are its own."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime
