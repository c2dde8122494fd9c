"""The header by which somebody makes a write that others should have agreed on: `X-Verdict-Bypass: true`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from service_kit.problems import FieldError, InvalidInput

BYPASS_HEADER = "X-Verdict-Bypass"
_PARAMETER: dict[str, Any] = {
    "name": BYPASS_HEADER,
    "in": "header",
    "required": False,
    "description": "Done without the approvals that it needs: with the right change:bypass and a reason.",
    "schema": {"type": "string", "enum": ["true", "false"]},
}
_asked: ContextVar[bool] = ContextVar("bypass_asked", default=False)


async def note_bypass(request: Request) -> None:
    """As an admission of a router: the requests that it serves may ask for it. Raises `InvalidInput`."""
    given = request.headers.getlist(BYPASS_HEADER)
    if given not in ([], ["true"], ["false"]):
        raise InvalidInput([FieldError(BYPASS_HEADER, "invalid_bypass", "must be true or false")])
    _asked.set(given == ["true"])


def bypass_asked() -> bool:
    """Whether the request that is being served asks for it."""
    return _asked.get()


def document_bypass(router: APIRouter) -> APIRouter:
    """Names the header in the documents of the router's writes."""
    for route in router.routes:
        if isinstance(route, APIRoute) and "GET" not in (route.methods or ()):
            route.openapi_extra = {**(route.openapi_extra or {}), "parameters": [_PARAMETER]}
    return router
