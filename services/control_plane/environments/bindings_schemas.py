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


class HeldRoleView(Output):
    """A role that a member holds, and by what."""

    role: RoleKey
    binding: UUID | None
    """None: the role that they have as a member of the organization."""
    group: str | None
    """Key of the group that the binding is made for; None: it is made for the person."""
    project: str | None
    environment: str | None
    """Keys of where it is bound; what is bound to neither holds in the whole organization."""


class GivenRightView(Output):
    right: Right
    by: list[int]
    """Which of `roles` give it here, counted from 0."""


class MemberPermissionsView(Output):
    """What a member may do, and why."""

    roles: list[HeldRoleView]
    """Those that can matter here: of the organization, of the project, and of its environments."""
    organization: list[GivenRightView]
    project: list[GivenRightView]
    """Empty without a project in the question."""
    environments: dict[str, list[GivenRightView]]
    """Of each environment of the project, by key."""


class GranterView(Output):
    id: UUID
    email: str
    name: str


class GrantersView(Output):
    """Who can give a right, to be asked for it."""

    members: list[GranterView]
    """The first five by name."""
    others: bool
    """Whether there are more."""
