"""One search over a project."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from service_kit.problems import (
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)

from control_plane.access import Actor, Authenticator, api_router
from control_plane.search.kinds import Kind
from control_plane.search.schemas import SearchAnswer
from control_plane.search.service import Search

LIMIT_MAX = 50


async def _kinds(
    kinds: Annotated[
        str | None,
        Query(max_length=200, description=f"What is looked for, commas between: {', '.join(Kind)}. All of it else."),
    ] = None,
) -> list[Kind] | None:
    if kinds is None:
        return None
    names = kinds.split(",")
    unknown = [each for each in names if each not in set(Kind)]
    if unknown:
        raise InvalidInput([FieldError("kinds", "unknown_kind", f"{unknown[0]!r} is none of {', '.join(Kind)}")])
    return list(dict.fromkeys(Kind(each) for each in names))


def build_router(*, authenticator: Authenticator, search: Search) -> APIRouter:
    router = api_router("search", authenticator.actor)

    @router.get(
        "/projects/{project}/search", responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
    )
    async def search_project(
        project: str,
        q: Annotated[
            str, Query(min_length=1, max_length=200, description="Words; each stands in key, name or description.")
        ],
        kinds: Annotated[list[Kind] | None, Depends(_kinds)],
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 20,
        actor: Actor = Depends(authenticator.actor),
    ) -> SearchAnswer:
        """What has a name in the project, of all kinds that one may read, the best first. Overrides are found by how
        their unit begins."""
        return await search.find(actor, project, q, kinds, limit)

    return router
