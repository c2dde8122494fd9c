"""The scope of a service token, as whoever makes it names it."""

# ruff: noqa: S608 - nothing but a condition of our own is put into the statements

from __future__ import annotations

from service_kit.problems import FieldError, InvalidInput

from control_plane.access.actor import Actor
from control_plane.access.queries import rights_of_role
from control_plane.access.scopes import EnvironmentScope, OrganizationScope, ProjectScope, Scope
from control_plane.database import Connection
from control_plane.people.schemas import ApiTokenCreate

_NAMED = "(id::text = lower(${0}) OR key = ${0}) ORDER BY id::text = lower(${0}) DESC LIMIT 1"


async def scope_of(tx: Connection, actor: Actor, scope: OrganizationScope, given: ApiTokenCreate) -> Scope:
    """The organization, or a project or an environment of it. Raises `InvalidInput`, also for a project in which the
    actor has no part: nobody learns of it by asking for a token."""
    if given.project is None:
        if given.environment is not None:
            raise InvalidInput([FieldError("project", "missing", "must be given with an environment")])
        return scope
    project = await tx.fetchrow(
        "SELECT id, key, archived_at IS NOT NULL AS archived FROM projects WHERE organization_id = $1 AND "
        + _NAMED.format(2),
        scope.organization_id,
        given.project,
    )
    unknown = InvalidInput([FieldError("project", "unknown_project", "there is no such project")])
    if project is None:
        raise unknown
    found = ProjectScope(scope.organization_id, project["id"], project["key"], project["archived"])
    if not actor.sees(found):
        raise unknown
    if given.environment is None:
        return found
    environment = await tx.fetchrow(
        "SELECT id, key, protected FROM environments WHERE organization_id = $1 AND project_id = $2 AND "
        + _NAMED.format(3),
        scope.organization_id,
        found.project_id,
        given.environment,
    )
    if environment is None:
        raise InvalidInput([FieldError("environment", "unknown_environment", "there is no such environment")])
    return found.environment(environment["id"], environment["key"], protected=environment["protected"])


async def check_rights(tx: Connection, scope: OrganizationScope, given: ApiTokenCreate) -> None:
    """A token is narrowed to rights that its role gives. Raises `InvalidInput`."""
    of_role = await rights_of_role(tx, scope.organization_id, given.role)
    for number, right in enumerate(given.rights or ()):
        if right not in of_role:
            reason = f"the role {given.role} does not give it"
            raise InvalidInput([FieldError(f"rights[{number}]", "not_of_the_role", reason)])


def ids_of(scope: Scope) -> tuple[object, object]:
    """The project's and the environment's."""
    if isinstance(scope, OrganizationScope):
        return None, None
    return scope.project_id, scope.environment_id if isinstance(scope, EnvironmentScope) else None
