"""Routers whose routes know who asks before they read a body, and refuse what another reader would choke on."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from service_kit.json_text import decode_json
from service_kit.problems import NotFound, TooLarge, declares_json
from service_kit.query_parameters import check_parameters, declared_parameters

ANONYMOUS_BODY_BYTES_MAX = 4096
PATH_PART_LENGTH_MAX = 256
_BYTES_DECODED_AT_ONCE_MAX = 16 * 1024
_NO_BODY = object()
Built = TypeVar("Built")

Admission = Callable[[Request], Awaitable[Any]]
"""Raises when a request is not taken in. It sees the head alone, and is asked again as a dependency."""


class CheckedRequest(Request):
    """A request whose JSON body was decoded strictly."""

    checked_json: Any = _NO_BODY

    async def json(self) -> Any:
        if self.checked_json is _NO_BODY:
            body = await self.body()
            # A large one in a thread: others' requests have their turn meanwhile.
            large = len(body) > _BYTES_DECODED_AT_ONCE_MAX
            self.checked_json = await asyncio.to_thread(decode_json, body) if large else decode_json(body)
        return self.checked_json


class StrictRoute(APIRoute):
    """Asks the router's admissions, then checks path, query and body, before anything else sees them.

    Where nothing is asked, anybody may send: such a body is small."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        admissions = [each.dependency for each in self.dependencies if each.dependency]
        declared = declared_parameters(self)

        async def checked(request: Request) -> Response:
            for admission in admissions:
                await admission(request)
            _check_path(request)
            check_parameters(request, declared)
            receive = request.receive if admissions else _at_most(request.receive, ANONYMOUS_BODY_BYTES_MAX)
            strict = CheckedRequest(request.scope, receive)
            # Decoded here, because the framework would turn our problem into one of its own.
            if await strict.body() and declares_json(strict):
                await strict.json()
            return await handle(strict)

        return checked


def new_router(tag: str, *admissions: Admission, **options: Any) -> APIRouter:
    """The router to build a feature's endpoints on; `tag` groups them in the API's documentation, `options` are the
    framework's."""
    asked = [Depends(each) for each in admissions]
    told = {"route_class": StrictRoute, "strict_content_type": False, **options}
    return APIRouter(tags=[tag], dependencies=asked, **told)


def as_coroutine(build: Callable[..., Built]) -> Callable[..., Coroutine[Any, Any, Built]]:
    """`build` as a dependency that is called where the request is served: the framework takes what is no coroutine to
    a thread and back, which costs more than reading a parameter."""

    async def built(**given: Any) -> Built:
        return build(**given)

    built.__signature__ = inspect.signature(build, eval_str=True)  # type: ignore[attr-defined]
    return built


def _at_most(receive: Receive, bytes_max: int) -> Receive:
    """Raises TooLarge for the first piece of a body that is over it."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > bytes_max:
            raise TooLarge(f"the body is over {bytes_max} bytes")
        return message

    return limited


def _check_path(request: Request) -> None:
    for value in request.path_params.values():
        if "\x00" in str(value) or len(str(value)) > PATH_PART_LENGTH_MAX:
            raise NotFound("there is nothing at this address")
