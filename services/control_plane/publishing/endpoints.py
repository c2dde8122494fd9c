"""How far an environment is published, and a request to compare it with the stream."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from service_kit.problems import Conflict, Forbidden, NotFound, Unauthorized, problem_responses
from service_kit.schemas import Output

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.changes import Change, record
from control_plane.database import Connection, Database
from control_plane.environments.queries import EnvironmentRow, environment_by_key, resolve_project
from control_plane.publishing import queries
from control_plane.publishing.blocks import Reason, block_of

_PATH = "/projects/{project}/environments/{environment}"


class BlockView(Output):
    """Why an environment is not published: more is known of it elsewhere than in this database, which was restored.
    Somebody has to decide, see `control_plane recover`."""

    reason: Reason
    """`epoch_behind`: the stream was written in a later term, so no environment is published. `version_behind`: the
    stream holds a version that this database knows nothing of. `followers_ahead`: an edge or an ingestor holds one."""
    version: int
    """The highest that was found elsewhere; 0 when all environments are blocked."""
    epoch: int
    since: datetime


class PublicationView(Output):
    version: int
    """Of what is saved."""
    published_version: int
    """Of what the edges are given; at most `version`."""
    published_at: datetime | None
    blocked: BlockView | None


def build_router(*, authenticator: Authenticator, database: Database) -> APIRouter:
    router = api_router("environments", authenticator.actor)

    @router.get(_PATH + "/publication", responses=problem_responses(Unauthorized, NotFound))
    async def get_publication(
        project: str, environment: str, actor: Actor = Depends(authenticator.actor)
    ) -> PublicationView:
        """Whether what was saved has been handed to the edges."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            row = await environment_by_key(tx, scope, environment)
            require(actor, Right.PUBLICATION_READ, row.within(scope))
            return await _view(tx, row)

    @router.post(
        _PATH + "/republish",
        status_code=202,
        responses=problem_responses(Unauthorized, Forbidden, NotFound, Conflict),
    )
    async def republish(project: str, environment: str, actor: Actor = Depends(authenticator.actor)) -> PublicationView:
        """Asks the relay to compare the environment with the stream and to repair what differs. 409
        (`publication_blocked`) when the stream knows more than the database: then somebody has to decide."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            row = await environment_by_key(tx, scope, environment)
            require(actor, Right.PUBLICATION_REPUBLISH, row.within(scope))
            view = await _view(tx, row)
            if view.blocked is not None:
                raise Conflict(_blocked(view.blocked), code="publication_blocked")
            await queries.request_repair(tx, row.organization_id, row.id)
            change = Change(
                organization_id=scope.organization_id,
                project_id=scope.project_id,
                entity="publication",
                entity_key=row.key,
                action="republish",
                actor=actor,
            )
            await record(tx, change)
        return view

    return router


async def _view(tx: Connection, row: EnvironmentRow) -> PublicationView:
    block = await block_of(tx, row.id)
    return PublicationView(
        version=row.version,
        published_version=row.published_version,
        published_at=row.published_at,
        blocked=None
        if block is None
        else BlockView(reason=block.reason, version=block.version, epoch=block.epoch, since=block.since),
    )


def _blocked(block: BlockView) -> str:
    return (
        f"nothing is published since {block.since.isoformat()} ({block.reason}): the stream or its followers know more "
        "than this database. `control_plane recover --show` tells the difference, and "
        "`control_plane recover --accept-database` lets the database win"
    )
