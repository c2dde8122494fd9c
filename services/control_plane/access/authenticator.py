"""Authentication as endpoints ask for it; the room of people says who a credential belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from control_plane.access.actor import Actor
from control_plane.access.requests import tenancy_of
from control_plane.database import set_present_tenancy

_bearer = HTTPBearer(auto_error=False, description="The access token that `POST /api/v1/auth/login` gives")


class Authenticator:
    """Says who is asking. `identify` finds the actor of a request, or raises `Unauthorized`."""

    def __init__(self, identify: Callable[[Request], Awaitable[Actor]]) -> None:
        self._identify = identify

    async def actor(self, request: Request, _documented: Any = Security(_bearer)) -> Actor:
        """As a dependency of an endpoint: `actor: Actor = Depends(authenticator.actor)`; found once for a request,
        whose transactions reach from then on what belongs to that actor.

        Each router asks it first too, so that nothing of a request is read or answered before it is known whose it is.
        Raises `Unauthorized` without a credential, or with one that is wrong, expired or withdrawn.
        """
        found: Actor | None = getattr(request.state, "actor", None)
        if found is None:
            found = request.state.actor = await self._identify(request)
            set_present_tenancy(tenancy_of(found))
        return found
