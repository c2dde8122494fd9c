"""A persona as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaRow:
    """A named evaluation context of a project."""

    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    context: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
