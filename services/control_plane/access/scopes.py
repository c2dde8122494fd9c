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

    def environment(self, environment_id: UUID, key: str, *, protected: bool) -> EnvironmentScope:
        """An environment of this project."""
        return EnvironmentScope(
            organization_id=self.organization_id,
            project_id=self.project_id,
            project_key=self.project_key,
            archived=self.archived,
            environment_id=environment_id,
            environment_key=key,
            protected=protected,
        )


@dataclass(frozen=True, slots=True)
class EnvironmentScope:
    """An environment of a project. `archived`: its project is."""

    organization_id: UUID
    project_id: UUID
    project_key: str
    archived: bool
    environment_id: UUID
    environment_key: str
    protected: bool


Scope = OrganizationScope | ProjectScope | EnvironmentScope
