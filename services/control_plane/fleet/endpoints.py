"""Which edge serves which version of an environment, and how far a version came."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.database import Database
from control_plane.environments.queries import EnvironmentRow, environment_by_key, resolve_project
from control_plane.fleet.memory import Fleet
from control_plane.fleet.schemas import EdgeView, VersionPropagationView
from control_plane.fleet.views import EnvironmentEdges

_PATH = "/projects/{project}/environments/{environment}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
ConfigVersion = Annotated[int, Path(ge=1, le=2**63 - 1, description="A config version of the environment.")]


def build_router(*, authenticator: Authenticator, database: Database, fleet: Fleet) -> APIRouter:
    router = api_router("edges", authenticator.actor)

    async def environment_of(actor: Actor, project: str, environment: str) -> EnvironmentRow:
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            row = await environment_by_key(tx, scope, environment)
            require(actor, Right.EDGE_READ, row.within(scope))
            return row

    @router.get(_PATH + "/edges", responses=_READ)
    async def list_edges(
        project: str, environment: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[EdgeView]:
        """Every edge that is heard, and the version that it serves of the environment."""
        row = await environment_of(actor, project, environment)
        edges = EnvironmentEdges(fleet, row).page(page.after, page.fetch)
        found, cursor = page_of(edges, page, lambda each: each.id)
        return Page(items=found, next_cursor=cursor)

    @router.get(_PATH + "/versions/{version}/propagation", responses=_READ)
    async def get_propagation(
        project: str, environment: str, version: ConfigVersion, actor: Actor = Depends(authenticator.actor)
    ) -> VersionPropagationView:
        """How many edges serve a config version, which was the last, and how long it took until all had it."""
        row = await environment_of(actor, project, environment)
        if version > row.version:
            raise NotFound("there is nothing at this address")
        return EnvironmentEdges(fleet, row).propagation(version)

    return router
