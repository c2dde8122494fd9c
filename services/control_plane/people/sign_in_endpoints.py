"""What is asked before anybody is known: signing in, the next tokens of a program, and following a one-time link."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from service_kit.departures import unless_client_leaves
from service_kit.origins import address_of
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

from control_plane.access import api_router
from control_plane.database import Database
from control_plane.people.invitations_service import Invitations
from control_plane.people.login_limit import network_of
from control_plane.people.password_resets_service import PasswordResets
from control_plane.people.schemas import (
    LoginIn,
    NewAccountIn,
    RefreshIn,
    ResetIn,
    ResetRequest,
    SessionView,
    TokenView,
)
from control_plane.people.service import Access
from control_plane.people.sessions_repository import find
from control_plane.people.signing_in import SigningIn
from control_plane.people.views import session_view

_SIGN_IN = problem_responses(Unauthorized, Forbidden, TooManyRequests, Unavailable, InvalidInput)
_FOLLOWED = problem_responses(NotFound, Forbidden, Conflict, Unavailable, InvalidInput)


def build_router(
    *, database: Database, access: Access, invitations: Invitations, resets: PasswordResets, signing_in: SigningIn
) -> APIRouter:
    router = api_router("access")
    _add_passwords(router, database, access, signing_in)
    _add_links(router, invitations, resets, signing_in)
    return router


def _add_passwords(router: APIRouter, database: Database, access: Access, signing_in: SigningIn) -> None:
    @router.post("/auth/sessions", status_code=201, responses=_SIGN_IN)
    async def begin_session(body: LoginIn, request: Request, response: Response) -> SessionView:
        """Signs a browser in: the answer sets a cookie that no page can read. Writes with it need an allowed `Origin`
        and the header `X-Verdict-CSRF`."""
        signing_in.admit(request)
        beginning = access.login(body.email, body.password, signing_in.browsers.client(request, "cookie"))
        new = await unless_client_leaves(request, beginning)
        signing_in.browsers.give(request, response, new.secret, new.expires_at)
        async with database.accounts() as connection:
            row = await find(connection, new.session.id)
        assert row is not None  # noqa: S101 - it has just begun
        return session_view(row, new.session)

    @router.post("/auth/login", responses=_SIGN_IN)
    async def login(body: LoginIn, request: Request, response: Response) -> TokenView:
        """Signs a program in: gives an access token for an e-mail and a password, and a refresh token for the next."""
        signing_in.admit(request)
        beginning = access.login(body.email, body.password, signing_in.browsers.client(request, "tokens"))
        return signing_in.answer(request, response, await unless_client_leaves(request, beginning))

    @router.post("/auth/refresh", responses=problem_responses(Unauthorized, Unavailable, InvalidInput))
    async def refresh(body: RefreshIn, request: Request, response: Response) -> TokenView:
        """Gives the next access token and the next refresh token for a refresh token, once: used a second time, it ends
        the session (401 `refresh_token_reused`), because somebody else has it too."""
        signing_in.admit(request)
        return signing_in.answer(request, response, await access.sessions.refresh(body.refresh_token))


def _add_links(router: APIRouter, invitations: Invitations, resets: PasswordResets, signing_in: SigningIn) -> None:
    @router.post("/auth/invitations/accept", responses=_FOLLOWED)
    async def accept_invitation_anew(body: NewAccountIn, request: Request, response: Response) -> TokenView:
        """Makes the account of somebody new, with a password of their own, and the membership that they were invited
        to, and signs them in: by a cookie when the header `X-Verdict-CSRF` is sent. Somebody with an account signs in
        and accepts at `/me/invitations/accept` (409 `account_exists`)."""
        signing_in.admit(request)
        client = signing_in.browsers.client(request)
        accepting = invitations.accept_anew(body.secret, body.password, body.name, client)
        return signing_in.answer(request, response, await unless_client_leaves(request, accepting))

    @router.post(
        "/auth/password-resets",
        status_code=202,
        responses=problem_responses(Conflict, TooManyRequests, Unavailable, InvalidInput),
    )
    async def request_password_reset(body: ResetRequest, request: Request) -> None:
        """Mails a one-time link to the address, if it has an account: the answer is the same. 409
        `mail_not_configured` where no mail is sent; then an administrator has a link made."""
        signing_in.admit(request)
        await resets.request(body.email, network_of(address_of(request)), str(request.base_url))

    @router.post("/auth/password-resets/use", responses=_FOLLOWED)
    async def reset_password(body: ResetIn, request: Request, response: Response) -> TokenView:
        """Sets a password of one's own by a one-time link, ends every session of before and begins one: by a cookie
        when the header `X-Verdict-CSRF` is sent."""
        signing_in.admit(request)
        using = resets.use(body.secret, body.password, signing_in.browsers.client(request))
        return signing_in.answer(request, response, await unless_client_leaves(request, using))
