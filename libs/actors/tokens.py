"""Authentication of people by the control plane's access tokens and of programs by service tokens, and what they may.

Everything is decided by what is published with each environment: a right that was given or withdrawn, a session that
has ended and a token that was revoked count as soon as that has arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from service_kit.clock import Clock
from service_kit.settings import LongSecret
from service_kit.token_keys import PublicKeys, SharedSecret
from service_kit.tokens import AccessTokens, InvalidToken, WithdrawnToken

from actors.environments import Environment
from actors.published import PublishedAccess
from actors.rights import MissingRight, Right

_PROGRAM = "vt_"


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


class Tokens:
    """Reads what `service` is asked with: tokens that are for every service, and those for it alone. `secret`: what
    signs access tokens where no keys are published."""

    def __init__(self, access: PublishedAccess, clock: Clock, secret: LongSecret | None, *, service: str) -> None:
        self._access = access
        self._clock = clock
        self._by_keys = AccessTokens(PublicKeys(access.signing_key, clock), clock, service=service)
        self._by_secret = AccessTokens(SharedSecret(secret), clock, service=service) if secret else None

    def actor(self, token: str) -> Actor:
        """Whose token it is. Raises Unauthorized; the sentence never repeats the token."""
        return self._program(token) if token.startswith(_PROGRAM) else self._person(token)

    def _person(self, token: str) -> Actor:
        claims = self._tokens().verify(token)
        subject = str(claims.subject)
        # Earlier, not different: the token may be newer than what has been published.
        if claims.generation < self._access.session_generation_of(subject):
            raise WithdrawnToken
        if claims.session_id is not None and self._access.has_ended(subject, claims.session_id):
            raise WithdrawnToken
        told = claims.private.get("organizations")
        roles = told.items() if isinstance(told, dict) else ()
        at_sign_in = {name: role for name, role in roles if isinstance(role, str)}
        return self._actor(subject, self._access.rights_of(subject, at_sign_in), "user")

    def _program(self, token: str) -> Actor:
        found = self._access.program_of(token, self._clock.now())
        if found is None:
            raise InvalidToken("the token is not known, revoked or expired")
        subject, rights = found
        return self._actor(subject, rights, "token")

    def _actor(self, subject: str, rights: Mapping[str, frozenset[str]], kind: Literal["user", "token"]) -> Actor:
        return Actor(subject, rights, self._access.by_organization(rights), kind)

    def _tokens(self) -> AccessTokens:
        """Where keys are published, a secret is nobody's word: whoever has it could sign."""
        return self._by_keys if self._by_secret is None or self._access.publishes_keys else self._by_secret


def is_token(credential: bytes) -> bool:
    """Whether it has the form of a person's or a program's token, which no SDK key has."""
    return credential.startswith(_PROGRAM.encode()) or credential.count(b".") == 2
