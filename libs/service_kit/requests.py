"""Routers whose routes refuse what the database or another reader would choke on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from service_kit.json_text import decode_json
from service_kit.problems import FieldError, InvalidInput, NotFound, declares_json

PATH_PART_LENGTH_MAX = 256
QUERY_VALUE_LENGTH_MAX = 2048
_NO_BODY = object()


class CheckedRequest(Request):
    """A request whose JSON body was decoded strictly."""

    checked_json: Any = _NO_BODY

    async def json(self) -> Any:
        if self.checked_json is _NO_BODY:
            self.checked_json = decode_json(await self.body())
        return self.checked_json


class StrictRoute(APIRoute):
    """Checks path, query and body before anything else sees them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            _check_address(request)
            strict = CheckedRequest(request.scope, request.receive)
            # Decoded here, because the framework would turn our problem into one of its own.
            if await strict.body() and declares_json(strict):
                await strict.json()
            return await handle(strict)

        return checked


def new_router(tag: str) -> APIRouter:
    """The router to build a feature's endpoints on; `tag` groups them in the API's documentation."""
    return APIRouter(tags=[tag], route_class=StrictRoute)


def _check_address(request: Request) -> None:
    for value in request.path_params.values():
        if "\x00" in str(value) or len(str(value)) > PATH_PART_LENGTH_MAX:
            raise NotFound("there is nothing at this address")
    for name, value in request.query_params.multi_items():
        if "\x00" in value or "\x00" in name:
            raise InvalidInput([FieldError(name.replace("\x00", ""), "nul_character", "must not hold a NUL character")])
        if len(value) > QUERY_VALUE_LENGTH_MAX:
            raise InvalidInput([FieldError(name, "too_long", f"at most {QUERY_VALUE_LENGTH_MAX} characters")])
