"""Bodies and answers of the access endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from unicodedata import normalize
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from service_kit.schemas import Input, Name, Output

from control_plane.access.rights import Right
from control_plane.access.schemas import RoleKey
from control_plane.changes import AuditedView
from control_plane.people.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN


def _readable(address: str) -> str:
    """Two addresses that look the same are one: whoever reads them decides by it who somebody is."""
    if not address.isprintable() or normalize("NFKC", address) != address:
        raise ValueError("must not hold invisible characters, or look-alikes of others (like the Kelvin sign of K)")
    return address


_NOT_IN_ADDRESSES = r'\s@\x00-\x1f\x7f<>()\[\],;:\\"'
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=rf"^[^{_NOT_IN_ADDRESSES}]{{1,64}}@[^{_NOT_IN_ADDRESSES}.]+(\.[^{_NOT_IN_ADDRESSES}.]+)*$",
    ),
    AfterValidator(_readable),
]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=PASSWORD_LENGTH_MAX)]
NewPassword = Annotated[str, StringConstraints(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)]


class LoginIn(Input):
    email: Annotated[str, StringConstraints(max_length=254)]
    password: GivenPassword


class AccessTokenView(Output):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int
    """Seconds."""


class TokenView(AccessTokenView):
    refresh_token: str | None = None
    """Gives the next pair at `/auth/refresh`, once. None where the session is a cookie's."""


class RefreshIn(Input):
    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AccessTokenIn(Input):
    audience: Literal["analytics", "events"]


class SessionView(Output):
    id: UUID
    kind: Literal["cookie", "tokens"]
    current: bool
    """It is the one that asks."""
    user_agent: str
    network: str
    """An address, or what one subscriber has of them."""
    created_at: datetime
    last_used_at: datetime
    """To the minute."""
    idle_until: datetime
    """When it ends if it is not used."""
    expires_at: datetime
    """When it ends however much it is used."""


class PasswordIn(Input):
    current_password: GivenPassword
    new_password: NewPassword


class OrganizationRole(Output):
    id: UUID
    key: str
    name: str
    role: RoleKey | None


class HeldRole(Output):
    """A role at a place: an organization, a project of it, or an environment of that."""

    role: RoleKey
    organization_id: UUID
    project_id: UUID | None
    environment_id: UUID | None


class MeView(Output):
    id: UUID
    email: str
    name: str
    is_administrator: bool
    organizations: list[OrganizationRole]
    roles: list[HeldRole]
    """All that are held, in person or by a group."""


LinkSecret = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class InvitationCreate(Input):
    email: Email
    name: Name | None = None
    role: RoleKey


class InvitationView(AuditedView):
    id: UUID
    email: str
    name: str | None
    role: RoleKey
    mailed: bool
    created_by: UUID
    """The person or the token that invited."""
    created_at: datetime
    expires_at: datetime


class NewInvitationView(InvitationView):
    link: str | None
    """Shown this once, to be handed over, where no mail is configured."""


class AcceptanceIn(Input):
    secret: LinkSecret
    """What the link carries after `invitation=`."""


class NewAccountIn(AcceptanceIn):
    password: NewPassword
    name: Name | None = None


class ResetRequest(Input):
    email: Annotated[str, StringConstraints(max_length=254)]


class ResetLinkView(Output):
    expires_at: datetime
    link: str | None
    """Shown this once, to be handed over, where no mail is configured."""


class ResetIn(Input):
    secret: LinkSecret
    """What the link carries after `password-reset=`."""
    password: NewPassword


class RoleIn(Input):
    role: RoleKey | None


class MemberView(AuditedView):
    id: UUID
    email: str
    name: str
    role: RoleKey | None
    version: int
    created_at: datetime
    deactivated_at: datetime | None
    """By the organization's directory; None: the member is active."""


class ApiTokenCreate(Input):
    name: Name
    role: RoleKey
    project: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    """The token is for this project alone, by key or id."""
    environment: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    """And for this environment of it."""
    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))] | None = None
    """Of those that the role gives, these alone."""
    expires_at: datetime | None = None


class OwnTokenCreate(ApiTokenCreate):
    expires_at: datetime
    """Within 366 days."""


class TokenMaker(Output):
    """The person who made a token; what it may do, they may at this moment."""

    id: UUID
    email: str


class ApiTokenView(AuditedView):
    unaudited: ClassVar = frozenset({"last_used_at"})

    id: UUID
    name: str
    role: RoleKey
    project_id: UUID | None
    """Where it may what the role gives; None: in all of the organization."""
    environment_id: UUID | None
    rights: list[str] | None
    """None: all that the role gives."""
    hint: str
    created_by: TokenMaker | None
    """None: a program of before; such a token is no longer taken."""
    last_used_at: datetime | None
    """To the minute."""
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class NewApiTokenView(ApiTokenView):
    token: str
    """Shown this once; sent as `Authorization: Bearer vt_…`."""
