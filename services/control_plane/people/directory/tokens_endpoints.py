"""The tokens with which an organization's directory writes by SCIM."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.instants import check_future
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import in_organization, require_holding
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.people.directory import tokens_service
from control_plane.people.directory.schemas import (
    NewProvisioningTokenView,
    ProvisioningTokenCreate,
    ProvisioningTokenView,
)
from control_plane.people.directory.tokens_service import token_view
from control_plane.quotas import Quota, Quotas

_PATH = "/organizations/{organization}/provisioning-tokens"
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("provisioning", authenticator.actor)

    @router.get(_PATH, responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput))
    async def list_provisioning_tokens(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[ProvisioningTokenView]:
        """Without the tokens themselves."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            rows = await tokens_service.listing(tx, scope, moment_position(page.after), page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[token_view(row) for row in given], next_cursor=cursor)

    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def create_provisioning_token(
        organization: str,
        body: ProvisioningTokenCreate,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> NewProvisioningTokenView:
        """Connects a directory, which writes at `/scim/v2/{organization}`. This answer is the only one that shows the
        token. It goes on when its maker has left, until it is revoked."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            await require_holding(tx, actor, scope, body.default_role)
            check_future("expires_at", body.expires_at, tx.now)
            await quotas.claim(tx, Quota.PROVISIONING_TOKENS, scope.organization_id, scope.organization_id)
            row, token = await tokens_service.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/provisioning-tokens/{row['id']}"
        return NewProvisioningTokenView(**token_view(row).model_dump(), token=token)

    @router.delete(_PATH + "/{provisioning_token}", responses=_WRITE)
    async def revoke_provisioning_token(
        organization: str, provisioning_token: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> ProvisioningTokenView:
        """Revokes a token for good, from the next request on; whom it has added stays."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            return token_view(await tokens_service.revoke(tx, actor, scope, provisioning_token))

    return router
