"""Bodies and answers about roles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, Name, Output

from control_plane.access.rights import Right
from control_plane.changes import AuditedView

RoleKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
"""A built-in role, or one that the organization made."""
Rights = Annotated[list[Right], Field(min_length=1, max_length=len(Right))]


class RightView(Output):
    right: Right
    writes: bool
    """What a protected environment keeps for those who have a role in it."""
    roles: list[str]
    """The built-in roles that give it."""


class RoleCreate(Input):
    key: RoleKey
    name: Name
    description: Description = ""
    rights: Rights


class RolePatch(Input):
    name: Name | None = None
    description: Description | None = None
    rights: Rights | None = None


class RoleView(AuditedView):
    key: RoleKey
    name: str
    description: str
    rights: list[Right]
    built_in: bool
    version: int
    created_at: datetime | None
    """None: a built-in one."""
