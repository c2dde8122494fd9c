"""Authentication of people by the control plane's access tokens and of programs by service tokens, and what they may.

Everything is decided by what is published with each environment: a right that was given or withdrawn, a session that
has ended and a token that was revoked count as soon as that has arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import Request
from service_kit.actor_limits import ActorLimits
from service_kit.clock import Clock
from service_kit.credentials import require_bearer
from service_kit.problems import Forbidden
from service_kit.settings import LongSecret
from service_kit.token_keys import PublicKeys, SharedSecret, VerificationKey
from service_kit.tokens import AccessTokens, InvalidToken, WithdrawnToken

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment

SERVICE = "analytics"
"""As an audience of access tokens."""
Right = Literal["results:read", "exposures:read", "experiment:update", "export:manage", "data:erase"]
"""The rights that are asked here, of all that the control plane has."""
_EVERYBODY = ("owner", "administrator", "developer", "analyst", "viewer")
ROLES_OF_RIGHTS: Mapping[str, Sequence[str]] = {
    "results:read": _EVERYBODY,
    "exposures:read": _EVERYBODY,
    "experiment:update": ("owner", "administrator", "developer", "analyst"),
    "export:manage": ("owner", "administrator"),
    "data:erase": ("owner",),
}
"""The built-in roles that give each, for refusals."""
_PROGRAM = "vt_"


class MissingRight(Forbidden):
    """Names the right, where it is missing, and who has it, as the control plane does."""

    default_code = "missing_right"

    def __init__(self, right: Right, scope: str) -> None:
        roles = list(ROLES_OF_RIGHTS[right])
        super().__init__(
            f"the right {right} is missing for {scope}: the role {' or '.join(roles)} gives it; "
            "whoever manages members can give the role",
            members={"right": right, "scope": scope, "roles": roles},
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program. `rights`: by environment, those in which there are any."""

    subject: str
    rights: Mapping[str, frozenset[str]]
    organizations: Mapping[str, frozenset[str]]
    """What they may anywhere in each organization."""
    kind: Literal["user", "token"] = "user"

    @property
    def environments(self) -> Collection[str]:
        """Those that there are as far as this actor is concerned."""
        return self.rights.keys()

    def require(self, right: Right, environment: Environment) -> None:
        """Raises `MissingRight`."""
        if right not in self.rights.get(environment.id, ()):
            raise MissingRight(right, f"the environment {environment.key} of the project {environment.project_key}")

    def may(self, right: Right, organization_id: str, environment_id: str) -> bool:
        """In an environment; in one that is published no more, by what they may elsewhere in its organization."""
        here = self.rights.get(environment_id)
        return right in (self.organizations.get(organization_id, ()) if here is None else here)


class Authenticator:
    """Who sent a request. `secret`: what signs access tokens where no keys are published."""

    def __init__(
        self,
        catalog: Catalog,
        clock: Clock,
        secret: LongSecret | None = None,
        *,
        limits: ActorLimits | None = None,
    ) -> None:
        self._limits = limits
        self._catalog = catalog
        self._clock = clock
        self._by_keys = AccessTokens(PublicKeys(self._published, clock), clock, service=SERVICE)
        self._by_secret = AccessTokens(SharedSecret(secret), clock, service=SERVICE) if secret else None

    def identify(self, token: str) -> Actor:
        """Raises Unauthorized; the sentence never repeats the token."""
        return self._program(token) if token.startswith(_PROGRAM) else self._person(token)

    def _person(self, token: str) -> Actor:
        claims = self._tokens().verify(token)
        subject = str(claims.subject)
        # Earlier, not different: the token may be newer than what has been published.
        if claims.generation < self._catalog.session_generation_of(subject):
            raise WithdrawnToken
        if claims.session_id is not None and self._catalog.has_ended(subject, claims.session_id):
            raise WithdrawnToken
        told = claims.private.get("organizations")
        roles = told.items() if isinstance(told, dict) else ()
        at_sign_in = {name: role for name, role in roles if isinstance(role, str)}
        return self._actor(subject, self._catalog.rights_of(subject, at_sign_in), "user")

    def _program(self, token: str) -> Actor:
        found = self._catalog.program_of(token, self._clock.now())
        if found is None:
            raise InvalidToken("the token is not known, revoked or expired")
        subject, rights = found
        return self._actor(subject, rights, "token")

    def _actor(self, subject: str, rights: Mapping[str, frozenset[str]], kind: Literal["user", "token"]) -> Actor:
        return Actor(subject, rights, self._catalog.by_organization(rights), kind)

    def _tokens(self) -> AccessTokens:
        """Where keys are published, a secret is nobody's word: whoever has it could sign."""
        return self._by_keys if self._by_secret is None or self._catalog.publishes_keys else self._by_secret

    def _published(self, key_id: str) -> VerificationKey | None:
        return self._catalog.signing_key(key_id)

    async def actor(self, request: Request) -> Actor:
        """FastAPI dependency: who `Authorization: Bearer …` says it is, found once for a request. Raises Unauthorized,
        and TooManyRequests.

        Each router asks it first too, so that nothing of a request is read or answered before its token is."""
        found: Actor | None = getattr(request.state, "actor", None)
        if found is None:
            if self._limits is not None:
                self._limits.admit_address(request)
            found = self.identify(require_bearer(request.scope["headers"]))
            if self._limits is not None:
                self._limits.admit(found.kind, found.subject, request.method)
            request.state.actor = found
        return found
