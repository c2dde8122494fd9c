"""Each request begins without anybody identified, and its transactions reach what belongs to whoever is then."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from control_plane.access.actor import Actor
from control_plane.database import Tenancy, nobody_identified, of_tenants


class OwnTenancy:
    """ASGI middleware: what one request's transactions reach is forgotten with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with nobody_identified():
            await self._app(scope, receive, send)


def tenancy_of(actor: Actor) -> Tenancy:
    """The organizations of the actor; a person's own rows too."""
    return of_tenants(actor.organization_ids, actor.id if actor.kind == "user" else None)
