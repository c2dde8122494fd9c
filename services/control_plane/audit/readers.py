"""Readers of the audit log: whoever may read all of an organization's, or that of some of its projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from control_plane.access import Actor, ProjectScope, Right, require
from control_plane.access.queries import resolve_organization
from control_plane.database import Connection
from control_plane.environments.queries import project_keys


@dataclass(frozen=True, slots=True)
class Reader:
    """What somebody may read. `projects`: None is everything; else what stands in these, and nothing beside them."""

    organization_id: UUID
    project_keys: Mapping[UUID, str]
    projects: frozenset[UUID] | None

    def sees(self, project_id: UUID) -> bool:
        return self.projects is None or project_id in self.projects


async def reader_of(tx: Connection, actor: Actor, organization: str) -> Reader:
    """Raises `NotFound` for an organization that isn't the actor's, `Forbidden` for who may read nowhere in it."""
    scope = await resolve_organization(tx, actor, organization)
    keys = await project_keys(tx, scope.organization_id)
    if actor.may(Right.AUDIT_READ, scope):
        return Reader(scope.organization_id, keys, None)
    scopes = (ProjectScope(scope.organization_id, project_id, key) for project_id, key in keys.items())
    projects = frozenset(each.project_id for each in scopes if actor.may(Right.AUDIT_READ, each))
    if not projects:
        require(actor, Right.AUDIT_READ, scope)
    return Reader(scope.organization_id, keys, projects)
