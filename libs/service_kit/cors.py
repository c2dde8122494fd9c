"""Which pages in browsers may call a service (CORS). No cookie is ever involved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BeforeValidator
from pydantic_settings import NoDecode
from starlette.middleware.cors import CORSMiddleware

ANY_ORIGIN = ("*",)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")
_PREFLIGHT_SECONDS = 600


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
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=access.methods,
            allow_headers=access.headers,
            expose_headers=access.exposed,
            max_age=_PREFLIGHT_SECONDS,
        )
