"""What single sign-on is about: an identity provider, a sign-in that has begun, and who a provider says somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An organization's OpenID provider, with its client secret sealed.

    `groups`: what stands in the groups claim -> the group of ours it means. `default_role` is what somebody new gets;
    None is no role of their own. `enforced`: people of its domains sign in by it alone.
    """

    id: UUID
    organization_id: UUID
    name: str
    issuer: str
    client_id: str
    sealed_secret: bytes
    scopes: tuple[str, ...]
    domains: frozenset[str]
    groups_claim: str
    groups: Mapping[str, UUID]
    default_role: str | None
    takes_in: bool
    enforced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in that has begun in one browser, which alone can finish it."""

    provider_id: UUID
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an identity provider says somebody is. `groups` is None where no groups were asked for."""

    subject: str
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str] | None
