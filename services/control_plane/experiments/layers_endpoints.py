"""The layers of a project."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response
from service_kit.pages import Page, RequestedPage, page_of
from service_kit.requests import new_router
from service_kit.versions import ExpectedVersion, VersionIfGiven, etag

from control_plane.access import CurrentActor
from control_plane.context import AppContext
from control_plane.entities.endpoints import CHANGE, CREATE, READ, RequestedFilter
from control_plane.entities.schemas import Deleted
from control_plane.entities.service import Written
from control_plane.experiments.layers import LayerService
from control_plane.experiments.models import LayerRow
from control_plane.experiments.schemas import LayerCreate, LayerPatch, LayerView

_ALL = "/projects/{project}/layers"
_ONE = "/projects/{project}/layers/{key}"


def build_router(context: AppContext) -> APIRouter:
    router = new_router("layers")
    service = LayerService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_lifecycle(router, service)
    return router


def _add_reads(router: APIRouter, service: LayerService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_layers(
        project: str, page: RequestedPage, wanted: RequestedFilter, actor: CurrentActor
    ) -> Page[LayerView]:
        """The project's layers by key."""
        rows, cursor = page_of(await service.page(actor, project, page, wanted), page, lambda row: row.key)
        return Page(items=[LayerView.model_validate(row) for row in rows], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_layer(project: str, key: str, actor: CurrentActor, response: Response) -> LayerView:
        """One layer."""
        return _answer(Written(await service.read(actor, project, key), {}), response)


def _add_writes(router: APIRouter, service: LayerService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_layer(project: str, body: LayerCreate, actor: CurrentActor, response: Response) -> LayerView:
        """Creates a layer."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/layers/{body.key}"
        return _answer(written, response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_layer(
        project: str, key: str, body: LayerPatch, expected: ExpectedVersion, actor: CurrentActor, response: Response
    ) -> LayerView:
        """Changes the fields that are given."""
        return _answer(await service.change(actor, project, key, expected, body), response)


def _add_lifecycle(router: APIRouter, service: LayerService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_layer(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> LayerView:
        """Puts a layer out of use. Refused while something active names it."""
        return _answer(await service.archive(actor, project, key, expected), response)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_layer(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> LayerView:
        """Puts an archived layer back into use."""
        return _answer(await service.restore(actor, project, key, expected), response)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_layer(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes a layer that nothing names."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


def _answer(written: Written[LayerRow], response: Response) -> LayerView:
    response.headers["ETag"] = etag(written.row.version)
    return LayerView.model_validate({**asdict(written.row), "environment_versions": written.environment_versions})
