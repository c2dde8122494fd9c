"""The tokens with which programs use an organization's API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.instants import check_future
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import in_organization
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.people import api_tokens_service
from control_plane.people.schemas import ApiTokenCreate, ApiTokenView, NewApiTokenView
from control_plane.people.views import api_token_view
from control_plane.quotas import Quota, Quotas

_PATH = "/organizations/{organization}/tokens"
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("access", authenticator.actor)

    @router.get(_PATH, responses=problem_responses(Unauthorized, NotFound, InvalidInput))
    async def list_api_tokens(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[ApiTokenView]:
        """The organization's tokens without the tokens themselves."""
        async with in_organization(database, actor, organization, Right.TOKEN_READ) as (tx, scope):
            rows = await api_tokens_service.listing(tx, scope, moment_position(page.after), page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[api_token_view(row) for row in given], next_cursor=cursor)

    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def create_api_token(
        organization: str, body: ApiTokenCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> NewApiTokenView:
        """Creates a token with at most one's own rights, for as long as one has it; this answer is the only one that
        shows it. For people."""
        async with in_organization(database, actor, organization, Right.TOKEN_MANAGE) as (tx, scope):
            check_future("expires_at", body.expires_at, tx.now)
            await quotas.claim(tx, Quota.TOKENS, scope.organization_id, scope.organization_id)
            row, token = await api_tokens_service.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/tokens/{row['id']}"
        return NewApiTokenView(**api_token_view(row).model_dump(), token=token)

    @router.delete(_PATH + "/{token}", responses=_WRITE)
    async def revoke_api_token(
        organization: str, token: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> ApiTokenView:
        """Revokes a token for good, from the next request on."""
        async with in_organization(database, actor, organization, Right.TOKEN_MANAGE) as (tx, scope):
            return api_token_view(await api_tokens_service.revoke(tx, actor, scope, token))

    return router
