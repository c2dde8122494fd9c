"""A saved view as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewRow:
    """A list of `page`, narrowed down by `filters`. One that isn't shared is its owner's alone."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    page: str
    name: str
    filters: dict[str, Any]
    shared: bool
    owner_id: UUID
    owner_name: str
    version: int
    created_at: datetime
    updated_at: datetime
