"""The columns that every project entity has, and those of any row by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
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


def columns_of(row: Any) -> dict[str, Any]:
    """A row's columns by name; unlike `asdict` it copies nothing of what stands in them."""
    return {column.name: getattr(row, column.name) for column in fields(row)}
