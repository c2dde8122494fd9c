"""The environments of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import InvalidCursor, Page, RequestedPage, page_of
from service_kit.problems import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)
from service_kit.versions import REFUSALS, ExpectedVersion, VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.database import Database
from control_plane.environments import repository, service
from control_plane.environments.keeper import EnvironmentKeeper
from control_plane.environments.queries import (
    environment_scope,
    resolve_project,
)
from control_plane.environments.schemas import EnvironmentCreate, EnvironmentPatch, EnvironmentView
from control_plane.environments.views import environment_view
from control_plane.quotas import Quota, Quotas

_READ = problem_responses(Unauthorized, NotFound)
_CREATE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_DIGITS_MAX = 7
"""Of a position."""


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("environments", authenticator.actor)
    keeper = EnvironmentKeeper(database, quotas)
    _add_reads(router, authenticator, database)
    _add_creation(router, authenticator, database, quotas)
    _add_change(router, authenticator, keeper)
    _add_archive(router, authenticator, keeper)
    return router


def _add_reads(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/projects/{project}/environments", responses=_READ)
    async def list_environments(
        project: str, page: RequestedPage, archived: bool = False, actor: Actor = Depends(authenticator.actor)
    ) -> Page[EnvironmentView]:
        """The project's environments in their order: by position, then key; `archived=true` shows archived ones too."""
        after = _position(page.after)
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.ENVIRONMENT_READ, scope)
            rows = await repository.list_environments(tx, scope, after, page.fetch, archived=archived)
        given, cursor = page_of(rows, page, lambda row: f"{row['position']} {row['key']}")
        return Page(items=[environment_view(row) for row in given], next_cursor=cursor)

    @router.get("/projects/{project}/environments/{environment}", responses=_READ)
    async def get_environment(
        project: str, environment: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> EnvironmentView:
        """One environment by key."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            row = await repository.find_environment(tx, scope, environment)
            require(actor, Right.ENVIRONMENT_READ, environment_scope(scope, row))
        return _answer(environment_view(row, {}), response)


def _add_creation(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.post("/projects/{project}/environments", status_code=201, responses=_CREATE)
    async def create_environment(
        project: str, body: EnvironmentCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> EnvironmentView:
        """Creates an environment; every flag of the project is off in it at first."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.ENVIRONMENT_CREATE, scope)
            await quotas.claim(tx, Quota.ENVIRONMENTS, scope.organization_id, scope.project_id)
            row, versions = await service.create_environment(tx, actor, scope, body.model_dump())
            await service.hold_restored(tx, quotas, scope, row["id"])
        response.headers["Location"] = f"/api/v1/projects/{scope.project_id}/environments/{row['key']}"
        return _answer(environment_view(row, versions), response)


def _add_change(router: APIRouter, authenticator: Authenticator, keeper: EnvironmentKeeper) -> None:
    @router.patch("/projects/{project}/environments/{environment}", responses=_CHANGE)
    async def update_environment(
        project: str,
        environment: str,
        body: EnvironmentPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> EnvironmentView:
        """Changes the name, or what is stored hashed."""
        return _answer(await keeper.change(actor, project, environment, expected, body), response)


def _add_archive(router: APIRouter, authenticator: Authenticator, keeper: EnvironmentKeeper) -> None:
    @router.post("/projects/{project}/environments/{environment}/archive", responses=_CHANGE)
    async def archive_environment(
        project: str,
        environment: str,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> EnvironmentView:
        """Takes back everything that the environment serves: its SDK keys are refused until it is restored."""
        return _answer(await keeper.archive(actor, project, environment, expected), response)

    @router.post("/projects/{project}/environments/{environment}/restore", responses=_CHANGE)
    async def restore_environment(
        project: str,
        environment: str,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> EnvironmentView:
        """Serves an archived environment again."""
        return _answer(await keeper.restore(actor, project, environment, expected), response)


def _position(after: str | None) -> tuple[int, str]:
    """What a cursor holds. Raises `InvalidCursor` for one of another list."""
    if after is None:
        return -1, ""
    position, _, key = after.partition(" ")
    if not (key and position.isascii() and position.isdigit() and len(position) <= _DIGITS_MAX):
        raise InvalidCursor
    return int(position), key


def _answer(view: EnvironmentView, response: Response) -> EnvironmentView:
    response.headers["ETag"] = etag(view.version)
    return view
