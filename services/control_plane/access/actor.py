"""The actor of a request: who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from control_plane.access.policy import allows
from control_plane.access.roles import Role, higher
from control_plane.access.scopes import ProjectScope, Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or a token, with the roles they have at this moment.

    A role in a project adds to the role in its organization; it never takes rights away.
    """

    kind: Literal["user", "token", "system"]
    id: UUID
    name: str
    organizations: Mapping[UUID, Role] = field(default_factory=dict)
    project_roles: Mapping[UUID, Role] = field(default_factory=dict)
    is_administrator: bool = False

    def role_in(self, scope: Scope) -> Role | None:
        """The role at this place; None for somebody who doesn't belong to the organization."""
        role = self.organizations.get(scope.organization_id)
        if role is not None and isinstance(scope, ProjectScope):
            return higher(role, self.project_roles.get(scope.project_id))
        return role

    def may(self, action: str, resource: str, scope: Scope) -> bool:
        role = self.role_in(scope)
        return role is not None and allows(role, resource, action)
