"""The segments of a project."""

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
from control_plane.segments.models import SegmentRow
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentView
from control_plane.segments.service import SegmentService

_ALL = "/projects/{project}/segments"
_ONE = "/projects/{project}/segments/{key}"


def build_router(context: AppContext) -> APIRouter:
    router = new_router("segments")
    service = SegmentService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_lifecycle(router, service)
    return router


def _add_reads(router: APIRouter, service: SegmentService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_segments(
        project: str, page: RequestedPage, wanted: RequestedFilter, actor: CurrentActor
    ) -> Page[SegmentView]:
        """The project's segments by key."""
        rows, cursor = page_of(await service.page(actor, project, page, wanted), page, lambda row: row.key)
        return Page(items=[SegmentView.model_validate(row) for row in rows], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_segment(project: str, key: str, actor: CurrentActor, response: Response) -> SegmentView:
        """One segment."""
        return _answer(Written(await service.read(actor, project, key), {}), response)


def _add_writes(router: APIRouter, service: SegmentService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_segment(project: str, body: SegmentCreate, actor: CurrentActor, response: Response) -> SegmentView:
        """Creates a segment."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/segments/{body.key}"
        return _answer(written, response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_segment(
        project: str, key: str, body: SegmentPatch, expected: ExpectedVersion, actor: CurrentActor, response: Response
    ) -> SegmentView:
        """Changes the fields that are given. For every environment that serves it."""
        return _answer(await service.change(actor, project, key, expected, body), response)


def _add_lifecycle(router: APIRouter, service: SegmentService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_segment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> SegmentView:
        """Puts a segment out of use. Refused while something active names it."""
        return _answer(await service.archive(actor, project, key, expected), response)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_segment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> SegmentView:
        """Puts an archived segment back into use."""
        return _answer(await service.restore(actor, project, key, expected), response)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_segment(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes a segment that nothing names."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


def _answer(written: Written[SegmentRow], response: Response) -> SegmentView:
    response.headers["ETag"] = etag(written.row.version)
    return SegmentView.model_validate({**asdict(written.row), "environment_versions": written.environment_versions})
