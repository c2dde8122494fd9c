"""`CurrentActor`: the parameter of every endpoint that wants somebody signed in."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from control_plane.access.actor import Actor
from control_plane.access.gate import Gate

_bearer = HTTPBearer(auto_error=False, description="The access token that `POST /api/v1/auth/login` gives")


async def current_actor(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Actor:
    """The signed-in actor with the roles held now. Raises `Unauthorized` without a token that is taken."""
    gate = cast(Gate, request.app.state.gate)
    return await gate.identify(credentials.credentials if credentials else None)


CurrentActor = Annotated[Actor, Depends(current_actor)]
