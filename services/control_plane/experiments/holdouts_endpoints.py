"""The holdouts of a project."""

from __future__ import annotations

from fastapi import APIRouter, Response
from service_kit.pages import Page, RequestedPage, page_of
from service_kit.requests import new_router
from service_kit.versions import ExpectedVersion, VersionIfGiven, etag

from control_plane.access import CurrentActor
from control_plane.context import AppContext
from control_plane.entities.endpoints import CHANGE, CREATE, READ, RequestedFilter
from control_plane.entities.schemas import Deleted
from control_plane.entities.service import Written
from control_plane.experiments.layers import HoldoutService
from control_plane.experiments.models import HoldoutRow
from control_plane.experiments.schemas import HoldoutCreate, HoldoutPatch, HoldoutView
from control_plane.experiments.views import holdout_view

_ALL = "/projects/{project}/holdouts"
_ONE = "/projects/{project}/holdouts/{key}"


def build_router(context: AppContext) -> APIRouter:
    router = new_router("holdouts")
    service = HoldoutService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_lifecycle(router, service)
    return router


def _add_reads(router: APIRouter, service: HoldoutService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_holdouts(
        project: str, page: RequestedPage, wanted: RequestedFilter, actor: CurrentActor
    ) -> Page[HoldoutView]:
        """The project's holdouts by key."""
        rows, cursor = page_of(await service.page(actor, project, page, wanted), page, lambda row: row.key)
        return Page(items=[holdout_view(row) for row in rows], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_holdout(project: str, key: str, actor: CurrentActor, response: Response) -> HoldoutView:
        """One holdout."""
        return _answer(Written(await service.read(actor, project, key), {}), response)


def _add_writes(router: APIRouter, service: HoldoutService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_holdout(project: str, body: HoldoutCreate, actor: CurrentActor, response: Response) -> HoldoutView:
        """Creates a holdout."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/holdouts/{body.key}"
        return _answer(written, response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_holdout(
        project: str, key: str, body: HoldoutPatch, expected: ExpectedVersion, actor: CurrentActor, response: Response
    ) -> HoldoutView:
        """Changes the fields that are given. Not the share while an experiment runs with it."""
        return _answer(await service.change(actor, project, key, expected, body), response)


def _add_lifecycle(router: APIRouter, service: HoldoutService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_holdout(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> HoldoutView:
        """Puts a holdout out of use. Refused while something active names it."""
        return _answer(await service.archive(actor, project, key, expected), response)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_holdout(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> HoldoutView:
        """Puts an archived holdout back into use."""
        return _answer(await service.restore(actor, project, key, expected), response)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_holdout(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes a holdout that nothing names."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


def _answer(written: Written[HoldoutRow], response: Response) -> HoldoutView:
    response.headers["ETag"] = etag(written.row.version)
    return holdout_view(written.row, written.environment_versions)
