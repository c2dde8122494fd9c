"""Access tokens of people: JWT, HS256, signed by one service and verified by each that shares its secret.

Unauthorized
├── InvalidToken      not ours, not for us, or without what it needs
├── ExpiredToken      out of time
└── WithdrawnToken    of a session that has ended

A token is typed (RFC 8725, 3.11), so that what else is signed with the secret one day is never taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt

from service_kit.clock import Clock
from service_kit.problems import Unauthorized
from service_kit.settings import LongSecret

ALGORITHM = "HS256"
AUDIENCE = "verdict"
ISSUER = "verdict-control-plane"
TYPE = "at+jwt"
_TYPES = (TYPE, "JWT")
"""`JWT` is what stood in the tokens before they were typed."""
_REGISTERED = ("sub", "generation", "aud", "iss", "iat", "exp")
_SECONDS_MAX = 2**40


class InvalidToken(Unauthorized):
    default_code = "invalid_token"

    def __init__(self, detail: str = "the access token is not valid") -> None:
        super().__init__(detail)


class ExpiredToken(Unauthorized):
    default_code = "token_expired"

    def __init__(self) -> None:
        super().__init__("the access token has expired")


class WithdrawnToken(Unauthorized):
    default_code = "token_withdrawn"

    def __init__(self) -> None:
        super().__init__("the access token was withdrawn")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says."""

    subject: UUID
    generation: int
    """Of the person's sessions: a new one ends those before it."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """What the services agree on beyond that."""


class AccessTokens:
    """Signs and verifies with one secret."""

    def __init__(self, secret: LongSecret, clock: Clock) -> None:
        self._secret = secret.get_secret_value()
        self._clock = clock

    def issue(self, claims: Claims, lifetime_seconds: int) -> str:
        now = self._clock.now() // 1000
        document = {
            **claims.private,
            "sub": str(claims.subject),
            "generation": claims.generation,
            "aud": AUDIENCE,
            "iss": ISSUER,
            "iat": now,
            "exp": now + lifetime_seconds,
        }
        return jwt.encode(document, self._secret, algorithm=ALGORITHM, headers={"typ": TYPE})

    def verify(self, token: str) -> Claims:
        """What the token says, its session not yet looked at. Raises `InvalidToken` or `ExpiredToken`."""
        document = self._signed(token)
        generation, issued_at, expires_at = (document[name] for name in ("generation", "iat", "exp"))
        if not (_is_count(generation) and _is_count(issued_at) and _is_count(expires_at)):
            raise InvalidToken
        try:
            subject = UUID(document["sub"])
        except ValueError:
            raise InvalidToken from None
        if expires_at <= self._clock.now() // 1000:
            raise ExpiredToken
        private = {name: value for name, value in document.items() if name not in _REGISTERED}
        return Claims(subject, generation, private)

    def _signed(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours. Time is the clock's business, not the library's."""
        try:
            complete = jwt.decode_complete(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": list(_REGISTERED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        # A header is read before its signature is checked: it may be nested or shaped in any way.
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidToken from None
        if complete["header"].get("typ") not in _TYPES:
            raise InvalidToken
        document: dict[str, Any] = complete["payload"]
        return document


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _SECONDS_MAX
