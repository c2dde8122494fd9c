"""An app whose operations check what they are sent by themselves, with what every service shares.

It does without FastAPI, which is memory in each process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service_kit.described_refusals import describe_refusals
from service_kit.health import Check
from service_kit.http import Refusal, Shell, furnish
from service_kit.operations import Operation, paths_of, routes_of
from service_kit.problems import PROBLEM_SCHEMA


class PlainApp(Starlette):
    """With `/openapi.json`, and what `furnish` gives each app."""

    def __init__(
        self,
        title: str,
        shell: Shell,
        operations: Sequence[Operation],
        *,
        checks: Mapping[str, Check],
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(lifespan=shell.lifespan)
        self.title = title
        self.openapi = cache(self._document)
        self.add_route("/openapi.json", self._told, include_in_schema=False)
        shared = furnish(self, shell, self.openapi, checks=checks, refusal=refusal)
        self._operations = [*shared, *operations]
        self.router.routes.extend(routes_of(operations))

    def _document(self) -> dict[str, Any]:
        document = {
            "openapi": "3.1.0",
            "info": {"title": self.title, "version": version("verdict-platform")},
            "paths": paths_of(self._operations),
            "components": {"schemas": {"Problem": PROBLEM_SCHEMA}},
        }
        describe_refusals(document)
        return document

    async def _told(self, _: Request) -> Response:
        return JSONResponse(self.openapi())
