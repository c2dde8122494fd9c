"""Bodies and answers about identity providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from service_kit.outbound import URL_LENGTH_MAX, AddressRefused, target_of
from service_kit.schemas import Input, Name, Output

from control_plane.changes import AuditedView
from control_plane.people.email_domain_schemas import EmailDomain

_SCOPE = r"^[!#-\[\]-~]{1,100}$"


def _readable(address: str) -> str:
    try:
        target_of(address)
    except AddressRefused as error:
        raise ValueError(error.reason) from None
    if "?" in address:
        raise ValueError("must have no query")
    return address


def _with_openid(scopes: list[str]) -> list[str]:
    return scopes if "openid" in scopes else ["openid", *scopes]


Issuer = Annotated[str, StringConstraints(max_length=URL_LENGTH_MAX), AfterValidator(_readable)]
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[ -~]+$")]
ClientSecret = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
Scopes = Annotated[
    list[Annotated[str, StringConstraints(pattern=_SCOPE)]], Field(max_length=20), AfterValidator(_with_openid)
]
Domains = Annotated[list[EmailDomain], Field(max_length=100)]
ClaimName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class GroupMapping(Input):
    """Whoever has `value` in the groups claim is in `group`, and nobody else whom this provider signs in."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    group: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Its key or id."""


GroupMappings = Annotated[list[GroupMapping], Field(max_length=500)]


class IdentityProviderCreate(Input):
    name: Name
    issuer: Issuer
    """As its discovery document says it, to the letter."""
    client_id: ClientId
    client_secret: ClientSecret
    scopes: Scopes = Field(default_factory=lambda: ["openid", "email", "profile"])
    domains: Domains = Field(default_factory=list)
    """Verified ones of the organization, each with one provider: people of these domains sign in here."""
    groups_claim: ClaimName = "groups"
    group_mappings: GroupMappings = Field(default_factory=list)
    default_role: str | None = None
    """What somebody new gets in the organization; null: only what is bound to their groups."""
    takes_in: bool = True
    """Whether somebody new becomes a member at their first sign-in."""
    enforced: bool = False
    """Whether people of its domains sign in here alone; owners of the organization keep their password."""
    enabled: bool = True


class IdentityProviderPatch(Input):
    name: Name | None = None
    issuer: Issuer | None = None
    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    scopes: Scopes | None = None
    domains: Domains | None = None
    groups_claim: ClaimName | None = None
    group_mappings: GroupMappings | None = None
    default_role: str | None = None
    takes_in: bool | None = None
    enforced: bool | None = None
    enabled: bool | None = None


class GroupMappingView(Output):
    value: str
    group: UUID


class IdentityProviderView(AuditedView):
    id: UUID
    name: str
    issuer: str
    client_id: str
    scopes: list[str]
    domains: list[str]
    groups_claim: str
    group_mappings: list[GroupMappingView]
    default_role: str | None
    takes_in: bool
    enforced: bool
    enabled: bool
    version: int
    created_at: datetime


class IdentityProviderCheck(Output):
    """What the issuer says of itself, now."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    redirect_uri: str
    """Registered at the provider, to the letter."""


class SignInWays(Output):
    """How somebody of an address signs in. It tells of its domain alone."""

    password: bool
    single_sign_on: str | None
    """The path that begins it."""


def given(patch: IdentityProviderPatch) -> dict[str, Any]:
    """The fields that were sent."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}
