"""Where a right is asked for: resolved from a path, with the tenant in it, so that each query can filter on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrganizationScope:
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class ProjectScope:
    organization_id: UUID
    project_id: UUID
    project_key: str
    archived: bool = False


Scope = OrganizationScope | ProjectScope
