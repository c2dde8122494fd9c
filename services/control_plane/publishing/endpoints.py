"""How far an environment is published, and a request to compare it with the stream."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from service_kit.problems import Forbidden, NotFound, Unauthorized, problem_responses
from service_kit.requests import new_router
from service_kit.schemas import Output

from control_plane.access import Actor, Authenticator, require
from control_plane.changes import Change, record
from control_plane.database import Database
from control_plane.environments.queries import EnvironmentRow, environment_by_key, resolve_project
from control_plane.publishing import queries

_PATH = "/projects/{project}/environments/{environment}"


class PublicationView(Output):
    version: int
    """Of what is saved."""
    published_version: int
    """Of what the edges are given; at most `version`."""
    published_at: datetime | None


def build_router(*, authenticator: Authenticator, database: Database) -> APIRouter:
    router = new_router("environments", authenticator.actor)

    @router.get(_PATH + "/publication", responses=problem_responses(Unauthorized, NotFound))
    async def get_publication(
        project: str, environment: str, actor: Actor = Depends(authenticator.actor)
    ) -> PublicationView:
        """Whether what was saved has been handed to the edges."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, "read", "publication", scope)
            return _out(await environment_by_key(tx, scope.project_id, environment))

    @router.post(_PATH + "/republish", status_code=202, responses=problem_responses(Unauthorized, Forbidden, NotFound))
    async def republish(project: str, environment: str, actor: Actor = Depends(authenticator.actor)) -> PublicationView:
        """Asks the relay to compare the environment with the stream and to repair what differs."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, "republish", "publication", scope)
            row = await environment_by_key(tx, scope.project_id, environment)
            await queries.request_repair(tx, row.id)
            change = Change(
                organization_id=scope.organization_id,
                project_id=scope.project_id,
                entity="publication",
                entity_key=row.key,
                action="republish",
                actor=actor,
            )
            await record(tx, change)
        return _out(row)

    return router


def _out(row: EnvironmentRow) -> PublicationView:
    return PublicationView(version=row.version, published_version=row.published_version, published_at=row.published_at)
