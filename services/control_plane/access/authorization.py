"""Authorization: the one function that refuses a right."""

from __future__ import annotations

from service_kit.problems import Conflict, Forbidden, NotFound

from control_plane.access.actor import Actor
from control_plane.access.scopes import ProjectScope, Scope

_DONE_IN_ARCHIVED = frozenset({("restore", "project"), ("revoke", "sdk_key"), ("delete", "member")})
"""What is done in an archived project all the same: it comes back, or somebody can do less in it."""


def require(actor: Actor, action: str, resource: str, scope: Scope) -> None:
    """Returns when the actor may do it.

    `action` is `read`, `create`, `update`, `archive`, `restore`, `delete` or a verb of the resource (`start`).
    Raises `NotFound` for somebody outside of the organization (the same as for what doesn't exist), `Forbidden`
    when the role lacks the right, `Conflict` (`project_archived`) for a write in an archived project.
    """
    if actor.role_in(scope) is None:
        raise NotFound("there is nothing at this address")
    if not actor.may(action, resource, scope):
        raise Forbidden(f"the role {actor.role_in(scope)} may not {action} a {resource.replace('_', ' ')}")
    archived = isinstance(scope, ProjectScope) and scope.archived
    if archived and action != "read" and (action, resource) not in _DONE_IN_ARCHIVED:
        raise Conflict("the project is archived: restore it first", code="project_archived")
