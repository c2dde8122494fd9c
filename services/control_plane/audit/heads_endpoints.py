"""Endpoints of signed heads, and of the keys that they are verified by."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from service_kit.pagination import Page, RequestedPage, number_position, page_of
from service_kit.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, Right, api_router
from control_plane.access.queries import in_organization
from control_plane.audit.heads import SignedHeads, heads_before
from control_plane.audit.schemas import AuditHeadView, AuditKeysView, AuditKeyView
from control_plane.audit.signing_keys import public_keys
from control_plane.database import NOBODY, Database

_ANSWERS = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, heads: SignedHeads) -> APIRouter:
    router = api_router("audit", authenticator.actor)

    @router.get("/organizations/{organization}/audit/heads", responses=_ANSWERS)
    async def list_audit_heads(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[AuditHeadView]:
        """Heads of the chain as they were signed, the newest first. Keep them elsewhere: a chain that was written anew
        does not fit them."""
        before = number_position(page.after)
        async with in_organization(database, actor, organization, Right.AUDIT_READ) as (tx, scope):
            found = await heads_before(tx, scope.organization_id, before, page.fetch)
        given, cursor = page_of(found, page, lambda head: str(head.number))
        return Page(items=given, next_cursor=cursor)

    @router.post("/organizations/{organization}/audit/heads", status_code=201, responses=_ANSWERS)
    async def sign_audit_head(organization: str, actor: Actor = Depends(authenticator.actor)) -> AuditHeadView:
        """Signs where the chain ends now. It is done every hour as well, where something has happened."""
        async with in_organization(database, actor, organization, Right.AUDIT_READ) as (tx, scope):
            return await heads.sign(tx, scope.organization_id, actor)

    return router


def build_keys_router(*, database: Database) -> APIRouter:
    """Open to everybody: whoever holds a head verifies it without an account."""
    router = api_router("audit")

    @router.get("/audit-keys")
    async def list_audit_keys() -> AuditKeysView:
        """The public keys of signed heads, as a JSON Web Key Set, the newest first."""
        async with database.transaction(tenancy=NOBODY) as tx:
            found = await public_keys(tx)
        return AuditKeysView(keys=[AuditKeyView(x=key.x, kid=key.kid) for key in found])

    return router
