"""The metrics of a project."""

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
from control_plane.metrics.models import MetricRow
from control_plane.metrics.schemas import MetricCreate, MetricPatch, MetricView
from control_plane.metrics.service import MetricService

_ALL = "/projects/{project}/metrics"
_ONE = "/projects/{project}/metrics/{key}"


def build_router(context: AppContext) -> APIRouter:
    router = new_router("metrics")
    service = MetricService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_lifecycle(router, service)
    return router


def _add_reads(router: APIRouter, service: MetricService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_metrics(
        project: str, page: RequestedPage, wanted: RequestedFilter, actor: CurrentActor
    ) -> Page[MetricView]:
        """The project's metrics by key."""
        rows, cursor = page_of(await service.page(actor, project, page, wanted), page, lambda row: row.key)
        return Page(items=[MetricView.model_validate(row) for row in rows], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_metric(project: str, key: str, actor: CurrentActor, response: Response) -> MetricView:
        """One metric."""
        return _answer(Written(await service.read(actor, project, key), {}), response)


def _add_writes(router: APIRouter, service: MetricService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_metric(project: str, body: MetricCreate, actor: CurrentActor, response: Response) -> MetricView:
        """Creates a metric."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/metrics/{body.key}"
        return _answer(written, response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_metric(
        project: str, key: str, body: MetricPatch, expected: ExpectedVersion, actor: CurrentActor, response: Response
    ) -> MetricView:
        """Changes the fields that are given. What a running experiment is judged by stays."""
        return _answer(await service.change(actor, project, key, expected, body), response)


def _add_lifecycle(router: APIRouter, service: MetricService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_metric(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> MetricView:
        """Puts a metric out of use. Refused while something active names it."""
        return _answer(await service.archive(actor, project, key, expected), response)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_metric(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> MetricView:
        """Puts an archived metric back into use."""
        return _answer(await service.restore(actor, project, key, expected), response)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_metric(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes a metric that nothing names."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


def _answer(written: Written[MetricRow], response: Response) -> MetricView:
    response.headers["ETag"] = etag(written.row.version)
    return MetricView.model_validate({**asdict(written.row), "environment_versions": written.environment_versions})
