"""What a member may do, and which of the roles they hold gives it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from service_kit.problems import NotFound

from control_plane.access import Actor, OrganizationScope, ProjectScope, Right, Scope
from control_plane.access.policy import Grant, Policy, RoleDefinition, allows, rights_of
from control_plane.access.repository import find_member, list_made_roles
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


@dataclass(frozen=True, slots=True)
class _Held:
    grant: Grant
    rights: frozenset[Right]
    policy: Policy


async def member_permissions(
    tx: Connection, actor: Actor, scope: OrganizationScope, user: UUID, project: str | None
) -> MemberPermissionsView:
    """At the organization, and in a project and each of its environments. Raises `NotFound`."""
    member = await find_member(tx, scope.organization_id, user)
    if member is None:
        raise NotFound("there is nothing at this address")
    found = None if project is None else await _project(tx, actor, scope, project)
    environments = [] if found is None else await environments_of(tx, found)
    rows = await tx.fetch(_HELD, scope.organization_id, user, None if found is None else found.project_id)
    made = await list_made_roles(tx, scope.organization_id)
    # Who is deactivated holds their roles still, and may do nothing by them.
    in_force = member["deactivated_at"] is None
    grants = [Grant(row["role_key"], scope.organization_id, row["project_id"], row["environment_id"]) for row in rows]
    held = [_held(grant, made) for grant in grants] if in_force else []
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


def _held(grant: Grant, made: frozenset[RoleDefinition]) -> _Held:
    own = next((each for each in made if each.key == grant.role), None)
    return _Held(grant, rights_of(grant.role, own), Policy(frozenset({grant}), frozenset({own} if own else ())))


def _given(held: list[_Held], scope: Scope) -> list[GivenRightView]:
    """Rights only add up, so that each role is asked alone."""
    given = []
    for right in Right:
        by = [n for n, each in enumerate(held) if right in each.rights and allows(each.policy, right, scope)]
        if by:
            given.append(GivenRightView(right=right, by=by))
    return given
