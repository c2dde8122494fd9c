"""Routes that know whose directory asks before they read a body, and refuse in SCIM's own form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from scim2_models import InvalidSyntaxException
from service_kit.json_text import decode_json
from service_kit.problems import NotFound, UnsupportedMedia, declares_json

from control_plane.people.directory.errors import EXPECTED, refusal

_PATH_PART_LENGTH_MAX = 256


class DirectoryRoute(APIRoute):
    """Answers what is expected to go wrong as SCIM does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                for value in request.path_params.values():
                    if "\x00" in str(value) or len(str(value)) > _PATH_PART_LENGTH_MAX:
                        raise NotFound("there is nothing at this address")
                return await handle(request)
            except EXPECTED as error:
                return refusal(error)

        return answered


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises `Problem` and `InvalidSyntaxException`."""
    if not declares_json(request):
        raise UnsupportedMedia("send the body as `Content-Type: application/scim+json`")
    document = decode_json(await request.body())
    if not isinstance(document, dict):
        raise InvalidSyntaxException(detail="the body must be a JSON object")
    return document
