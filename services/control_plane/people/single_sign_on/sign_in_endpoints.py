"""Signing in by an identity provider: a browser is sent there, and comes back with its answer."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from service_kit.problems import PROBLEM_JSON, InvalidInput, problem_responses

from control_plane.access import api_router
from control_plane.database import Database
from control_plane.people.email_domains import domain_of
from control_plane.people.enforced_domains import is_domain_enforced
from control_plane.people.single_sign_on import providers_repository
from control_plane.people.single_sign_on.attempts import Attempts
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.failure_page import failure_page
from control_plane.people.single_sign_on.local_targets import local_target
from control_plane.people.single_sign_on.models import Attempt, IdentityProvider
from control_plane.people.single_sign_on.schemas import SignInWays
from control_plane.people.single_sign_on.sign_ins import SignIns

START_PATH, CALLBACK_PATH = "/auth/oidc/start", "/auth/oidc/callback"
_ANSWERED = ("state", "code", "iss", "error")
_PAGE = {"text/html": {}, PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    303: {"description": "See Other", "headers": {"Location": {"schema": {"type": "string"}}}},
    **{
        status: {"description": f"Not signed in: {why}", "content": _PAGE}
        for status, why in (
            (400, "the sign-in was not begun in this browser, or its answer is incomplete"),
            (403, "the identity provider, or what it says, lets nobody in"),
            (404, "no identity provider speaks for this address"),
            (502, "the identity provider can't be used"),
        )
    },
}
Text = Annotated[str | None, Query(max_length=4096)]


def build_router(*, database: Database, sign_ins: SignIns, attempts: Attempts, public_url: str = "") -> APIRouter:
    router = api_router("single sign-on")

    @router.get("/auth/ways", responses=problem_responses(InvalidInput))
    async def ways_to_sign_in(email: Annotated[str, Query(max_length=254)]) -> SignInWays:
        """How somebody of this address signs in, by its domain: whether there is such a person is not said."""
        domain = domain_of(email)
        async with database.accounts() as connection:
            provider = await providers_repository.for_domain(connection, domain)
            enforced = provider is not None and await is_domain_enforced(connection, domain)
        return SignInWays(password=not enforced, single_sign_on=None if provider is None else f"/api/v1{START_PATH}")

    @router.get(
        START_PATH,
        status_code=303,
        response_class=Response,
        responses={**_RESPONSES, **problem_responses(InvalidInput)},
    )
    async def start_single_sign_on(
        request: Request,
        email: Annotated[str | None, Query(max_length=254)] = None,
        organization: Annotated[str | None, Query(max_length=200)] = None,
        return_to: Text = None,
    ) -> Response:
        """Sends the browser to the identity provider of the e-mail's domain, or of the organization. Afterwards it
        returns to `return_to`, a path of this site."""
        provider: IdentityProvider | None = None
        try:
            target = local_target(return_to)
            provider = await sign_ins.provider(email, organization)
            redirect_uri = f"{(public_url or str(request.base_url)).rstrip('/')}/api/v1{CALLBACK_PATH}"
            address, attempt = await sign_ins.begin(provider, redirect_uri=redirect_uri, target=target, hint=email)
        except SignInFailed as error:
            sign_ins.failed(provider, error)
            return failure_page(request, error)
        answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
        attempts.give(request, answer, attempt)
        return answer

    return router


def build_callback(*, sign_ins: SignIns, attempts: Attempts) -> APIRouter:
    """Where providers send browsers back. They add parameters of their own, so it takes any."""
    router = api_router("single sign-on", route_class=APIRoute)

    @router.get(
        CALLBACK_PATH,
        status_code=303,
        response_class=Response,
        responses=_RESPONSES,
        openapi_extra={"parameters": [_text_parameter(name) for name in _ANSWERED]},
    )
    async def finish_single_sign_on(request: Request) -> Response:
        """Where the identity provider sends the browser back: signed in by a cookie, it goes on to where it was going.
        Otherwise a page says why not; the audit log has it, too."""
        provider: IdentityProvider | None = None
        answer: Response
        try:
            attempt = attempts.take(request)
            provider = await sign_ins.provider_of(attempt)
            answered = _answered(request)
            _check_state(attempt, answered)
            new = await sign_ins.finish(provider, attempt, answered, sign_ins.browsers.client(request, "cookie"))
            answer = RedirectResponse(attempt.target, 303, headers={"Cache-Control": "no-store"})
            sign_ins.browsers.give(request, answer, new.secret, new.expires_at)
        except SignInFailed as failure:
            sign_ins.failed(provider, failure)
            answer = failure_page(request, failure)
        attempts.end(request, answer)
        return answer

    return router


def _answered(request: Request) -> dict[str, str]:
    """Each once, as what is given twice could be read in two ways."""
    given = request.query_params
    if any(len(given.getlist(name)) > 1 for name in _ANSWERED):
        raise SignInFailed("bad_answer", "a parameter stands there twice")
    return {name: given[name] for name in _ANSWERED if name in given}


def _text_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _check_state(attempt: Attempt, answered: dict[str, str]) -> None:
    if not hmac.compare_digest(attempt.state.encode(), answered.get("state", "").encode()):
        raise SignInFailed("wrong_state")
