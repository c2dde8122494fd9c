"""Who asks: the control plane's token, and the organizations it opens.

A role that was given or withdrawn after the sign-in counts as soon as it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jwt
from fastapi import Request
from service_kit.problems import Forbidden, Unauthorized

from analytics.catalog.catalog import Catalog

ALGORITHM = "HS256"
AUDIENCE = "verdict"
WRITER_ROLES = frozenset({"owner", "admin", "editor"})


@dataclass(frozen=True, slots=True)
class Caller:
    """`organizations`: role by organization id."""

    subject: str
    organizations: Mapping[str, str]

    def may_read(self, organization_id: str) -> bool:
        return organization_id in self.organizations

    def require_writer(self, organization_id: str) -> None:
        """Raises Forbidden for a role that only reads."""
        if self.organizations.get(organization_id) not in WRITER_ROLES:
            raise Forbidden("your role in this organization only reads", code="role_forbids")


class TokenVerifier:
    """Checks signature, algorithm, audience and expiry."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def caller(self, token: str) -> Caller:
        """Raises Unauthorized; the sentence never repeats the token."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthorized("the token has expired", code="token_expired") from None
        except jwt.InvalidTokenError:
            raise Unauthorized("the token is not valid", code="token_invalid") from None
        organizations = claims.get("organizations")
        if not isinstance(organizations, dict) or not all(isinstance(role, str) for role in organizations.values()):
            raise Unauthorized("the token names no organizations", code="token_invalid")
        return Caller(str(claims["sub"]), organizations)


async def current_caller(request: Request) -> Caller:
    """FastAPI dependency: the caller of `Authorization: Bearer …`. Raises Unauthorized."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("send `Authorization: Bearer` with a token of the control plane", code="token_missing")
    verifier: TokenVerifier = request.app.state.verifier
    caller = verifier.caller(token.strip())
    catalog: Catalog = request.app.state.catalog
    return Caller(caller.subject, catalog.organizations_of(caller.subject, caller.organizations))
