"""Access tokens: JWT, HS256, with audience, issuer and expiry; also read by the analytics service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import jwt
from service_kit.clock import Clock
from service_kit.problems import Unauthorized

from control_plane.access.roles import Role

AUDIENCE = "verdict"
ISSUER = "verdict-control-plane"
SECRET_BYTES_MIN = 32


@dataclass(frozen=True, slots=True)
class Claims:
    user_id: UUID
    generation: int
    """Of the person's sessions: a changed password begins a new one."""


class Tokens:
    def __init__(self, secret: str, lifetime_seconds: int, clock: Clock) -> None:
        if len(secret.encode()) < SECRET_BYTES_MIN:
            raise ValueError(f"the token secret needs at least {SECRET_BYTES_MIN} bytes")
        self._secret = secret
        self._clock = clock
        self.lifetime_seconds = lifetime_seconds

    def issue(self, user_id: UUID, generation: int, organizations: Mapping[UUID, Role]) -> str:
        """A token for this person; `organizations` are the roles as other services will read them."""
        now = self._clock.now() // 1000
        claims = {
            "sub": str(user_id),
            "generation": generation,
            "organizations": {str(each): role.value for each, role in organizations.items()},
            "aud": AUDIENCE,
            "iss": ISSUER,
            "iat": now,
            "exp": now + self.lifetime_seconds,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def verify(self, token: str) -> Claims:
        """What a token says. Raises `Unauthorized` for one that is not ours, not for us, or out of time."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["sub", "aud", "iss", "iat", "exp"], "verify_exp": False, "verify_iat": False},
            )
            verified = Claims(UUID(claims["sub"]), int(claims["generation"]))
            expires_at = int(claims["exp"])
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError):
            raise Unauthorized("the access token is not valid", code="invalid_token") from None
        if expires_at <= self._clock.now() // 1000:
            raise Unauthorized("the access token has expired", code="token_expired")
        return verified
