"""Authorization: the one function that refuses a right."""

from __future__ import annotations

from service_kit.origins import current_right, note_right
from service_kit.problems import Conflict, Forbidden, NotFound

from control_plane.access.actor import Actor
from control_plane.access.policy import rights_of
from control_plane.access.rights import Right
from control_plane.access.roles import Role
from control_plane.access.scopes import EnvironmentScope, OrganizationScope, ProjectScope, Scope


class MissingRight(Forbidden):
    """Names the right, the place it is asked at, and the built-in roles that give it there."""

    default_code = "missing_right"

    def __init__(self, right: Right, scope: Scope) -> None:
        roles = [role.value for role in Role if right in rights_of(role)]
        named = _named(scope)
        if isinstance(scope, EnvironmentScope) and scope.protected and right.writes:
            who = "it is protected: a role given for this very environment, or an administrator of the project"
        else:
            who = f"the role {' or '.join(roles)} gives it; whoever manages members can give the role"
        super().__init__(
            f"the right {right} is missing for {named}: {who}",
            members={"right": right.value, "scope": named, "roles": roles},
        )


def require(actor: Actor, right: Right, scope: Scope, *, in_archived: bool = False, inside: bool = False) -> None:
    """Returns when the actor may do it, and notes by which right, for the audit log. `inside`: at this place or
    anywhere inside; for what is done in one of a project's environments, before it is known in which. `in_archived`:
    it is done in an archived project all the same, because somebody can do less by it, or it brings the project back.

    Raises `NotFound` for what doesn't exist as far as the actor is concerned (the same as for what doesn't exist),
    `MissingRight` when a right is missing, `Conflict` (`project_archived`) for a write in an archived project.
    """
    if not actor.sees(scope):
        raise NotFound("there is nothing at this address")
    if not (actor.may_inside(right, scope) if inside else actor.may(right, scope)):
        raise MissingRight(right, scope)
    if right.writes and not in_archived and not isinstance(scope, OrganizationScope):
        refuse_archived(scope)
    # What is written is written by the right to write, whatever else was read on the way.
    if right.writes or not current_right():
        note_right(right)


def refuse_archived(scope: ProjectScope | EnvironmentScope) -> None:
    """For what is written by a right to read, as one's own things are. Raises `Conflict` (`project_archived`)."""
    if scope.archived:
        raise Conflict("the project is archived: restore it first", code="project_archived")


class RightNotHeld(Forbidden):
    """Nobody gives a right that they lack."""

    default_code = "right_not_held"

    def __init__(self, role: str, missing: list[Right]) -> None:
        named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        super().__init__(
            f"you lack rights of the role {role}, so you can neither give nor take it: {named}",
            members={"rights": [right.value for right in missing]},
        )


def _named(scope: Scope) -> str:
    if isinstance(scope, EnvironmentScope):
        return f"the environment {scope.environment_key} of the project {scope.project_key}"
    if isinstance(scope, ProjectScope):
        return f"the project {scope.project_key}"
    return "the organization"
