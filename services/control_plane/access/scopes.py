"""Scopes of a right: resolved from a path, with the tenant in it, so that each query can filter on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrganizationScope:
    """An organization, found by its key or id."""

    organization_id: UUID


@dataclass(frozen=True, slots=True)
class ProjectScope:
    """A project, found by its key or id, and its organization."""

    organization_id: UUID
    project_id: UUID
    project_key: str
    archived: bool = False


Scope = OrganizationScope | ProjectScope
