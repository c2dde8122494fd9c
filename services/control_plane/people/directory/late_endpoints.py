"""SCIM's addresses, whose endpoints are loaded when a directory first asks: the library of its forms takes a third of
the time in which this service starts, and most organizations have no directory."""

from __future__ import annotations

import asyncio
import re
from importlib import import_module

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from control_plane.database import Database
from control_plane.quotas import Quotas

_BELOW = re.compile(r"/scim/v2/[^/]+/.*", re.DOTALL)


class LateEndpoints(BaseRoute):
    """Takes what comes to the directories of all organizations. `public_url`: where this service is reached; empty:
    where the request did."""

    def __init__(self, *, database: Database, quotas: Quotas, public_url: str = "") -> None:
        self._database = database
        self._quotas = quotas
        self._public_url = public_url
        self._loading = asyncio.Lock()
        self._router: APIRouter | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        served = scope["type"] == "http" and _BELOW.fullmatch(scope["path"]) is not None
        return (Match.FULL if served else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._loading:
            if self._router is None:
                # In a thread: others are served meanwhile.
                self._router = await asyncio.to_thread(self._load)
        await self._router(scope, receive, send)

    def _load(self) -> APIRouter:
        endpoints = import_module("control_plane.people.directory.endpoints")
        directory = endpoints.Directory(database=self._database, quotas=self._quotas, public_url=self._public_url)
        router: APIRouter = endpoints.build_router(directory)
        return router
