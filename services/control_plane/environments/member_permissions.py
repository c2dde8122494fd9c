"""What a member may do, and which of the roles they hold gives it."""

from __future__ import annotations

from uuid import UUID

from service_kit.problems import NotFound

from control_plane.access import Actor, OrganizationScope, ProjectScope, Scope
from control_plane.access.queries import HeldRole, given_rights, membership_in_force, roles_asked
from control_plane.database import Connection
from control_plane.environments.bindings_schemas import GivenRightView, HeldRoleView, MemberPermissionsView
from control_plane.environments.queries import environments_of, resolve_project

_HELD = """
SELECT NULL::uuid AS binding, NULL AS group_key, NULL AS project_key, NULL AS environment_key,
    role_key, NULL::uuid AS project_id, NULL::uuid AS environment_id
FROM memberships WHERE organization_id = $1 AND user_id = $2 AND role_key IS NOT NULL
UNION ALL
SELECT b.id, g.key, p.key, e.key, b.role_key, b.project_id, b.environment_id
FROM bindings b
LEFT JOIN group_members m ON m.organization_id = $1 AND m.group_id = b.group_id AND m.user_id = $2
LEFT JOIN groups g ON g.id = m.group_id
LEFT JOIN projects p ON p.id = b.project_id LEFT JOIN environments e ON e.id = b.environment_id
WHERE b.organization_id = $1 AND (b.user_id = $2 OR m.user_id IS NOT NULL)
    AND (b.project_id IS NULL OR b.project_id = $3)
ORDER BY project_key NULLS FIRST, environment_key NULLS FIRST, role_key, group_key NULLS FIRST
"""


async def member_permissions(
    tx: Connection, actor: Actor, scope: OrganizationScope, user: UUID, project: str | None
) -> MemberPermissionsView:
    """At the organization, and in a project and each of its environments. Raises `NotFound`."""
    # Who is deactivated holds their roles still, and may do nothing by them.
    in_force = await membership_in_force(tx, scope.organization_id, user)
    found = None if project is None else await _project(tx, actor, scope, project)
    environments = [] if found is None else await environments_of(tx, found)
    rows = await tx.fetch(_HELD, scope.organization_id, user, None if found is None else found.project_id)
    asked = [(row["role_key"], row["project_id"], row["environment_id"]) for row in rows]
    held = await roles_asked(tx, scope.organization_id, asked if in_force else [])
    return MemberPermissionsView(
        roles=[
            HeldRoleView(
                role=row["role_key"],
                binding=row["binding"],
                group=row["group_key"],
                project=row["project_key"],
                environment=row["environment_key"],
            )
            for row in rows
        ],
        organization=_given(held, scope),
        project=[] if found is None else _given(held, found),
        environments={} if found is None else {each.key: _given(held, each.within(found)) for each in environments},
    )


async def _project(tx: Connection, actor: Actor, scope: OrganizationScope, reference: str) -> ProjectScope:
    found = await resolve_project(tx, actor, reference)
    if found.organization_id != scope.organization_id or not actor.sees(found):
        raise NotFound("there is nothing at this address")
    return found


def _given(held: list[HeldRole], scope: Scope) -> list[GivenRightView]:
    return [GivenRightView(right=right, by=by) for right, by in given_rights(held, scope)]
