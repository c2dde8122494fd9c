"""Organizations and their projects."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg
from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page, RequestedPage, page_of
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
from control_plane.access.queries import in_organization, resolve_organization
from control_plane.database import Database
from control_plane.environments import repository, service
from control_plane.environments.queries import resolve_project
from control_plane.environments.schemas import (
    OrganizationCreate,
    OrganizationPatch,
    OrganizationView,
    ProjectCreate,
    ProjectPatch,
    ProjectView,
)
from control_plane.environments.views import organization_view, project_view
from control_plane.quotas import Quota, Quotas

_READ = problem_responses(Unauthorized, NotFound)
_CREATE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("organizations and projects", authenticator.actor)
    _add_organizations(router, authenticator, database)
    _add_projects(router, authenticator, database, quotas)
    _add_project_changes(router, authenticator, database, quotas)
    return router


def _add_organizations(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/organizations", responses=problem_responses(Unauthorized))
    async def list_organizations(
        page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[OrganizationView]:
        """The organizations that one belongs to."""
        async with database.transaction() as tx:
            rows = await repository.list_organizations(tx, actor, page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["key"]))
        return Page(items=[organization_view(row) for row in given], next_cursor=cursor)

    @router.post("/organizations", status_code=201, responses=_CREATE)
    async def create_organization(
        body: OrganizationCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> OrganizationView:
        """Creates a tenant; for administrators."""
        async with database.transaction() as tx:
            row = await service.create_organization(tx, actor, body.key, body.name)
        response.headers["Location"] = f"/api/v1/organizations/{row['id']}"
        return _organization_answer(row, response)

    @router.get("/organizations/{organization}", responses=_READ)
    async def get_organization(
        organization: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> OrganizationView:
        """One organization, by id or key."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            row = await repository.find_organization(tx, scope)
        return _organization_answer(row, response)

    @router.patch("/organizations/{organization}", responses=_CHANGE)
    async def rename_organization(
        organization: str,
        body: OrganizationPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> OrganizationView:
        """Changes the name."""
        async with in_organization(database, actor, organization, Right.ORGANIZATION_UPDATE) as (tx, scope):
            row = await service.rename_organization(tx, actor, scope, body.name, expected)
        return _organization_answer(row, response)


def _add_projects(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.get("/organizations/{organization}/projects", responses=_READ)
    async def list_projects(
        organization: str, page: RequestedPage, archived: bool = False, actor: Actor = Depends(authenticator.actor)
    ) -> Page[ProjectView]:
        """The organization's projects that one may see; `archived=true` shows archived ones too."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            wanted = page.after or "", page.fetch
            only = actor.projects_seen(scope)
            rows = await repository.list_projects(tx, scope, wanted, archived=archived, only=only)
        given, cursor = page_of(rows, page, lambda row: str(row["key"]))
        return Page(items=[project_view(row) for row in given], next_cursor=cursor)

    @router.post("/organizations/{organization}/projects", status_code=201, responses=_CREATE)
    async def create_project(
        organization: str, body: ProjectCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ProjectView:
        """Creates a project without environments."""
        async with in_organization(database, actor, organization, Right.PROJECT_CREATE) as (tx, scope):
            await quotas.claim(tx, Quota.PROJECTS, scope.organization_id, scope.organization_id)
            row = await service.create_project(tx, actor, scope, body.model_dump())
        response.headers["Location"] = f"/api/v1/projects/{row['id']}"
        return _project_answer(row, response)

    @router.get("/projects/{project}", responses=_READ)
    async def get_project(project: str, response: Response, actor: Actor = Depends(authenticator.actor)) -> ProjectView:
        """One project, by id, or by key if that is unambiguous for the caller."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.PROJECT_READ, scope)
            row = await repository.find_project(tx, scope)
        return _project_answer(row, response)


def _add_project_changes(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.patch("/projects/{project}", responses=_CHANGE)
    async def update_project(
        project: str,
        body: ProjectPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ProjectView:
        """Changes name or description."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.PROJECT_UPDATE, scope)
            row = await service.update_project(tx, actor, scope, body.model_dump(exclude_none=True), expected)
        return _project_answer(row, response)

    async def archive(
        project: str, expected: int | None, actor: Actor, response: Response, *, archived: bool
    ) -> ProjectView:
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.PROJECT_ARCHIVE, scope, in_archived=not archived)
            row, versions = await service.archive_project(tx, actor, scope, expected, archived=archived)
            if not archived:
                await service.hold_restored(tx, quotas, scope)
        return _project_answer(row, response, versions)

    @router.post("/projects/{project}/archive", responses=_CHANGE)
    async def archive_project(
        project: str, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ProjectView:
        """Ends everything that the project's environments serve, until it is restored."""
        return await archive(project, expected, actor, response, archived=True)

    @router.post("/projects/{project}/restore", responses=_CHANGE)
    async def restore_project(
        project: str, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ProjectView:
        """Brings an archived project back."""
        return await archive(project, expected, actor, response, archived=False)


def _organization_answer(row: asyncpg.Record, response: Response) -> OrganizationView:
    response.headers["ETag"] = etag(row["revision"])
    return organization_view(row)


def _project_answer(row: asyncpg.Record, response: Response, versions: Mapping[str, int] | None = None) -> ProjectView:
    response.headers["ETag"] = etag(row["revision"])
    return project_view(row, versions)
