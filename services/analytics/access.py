"""Who asks analytics: a person or a program, found once for a request and held to their limits."""

from __future__ import annotations

from actors.tokens import Actor, Tokens
from fastapi import Request
from service_kit.actor_limits import ActorLimits
from service_kit.clock import Clock
from service_kit.credentials import require_bearer
from service_kit.settings import LongSecret

from analytics.catalog.catalog import Catalog

SERVICE = "analytics"
"""As an audience of access tokens."""


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
        self._tokens = Tokens(catalog.access, clock, secret, service=SERVICE)

    def identify(self, token: str) -> Actor:
        """Raises Unauthorized; the sentence never repeats the token."""
        return self._tokens.actor(token)

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
