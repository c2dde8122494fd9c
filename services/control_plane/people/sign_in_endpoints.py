"""What is asked before anybody is known: signing in, and following a one-time link."""

from __future__ import annotations

from fastapi import APIRouter, Request
from service_kit.departures import unless_client_leaves
from service_kit.origins import address_of
from service_kit.problems import (
    Conflict,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.requests import new_router

from control_plane.people.invitations_service import Invitations
from control_plane.people.login_limit import network_of
from control_plane.people.password_resets_service import PasswordResets
from control_plane.people.schemas import LoginIn, NewAccountIn, ResetIn, ResetRequest, TokenView
from control_plane.people.service import Access

_FOLLOWED = problem_responses(NotFound, Conflict, Unavailable, InvalidInput)


def build_router(*, access: Access, invitations: Invitations, resets: PasswordResets) -> APIRouter:
    router = new_router("access")

    def token_view(token: str) -> TokenView:
        return TokenView(access_token=token, expires_in=access.token_lifetime_seconds)

    @router.post("/auth/login", responses=problem_responses(Unauthorized, TooManyRequests, Unavailable, InvalidInput))
    async def login(body: LoginIn, request: Request) -> TokenView:
        """Gives an access token for an e-mail and a password."""
        signing_in = access.login(body.email, body.password, address_of(request))
        return token_view(await unless_client_leaves(request, signing_in))

    @router.post("/auth/invitations/accept", responses=_FOLLOWED)
    async def accept_invitation_anew(body: NewAccountIn, request: Request) -> TokenView:
        """Makes the account of somebody new, with a password of their own, and the membership that they were invited
        to. Somebody with an account signs in and accepts at `/me/invitations/accept` (409 `account_exists`)."""
        accepting = invitations.accept_anew(body.secret, body.password, body.name)
        return token_view(await unless_client_leaves(request, accepting))

    @router.post(
        "/auth/password-resets",
        status_code=202,
        responses=problem_responses(Conflict, TooManyRequests, Unavailable, InvalidInput),
    )
    async def request_password_reset(body: ResetRequest, request: Request) -> None:
        """Mails a one-time link to the address, if it has an account: the answer is the same. 409
        `mail_not_configured` where no mail is sent; then an administrator has a link made."""
        await resets.request(body.email, network_of(address_of(request)), str(request.base_url))

    @router.post("/auth/password-resets/use", responses=_FOLLOWED)
    async def reset_password(body: ResetIn, request: Request) -> TokenView:
        """Sets a password of one's own by a one-time link, and ends every session of before."""
        return token_view(await unless_client_leaves(request, resets.use(body.secret, body.password)))

    return router
