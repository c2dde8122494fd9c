"""Access tokens of people: JWT, signed by one service and verified by each that knows its keys.

Unauthorized
├── InvalidToken      not ours, not for us, or without what it needs
│   └── UnknownKey    signed with a key that is not known here (yet, or any more)
├── ExpiredToken      out of time
└── WithdrawnToken    of a session that has ended

A token is typed (RFC 8725, 3.11), so that what else is signed with the key one day is never taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt

from service_kit.clock import Clock
from service_kit.problems import Unauthorized
from service_kit.token_keys import SigningKeys, VerificationKeys

AUDIENCE = "verdict"
"""Every service; `verdict-…` is one of them."""
ISSUER = "verdict-control-plane"
TYPE = "at+jwt"
_TYPES = (TYPE, "JWT")
"""`JWT` is what stood in the tokens before they were typed."""
_REGISTERED = ("sub", "generation", "aud", "iss", "iat", "exp")
_SESSION = "sid"
_SECONDS_MAX = 2**40
_REMEMBERED_MAX = 2048


class InvalidToken(Unauthorized):
    default_code = "invalid_token"

    def __init__(self, detail: str = "the access token is not valid") -> None:
        super().__init__(detail)


class UnknownKey(InvalidToken):
    """The same answer; whoever can learn keys looks for it once."""


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
    session_id: UUID | None = None
    """The session that it belongs to. None: of a version that had none."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """What the services agree on beyond that."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature was found to be right."""

    claims: Claims
    expires_at: int
    key_id: str | None
    key: Any


class TokenIssuer:
    """Signs."""

    def __init__(self, keys: SigningKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def issue(self, claims: Claims, lifetime_seconds: int, *, audience: str = AUDIENCE) -> str:
        now = self._clock.now() // 1000
        document = {
            **claims.private,
            **({} if claims.session_id is None else {_SESSION: str(claims.session_id)}),
            "sub": str(claims.subject),
            "generation": claims.generation,
            "aud": audience,
            "iss": ISSUER,
            "iat": now,
            "exp": now + lifetime_seconds,
        }
        key_id, key = self._keys.signing_key()
        named = {} if key_id is None else {"kid": key_id}
        return jwt.encode(document, key, algorithm=self._keys.algorithm, headers={"typ": TYPE, **named})


class AccessTokens:
    """Verifies. `service` is what this one is called as an audience of its own; empty: tokens are for every service."""

    def __init__(self, keys: VerificationKeys, clock: Clock, *, service: str = "") -> None:
        self._keys = keys
        self._clock = clock
        self._audiences = [AUDIENCE, audience_of(service)] if service else [AUDIENCE]
        self._verified: dict[str, _Verified] = {}

    def verify(self, token: str) -> Claims:
        """What the token says, its session not yet looked at. Raises `InvalidToken` or `ExpiredToken`."""
        known = self._verified.get(token)
        if known is None or self._keys.verification_key(known.key_id) != known.key:
            known = self._read(token)
        if known.expires_at <= self._clock.now() // 1000:
            raise ExpiredToken
        return known.claims

    def _read(self, token: str) -> _Verified:
        """Remembered, with the key that has verified it: the next request with the same token asks only whether that is
        still a key, and the time."""
        document, key_id, key = self._signed(token)
        generation, issued_at, expires_at = (document[name] for name in ("generation", "iat", "exp"))
        if not (_is_count(generation) and _is_count(issued_at) and _is_count(expires_at)):
            raise InvalidToken
        try:
            subject = UUID(document["sub"])
            session_id = UUID(document[_SESSION]) if _SESSION in document else None
        except (ValueError, AttributeError, TypeError):
            raise InvalidToken from None
        private = {name: value for name, value in document.items() if name not in (*_REGISTERED, _SESSION)}
        verified = _Verified(Claims(subject, generation, session_id, private), expires_at, key_id, key)
        if len(self._verified) >= _REMEMBERED_MAX:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = verified
        return verified

    def _signed(self, token: str) -> tuple[dict[str, Any], str | None, Any]:
        """The claims of a token of ours, and the key that it names. Time is the clock's business, not the library's."""
        try:
            named = jwt.get_unverified_header(token).get("kid")
            key_id = named if isinstance(named, str) else None
            key = self._keys.verification_key(key_id)
            if key is None:
                raise UnknownKey
            complete = jwt.decode_complete(
                token,
                key,
                algorithms=[self._keys.algorithm],
                audience=self._audiences,
                issuer=ISSUER,
                options={"require": list(_REGISTERED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        # A header is read before its signature is checked: it may be nested or shaped in any way.
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidToken from None
        if complete["header"].get("typ") not in _TYPES:
            raise InvalidToken
        return complete["payload"], key_id, key


def audience_of(service: str) -> str:
    """Of a token that is for one service alone."""
    return f"{AUDIENCE}-{service}"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _SECONDS_MAX
