"""The tokens that somebody has made, for themselves: everybody may have some, with no more rights than they have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.instants import check_future
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import resolve_organization
from control_plane.access.scopes import OrganizationScope
from control_plane.database import Connection, Database
from control_plane.people import api_tokens_service
from control_plane.people.endpoints import require_person
from control_plane.people.schemas import ApiTokenView, NewApiTokenView, OwnTokenCreate
from control_plane.people.views import api_token_view
from control_plane.quotas import Quota, Quotas

OWN_MAX = 20
_LIFETIME_MAX = timedelta(days=366)
_PATH = "/organizations/{organization}/own-tokens"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = {**_READ, **problem_responses(Conflict)}


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("access", authenticator.actor)

    @asynccontextmanager
    async def own(actor: Actor, organization: str) -> AsyncIterator[tuple[Connection, OrganizationScope]]:
        """Raises `Forbidden` for a program, `NotFound`."""
        require_person(actor)
        async with database.transaction() as tx:
            yield tx, await resolve_organization(tx, actor, organization)

    @router.get(_PATH, responses=_READ)
    async def list_own_tokens(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[ApiTokenView]:
        """The tokens that one has made in an organization, without the tokens themselves."""
        async with own(actor, organization) as (tx, scope):
            after = moment_position(page.after)
            rows = await api_tokens_service.listing(tx, scope, after, page.fetch, maker_id=actor.id)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[api_token_view(row) for row in given], next_cursor=cursor)

    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def create_own_token(
        organization: str, body: OwnTokenCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> NewApiTokenView:
        """Creates a token for oneself, with at most one's own rights, which ends within a year; this answer is the only
        one that shows it. Twenty may be in force."""
        async with own(actor, organization) as (tx, scope):
            check_future("expires_at", body.expires_at, tx.now)
            if body.expires_at > tx.now + _LIFETIME_MAX:
                raise InvalidInput([FieldError("expires_at", "too_late", "must be within 366 days")])
            await quotas.claim(tx, Quota.TOKENS, scope.organization_id, scope.organization_id)
            # After the claim, which lets one write of the organization in at a time.
            if await api_tokens_service.in_force(tx, scope, actor.id) >= OWN_MAX:
                raise Conflict(f"{OWN_MAX} tokens of yours are in force: revoke one first", code="too_many_tokens")
            row, token = await api_tokens_service.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/own-tokens/{row['id']}"
        return NewApiTokenView(**api_token_view(row).model_dump(), token=token)

    @router.delete(_PATH + "/{token}", responses=_WRITE)
    async def revoke_own_token(
        organization: str, token: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> ApiTokenView:
        """Revokes a token that one has made for good, from the next request on."""
        async with own(actor, organization) as (tx, scope):
            return api_token_view(await api_tokens_service.revoke(tx, actor, scope, token, maker_id=actor.id))

    return router
