"""The actor of a request: who is asking."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from control_plane.access.policy import Policy, allows, allows_inside, rights_of
from control_plane.access.rights import Right
from control_plane.access.scopes import OrganizationScope, ProjectScope, Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or a token, with the roles they have at this moment.

    `rights`: None is all that the roles give; a token may be narrowed to some. `maker`: who made the token; it may do
    what they may at this moment, and no more.
    """

    kind: Literal["user", "token", "system"]
    id: UUID
    name: str
    organization_ids: frozenset[UUID] = frozenset()
    policy: Policy = field(default=Policy())
    is_administrator: bool = False
    rights: frozenset[str] | None = None
    maker: Actor | None = None

    def may(self, right: Right, scope: Scope) -> bool:
        if not (self._knows(right, scope) and allows(self.policy, right, scope)):
            return False
        return self.maker is None or self.maker.may(right, scope)

    def may_inside(self, right: Right, scope: Scope) -> bool:
        """At this place, or anywhere inside."""
        if not (self._knows(right, scope) and allows_inside(self.policy, right, scope)):
            return False
        return self.maker is None or self.maker.may_inside(right, scope)

    def _knows(self, right: Right, scope: Scope) -> bool:
        return scope.organization_id in self.organization_ids and (self.rights is None or right in self.rights)

    def granted_in(self, right: Right) -> frozenset[UUID]:
        """The projects, and the organizations, in which a role gives it, perhaps only for a part of them."""
        made = {(each.organization_id, each.key): each for each in self.policy.roles}
        return frozenset(
            grant.project_id or grant.organization_id
            for grant in self.policy.grants
            if right in rights_of(grant.role, made.get((grant.organization_id, grant.role)))
        )

    def projects_seen(self, scope: OrganizationScope) -> frozenset[UUID] | None:
        """The projects of an organization in which there is a role, anywhere inside; None: all of them."""
        seen: set[UUID] = set()
        for grant in self.policy.grants:
            if grant.organization_id != scope.organization_id:
                continue
            if grant.project_id is None:
                return None if self.maker is None else self.maker.projects_seen(scope)
            seen.add(grant.project_id)
        makers = None if self.maker is None else self.maker.projects_seen(scope)
        return frozenset(seen if makers is None else seen & makers)

    def sees(self, scope: Scope) -> bool:
        """Whether there is anything at this place as far as this actor is concerned: an organization for who belongs
        to it, a project and what lies in it for who has a role there or anywhere inside."""
        if scope.organization_id not in self.organization_ids:
            return False
        if isinstance(scope, OrganizationScope):
            return True
        project = ProjectScope(scope.organization_id, scope.project_id, scope.project_key)
        return any(
            grant.organization_id == project.organization_id and grant.project_id in (None, project.project_id)
            for grant in self.policy.grants
        ) and (self.maker is None or self.maker.sees(project))
