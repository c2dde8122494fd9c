"""Bodies and answers about who holds which role where."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from service_kit.schemas import Input, Output

from control_plane.access import Right, RoleKey
from control_plane.changes import AuditedView


class BindingCreate(Input):
    """A person, a group or a token, one of them; a project, or an environment of it, or else the organization."""

    user: UUID | None = None
    group: UUID | None = None
    token: UUID | None = None
    role: RoleKey
    project: Annotated[str, StringConstraints(max_length=128)] | None = None
    """Id or key."""
    environment: Annotated[str, StringConstraints(max_length=128)] | None = None
    """Key, of an environment of `project`."""


class BindingView(AuditedView):
    id: UUID
    user: UUID | None
    group: UUID | None
    token: UUID | None
    name: str
    """The person's e-mail, or the name of the group or the token."""
    role: RoleKey
    project: str | None
    """Key."""
    environment: str | None
    """Key."""
    created_at: datetime


class PermissionsView(Output):
    """What one may do, to show each control or to grey it out."""

    organization: list[Right]
    project: list[Right]
    """Empty without a project in the question."""
    environments: dict[str, list[Right]]
    """Of each environment of the project, by key."""
