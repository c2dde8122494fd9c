"""Inviting people, accepting an invitation while signed in, and one-time links for a lost password."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.authorization import require
from control_plane.access.queries import in_organization, resolve_organization
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.people import invitations_repository
from control_plane.people.endpoints import require_person
from control_plane.people.invitations_service import Invitations
from control_plane.people.password_resets_service import PasswordResets
from control_plane.people.schemas import (
    AcceptanceIn,
    InvitationCreate,
    InvitationView,
    MemberView,
    NewInvitationView,
    ResetLinkView,
)
from control_plane.people.views import invitation_view, member_view

_PATH = "/organizations/{organization}/invitations"
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, Unavailable, InvalidInput)


def build_router(
    *, authenticator: Authenticator, database: Database, invitations: Invitations, resets: PasswordResets
) -> APIRouter:
    router = api_router("access", authenticator.actor)
    _add_invitations(router, authenticator, database, invitations)

    @router.post("/me/invitations/accept", responses=_WRITE)
    async def accept_invitation(body: AcceptanceIn, actor: Actor = Depends(authenticator.actor)) -> MemberView:
        """Joins an organization with the account that one is signed in with."""
        require_person(actor)
        return member_view(await invitations.accept_as(actor, body.secret))

    @router.post("/organizations/{organization}/members/{user}/password-reset", status_code=201, responses=_WRITE)
    async def order_password_reset(
        organization: str, user: UUID, request: Request, actor: Actor = Depends(authenticator.actor)
    ) -> ResetLinkView:
        """Sends a member a one-time link for a new password; where no mail is configured it is shown here, unless the
        account has rights elsewhere (409 `account_elsewhere`). Nobody chooses a password for somebody else."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            require(actor, Right.MEMBER_MANAGE, scope)
        expires_at, link = await resets.order(scope, actor, user, str(request.base_url))
        return ResetLinkView(expires_at=expires_at, link=link)

    return router


def _add_invitations(
    router: APIRouter, authenticator: Authenticator, database: Database, invitations: Invitations
) -> None:
    @router.get(_PATH, responses=problem_responses(Unauthorized, NotFound, InvalidInput))
    async def list_invitations(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[InvitationView]:
        """Those that nobody has accepted yet."""
        async with in_organization(database, actor, organization, Right.MEMBER_READ) as (tx, scope):
            rows = await invitations_repository.list_open(
                tx, scope.organization_id, moment_position(page.after), page.fetch
            )
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[invitation_view(row) for row in given], next_cursor=cursor)

    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def invite(
        organization: str,
        body: InvitationCreate,
        request: Request,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> NewInvitationView:
        """Invites a person by e-mail. They become a member when they accept, by a one-time link that is good for a
        week, mailed to them or shown here where no mail is configured. Inviting again replaces it."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            require(actor, Right.MEMBER_MANAGE, scope)
        row, link = await invitations.invite(scope, actor, body, str(request.base_url))
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/invitations/{row['id']}"
        return NewInvitationView(**invitation_view(row).model_dump(), link=link)

    @router.delete(_PATH + "/{invitation}", status_code=204, responses=_WRITE)
    async def withdraw_invitation(
        organization: str, invitation: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> None:
        """Ends an invitation that nobody has accepted."""
        async with in_organization(database, actor, organization, Right.MEMBER_MANAGE) as (tx, scope):
            await invitations.withdraw(tx, scope, actor, invitation)
