"""Bodies and answers of the access endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints
from service_kit.schemas import Input, Name, Output

from control_plane.access.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from control_plane.access.roles import Role
from control_plane.changes import AuditedView

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)*$")
]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=PASSWORD_LENGTH_MAX)]
NewPassword = Annotated[str, StringConstraints(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)]


class LoginIn(Input):
    email: Annotated[str, StringConstraints(max_length=254)]
    password: GivenPassword


class TokenView(Output):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int
    """Seconds."""


class PasswordIn(Input):
    current_password: GivenPassword
    new_password: NewPassword


class OrganizationRole(Output):
    id: UUID
    key: str
    name: str
    role: Role


class MeView(Output):
    id: UUID
    email: str
    name: str
    is_administrator: bool
    organizations: list[OrganizationRole]
    project_roles: dict[UUID, Role]


class MemberCreate(Input):
    email: Email
    name: Name | None = None
    role: Role


class RoleIn(Input):
    role: Role


class MemberView(AuditedView):
    id: UUID
    email: str
    name: str
    role: Role
    version: int
    created_at: datetime


class NewMemberView(MemberView):
    initial_password: str | None
    """For somebody new: shown once, to be handed over. None for somebody who has an account already."""


class ApiTokenCreate(Input):
    name: Name
    role: Role
    expires_at: datetime | None = None


class ApiTokenView(AuditedView):
    id: UUID
    name: str
    role: Role
    hint: str
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class NewApiTokenView(ApiTokenView):
    token: str
    """Shown this once; sent as `Authorization: Bearer vt_…`."""
