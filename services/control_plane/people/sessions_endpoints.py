"""One's own sessions: a list of them, their ends, and tokens for other services."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.database import Database
from control_plane.people.endpoints import require_person
from control_plane.people.schemas import AccessTokenIn, AccessTokenView, SessionView
from control_plane.people.session_terms import Session
from control_plane.people.sessions import Sessions
from control_plane.people.signing_in import SigningIn, session_of
from control_plane.people.views import session_view

_OF_PEOPLE = problem_responses(Unauthorized, Forbidden, Conflict, InvalidInput)


def build_router(
    *, authenticator: Authenticator, database: Database, sessions: Sessions, signing_in: SigningIn
) -> APIRouter:
    router = api_router("access", authenticator.actor)

    @router.post("/auth/access-token", responses=_OF_PEOPLE)
    async def give_access_token(
        body: AccessTokenIn, request: Request, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> AccessTokenView:
        """Gives a browser an access token of five minutes for one other service, to be kept in a variable."""
        session = _required(request, actor)
        async with database.transaction() as tx:
            token = await sessions.access_token(tx, session, body.audience)
        response.headers["Cache-Control"] = "no-store"
        lifetime = sessions.lifetime(body.audience)
        return AccessTokenView(access_token=token, expires_in=round(lifetime.total_seconds()))

    @router.get("/me/sessions", responses=_OF_PEOPLE)
    async def list_sessions(
        page: RequestedPage, request: Request, actor: Actor = Depends(authenticator.actor)
    ) -> Page[SessionView]:
        """Where one is signed in, in the order in which the sessions began."""
        require_person(actor)
        async with database.transaction() as tx:
            rows = await sessions.listing(tx, actor.id, moment_position(page.after), page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[session_view(row, session_of(request)) for row in given], next_cursor=cursor)

    @router.delete("/me/sessions", status_code=204, responses=_OF_PEOPLE)
    async def end_sessions(
        request: Request,
        response: Response,
        keep_current: Annotated[bool, Query(description="End the others alone.")] = False,
        actor: Actor = Depends(authenticator.actor),
    ) -> None:
        """Signs out everywhere, this session included."""
        if keep_current:
            await sessions.end_others(actor, _required(request, actor).id)
            return
        require_person(actor)
        await sessions.end_all(actor)
        signing_in.browsers.take_back(request, response)

    @router.delete("/me/sessions/current", status_code=204, responses=_OF_PEOPLE)
    async def sign_out(request: Request, response: Response, actor: Actor = Depends(authenticator.actor)) -> None:
        """Ends the session that asks, at every service."""
        await sessions.end(actor, _required(request, actor).id, "sign_out")
        signing_in.browsers.take_back(request, response)

    @router.delete(
        "/me/sessions/{session}",
        status_code=204,
        responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput),
    )
    async def end_session(session: UUID, actor: Actor = Depends(authenticator.actor)) -> None:
        """Ends one of one's own sessions, at every service."""
        require_person(actor)
        await sessions.end(actor, session)

    return router


def _required(request: Request, actor: Actor) -> Session:
    require_person(actor)
    session = session_of(request)
    if session is None:
        raise Conflict("this access token belongs to no session: sign in again", code="no_session")
    return session
