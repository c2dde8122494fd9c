"""The identity providers of an organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.authorization import require
from control_plane.access.queries import resolve_organization
from control_plane.access.rights import Right
from control_plane.access.scopes import OrganizationScope
from control_plane.database import Connection, Database
from control_plane.people.single_sign_on import providers_repository
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.providers_service import Providers, found, provider_view
from control_plane.people.single_sign_on.schemas import (
    IdentityProviderCheck,
    IdentityProviderCreate,
    IdentityProviderPatch,
    IdentityProviderView,
)
from control_plane.people.single_sign_on.sign_in_endpoints import CALLBACK_PATH

_PATH = "/organizations/{organization}/identity-providers"
_ONE = _PATH + "/{provider}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(
    *, authenticator: Authenticator, database: Database, providers: Providers, public_url: str = ""
) -> APIRouter:
    router = api_router("single sign-on", authenticator.actor)
    _add_reads(router, authenticator, database)
    _add_writes(router, authenticator, database, providers)

    @router.post(_ONE + "/check", responses=_WRITE)
    async def check_identity_provider(
        organization: str, provider: UUID, request: Request, actor: Actor = Depends(authenticator.actor)
    ) -> IdentityProviderCheck:
        """Asks the issuer what it says of itself, and tells which address to register there. 409
        `provider_unreachable` with the reason."""
        async with database.transaction() as tx:
            scope = await _managed(tx, actor, organization)
            row = await found(tx, scope, provider)
        providers.issuers.forget(row["issuer"])
        try:
            metadata = await providers.issuers.metadata(row["issuer"])
        except SignInFailed as error:
            raise Conflict(error.detail or error.reason, code=error.code) from None
        return IdentityProviderCheck(
            issuer=metadata.issuer,
            authorization_endpoint=metadata.authorization_endpoint,
            token_endpoint=metadata.token_endpoint,
            redirect_uri=f"{(public_url or str(request.base_url)).rstrip('/')}/api/v1{CALLBACK_PATH}",
        )

    return router


def _add_reads(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get(_PATH, responses=_READ)
    async def list_identity_providers(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[IdentityProviderView]:
        """Without their client secrets, which are never answered."""
        async with database.transaction() as tx:
            scope = await _managed(tx, actor, organization)
            rows = await providers_repository.listed(tx, scope.organization_id, moment_position(page.after), page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[provider_view(row) for row in given], next_cursor=cursor)

    @router.get(_ONE, responses=_READ)
    async def get_identity_provider(
        organization: str, provider: UUID, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> IdentityProviderView:
        async with database.transaction() as tx:
            row = await found(tx, await _managed(tx, actor, organization), provider)
        response.headers["ETag"] = etag(row["revision"])
        return provider_view(row)


def _add_writes(router: APIRouter, authenticator: Authenticator, database: Database, providers: Providers) -> None:
    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def create_identity_provider(
        organization: str,
        body: IdentityProviderCreate,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> IdentityProviderView:
        """Connects an OpenID provider. Its domains are verified ones of the organization; a default role and mapped
        groups give no right that one lacks oneself."""
        async with database.transaction() as tx:
            scope = await _managed(tx, actor, organization)
        await providers.check_address(body.issuer)
        async with database.transaction() as tx:
            row = await providers.create(tx, actor, scope, body)
        response.headers["ETag"] = etag(row["revision"])
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/identity-providers/{row['id']}"
        return provider_view(row)

    @router.patch(_ONE, responses={**_WRITE, **problem_responses(*REFUSALS)})
    async def change_identity_provider(
        organization: str,
        provider: UUID,
        body: IdentityProviderPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> IdentityProviderView:
        """Changes what is sent. With another issuer everybody is linked anew, by their address: its subjects are other
        people."""
        async with database.transaction() as tx:
            scope = await _managed(tx, actor, organization)
        if body.issuer is not None:
            await providers.check_address(body.issuer)
        async with database.transaction() as tx:
            row = await providers.change(tx, actor, scope, provider, body, expected)
        response.headers["ETag"] = etag(row["revision"])
        return provider_view(row)

    @router.delete(_ONE, status_code=204, responses=_WRITE)
    async def delete_identity_provider(
        organization: str, provider: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> None:
        """Nobody signs in by it any more; who has come in stays a member."""
        async with database.transaction() as tx:
            scope = await _managed(tx, actor, organization)
            await providers.delete(tx, actor, scope, provider)


async def _managed(tx: Connection, actor: Actor, organization: str) -> OrganizationScope:
    scope = await resolve_organization(tx, actor, organization)
    require(actor, Right.IDENTITY_PROVIDER_MANAGE, scope)
    return scope
