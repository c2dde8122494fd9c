"""Which pages in browsers may call a service (CORS). No cookie is ever involved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BeforeValidator
from pydantic_settings import NoDecode
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

ANY_ORIGIN = ("*",)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")
_PREFLIGHT_SECONDS = 600
_VARY = (b"vary", b"Origin")


def _origins(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str):
        return tuple(value)
    origins = tuple(each.strip().rstrip("/") for each in value.split(",") if each.strip())
    if origins == ANY_ORIGIN:
        return origins
    for origin in origins:
        if _ORIGIN.fullmatch(origin) is None:
            raise ValueError("must be origins like https://app.example.com with commas between them, or * for any")
    return origins


Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)]
"""A setting: origins with commas between them, `*` for any, empty for none."""


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """What a service lets pages do: the methods, the headers they may send, and those of answers they may read."""

    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]


def allow_browsers(app: FastAPI, origins: tuple[str, ...], access: CorsPolicy) -> None:
    """Lets pages of these origins call the app; the refusal of a preflight is a 400."""
    if origins:
        app.add_middleware(
            _PagesMiddleware,
            allow_origins=origins,
            allow_methods=access.methods,
            allow_headers=access.headers,
            expose_headers=access.exposed,
            max_age=_PREFLIGHT_SECONDS,
        )


class _PagesMiddleware(CORSMiddleware):
    """Starlette's, for requests with an `Origin`. The others are most, and from no page: their answers get the same
    header as from Starlette, at a fraction of the time."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        async def varying_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _VARY]
            await send(message)

        await self.app(scope, receive, varying_send)
