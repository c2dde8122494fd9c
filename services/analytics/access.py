"""Authentication of people by the control plane's token, and the organizations it opens.

What happened after the sign-in (a role given or withdrawn, a session ended) counts as soon as it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from service_kit.clock import Clock
from service_kit.credentials import require_bearer
from service_kit.problems import Forbidden
from service_kit.settings import LongSecret
from service_kit.token_keys import PublicKeys, SharedSecret, VerificationKey
from service_kit.tokens import AccessTokens, InvalidToken, WithdrawnToken

from analytics.catalog.catalog import Catalog

SERVICE = "analytics"
"""As an audience of access tokens."""
ADMIN_ROLES = frozenset({"owner", "administrator", "admin"})
"""`admin` and `editor` are what the version before publishes."""
WRITER_ROLES = ADMIN_ROLES | {"developer", "editor"}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with a token of the control plane. `organizations`: role by organization id."""

    subject: str
    organizations: Mapping[str, str]

    def require_writer(self, organization_id: str) -> None:
        """Raises Forbidden for a role that only reads."""
        if self.organizations.get(organization_id) not in WRITER_ROLES:
            raise Forbidden("your role in this organization only reads", code="role_forbids")

    def require_admin(self, organization_id: str, what: str) -> None:
        """Raises Forbidden with what only owners and administrators do."""
        if self.organizations.get(organization_id) not in ADMIN_ROLES:
            raise Forbidden(f"only owners and administrators of the organization {what}", code="role_forbids")


class Authenticator:
    """Who sent a request: the token's word, corrected by what has been published since it was signed."""

    def __init__(self, catalog: Catalog, clock: Clock, secret: LongSecret | None = None) -> None:
        """`secret`: what signs access tokens where no keys are published."""
        self._catalog = catalog
        self._by_keys = AccessTokens(PublicKeys(self._published, clock), clock, service=SERVICE)
        self._by_secret = AccessTokens(SharedSecret(secret), clock, service=SERVICE) if secret else None

    def identify(self, token: str) -> Actor:
        """Raises Unauthorized; the sentence never repeats the token."""
        claims = self._tokens().verify(token)
        organizations = claims.private.get("organizations")
        if not isinstance(organizations, dict) or not all(isinstance(role, str) for role in organizations.values()):
            raise InvalidToken("the token names no organizations")
        subject = str(claims.subject)
        # Earlier, not different: the token may be newer than what has been published.
        if claims.generation < self._catalog.session_generation_of(subject):
            raise WithdrawnToken
        if claims.session_id is not None and self._catalog.has_ended(subject, claims.session_id):
            raise WithdrawnToken
        return Actor(subject, self._catalog.organizations_of(subject, organizations))

    def _tokens(self) -> AccessTokens:
        """Where keys are published, a secret is nobody's word: whoever has it could sign."""
        return self._by_keys if self._by_secret is None or self._catalog.publishes_keys else self._by_secret

    def _published(self, key_id: str) -> VerificationKey | None:
        return self._catalog.signing_key(key_id)

    async def actor(self, request: Request) -> Actor:
        """FastAPI dependency: who `Authorization: Bearer …` says it is, found once for a request. Raises Unauthorized.

        Each router asks it first too, so that nothing of a request is read or answered before its token is."""
        found: Actor | None = getattr(request.state, "actor", None)
        if found is None:
            found = request.state.actor = self.identify(require_bearer(request.scope["headers"]))
        return found
