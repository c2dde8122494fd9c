"""Oneself, and the members of an organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from service_kit.departures import unless_client_leaves
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.problems import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from control_plane.access import api_router, repository
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import in_organization
from control_plane.access.rights import Right
from control_plane.database import Connection, Database
from control_plane.people import accounts_repository, members
from control_plane.people.schemas import (
    HeldRole,
    MemberView,
    MeView,
    OrganizationRole,
    PasswordIn,
    RoleIn,
    TokenView,
)
from control_plane.people.service import Access
from control_plane.people.signing_in import SigningIn, session_of
from control_plane.people.views import member_view


def build_router(
    *, authenticator: Authenticator, database: Database, access: Access, signing_in: SigningIn
) -> APIRouter:
    router = api_router("access", authenticator.actor)
    _add_me(router, authenticator, database, access, signing_in)
    _add_members(router, authenticator, database)
    _add_member_writes(router, authenticator, database)
    return router


def _add_me(
    router: APIRouter, authenticator: Authenticator, database: Database, access: Access, signing_in: SigningIn
) -> None:
    @router.get("/me", responses=problem_responses(Unauthorized, Forbidden))
    async def me(actor: Actor = Depends(authenticator.actor)) -> MeView:
        """Who is signed in, with all roles; for people."""
        require_person(actor)
        async with database.accounts() as connection:
            return await _me(connection, actor.id)

    @router.put(
        "/me/password",
        responses=problem_responses(Unauthorized, Forbidden, TooManyRequests, Unavailable, InvalidInput),
    )
    async def change_password(
        body: PasswordIn, request: Request, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> TokenView:
        """Changes the password and ends every session; answers a new one, of the kind that asks."""
        require_person(actor)
        session = session_of(request)
        client = signing_in.browsers.client(request, session.kind if session else "tokens")
        change = access.change_password(actor, body.current_password, body.new_password, client)
        return signing_in.answer(request, response, await unless_client_leaves(request, change))


def _add_members(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/organizations/{organization}/members", responses=problem_responses(Unauthorized, NotFound))
    async def list_members(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[MemberView]:
        """The members by e-mail."""
        async with in_organization(database, actor, organization, Right.MEMBER_READ) as (tx, scope):
            rows = await repository.list_members(tx, scope.organization_id, page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["email"]).lower())
        return Page(items=[member_view(row) for row in given], next_cursor=cursor)

    @router.get("/organizations/{organization}/members/{user}", responses=problem_responses(Unauthorized, NotFound))
    async def get_member(
        organization: str, user: UUID, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> MemberView:
        """One member."""
        async with in_organization(database, actor, organization, Right.MEMBER_READ) as (tx, scope):
            row = await repository.find_member(tx, scope.organization_id, user)
        if row is None:
            raise NotFound("there is nothing at this address")
        response.headers["ETag"] = etag(row["revision"])
        return member_view(row)


def _add_member_writes(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.patch(
        "/organizations/{organization}/members/{user}",
        responses=problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput),
    )
    async def change_role(
        organization: str,
        user: UUID,
        body: RoleIn,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> MemberView:
        """Changes a member's role; owners are made and unmade by owners only."""
        async with in_organization(database, actor, organization, Right.MEMBER_MANAGE) as (tx, scope):
            row = await members.change_role(tx, scope, actor, user, body.role, expected)
        response.headers["ETag"] = etag(row["revision"])
        return member_view(row)

    @router.delete(
        "/organizations/{organization}/members/{user}",
        status_code=204,
        responses=problem_responses(Unauthorized, Forbidden, NotFound, Conflict),
    )
    async def remove_member(organization: str, user: UUID, actor: Actor = Depends(authenticator.actor)) -> None:
        """Takes a person out of the organization, with the tokens they made; their account stays."""
        async with in_organization(database, actor, organization, Right.MEMBER_MANAGE) as (tx, scope):
            await members.remove(tx, scope, actor, user)


def require_person(actor: Actor) -> None:
    if actor.kind != "user":
        raise Forbidden("a token has no account of its own", code="not_a_person")


async def _me(connection: Connection, user_id: UUID) -> MeView:
    row = await repository.find_actor(connection, user_id)
    assert row is not None  # noqa: S101 - people are never deleted
    organizations = await accounts_repository.list_organizations(connection, user_id)
    return MeView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        is_administrator=row["is_administrator"],
        organizations=[OrganizationRole(**each) for each in organizations],
        roles=[
            HeldRole(
                role=each.role,
                organization_id=each.organization_id,
                project_id=each.project_id,
                environment_id=each.environment_id,
            )
            for each in sorted(repository.policy_of(row).grants, key=lambda grant: (grant.path, grant.role))
        ],
    )
