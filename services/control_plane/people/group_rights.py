"""What the members of a group may do by it: nobody lets others into a group with rights that they lack themselves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding
from control_plane.access.scopes import OrganizationScope, ProjectScope, Scope
from control_plane.database import Connection

_BOUND = """
SELECT DISTINCT bindings.role_key, bindings.project_id, projects.key AS project_key,
    projects.archived_at IS NOT NULL AS archived, bindings.environment_id, environments.key AS environment_key,
    COALESCE(environments.protected, false) AS protected
FROM bindings LEFT JOIN projects ON projects.id = bindings.project_id
LEFT JOIN environments ON environments.id = bindings.environment_id
WHERE bindings.organization_id = $1 AND bindings.group_id = ANY($2::uuid[])
"""


async def require_holding_of_groups(
    tx: Connection, actor: Actor, scope: OrganizationScope, groups: Sequence[UUID]
) -> None:
    """Raises `RightNotHeld`."""
    for row in await tx.fetch(_BOUND, scope.organization_id, list(groups)):
        await require_holding(tx, actor, _bound_at(scope, row), row["role_key"])


def _bound_at(scope: OrganizationScope, row: asyncpg.Record) -> Scope:
    if row["project_id"] is None:
        return scope
    project = ProjectScope(scope.organization_id, row["project_id"], row["project_key"], row["archived"])
    if row["environment_id"] is None:
        return project
    return project.environment(row["environment_id"], row["environment_key"], protected=row["protected"])
