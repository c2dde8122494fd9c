"""The flags of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response
from service_kit.pages import Page, RequestedPage, page_of
from service_kit.requests import new_router
from service_kit.versions import ExpectedVersion, VersionIfGiven, etag

from control_plane.access import CurrentActor
from control_plane.context import AppContext
from control_plane.entities.endpoints import CHANGE, CREATE, READ, RequestedFilter
from control_plane.entities.schemas import Deleted
from control_plane.flags.models import FlagRow
from control_plane.flags.schemas import FlagCreate, FlagPatch, FlagType, FlagView
from control_plane.flags.service import FlagService
from control_plane.flags.settings_endpoints import add_settings
from control_plane.flags.views import flag_view

_ALL = "/projects/{project}/flags"
_ONE = "/projects/{project}/flags/{key}"


def build_router(context: AppContext) -> APIRouter:
    router = new_router("flags")
    service = FlagService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_lifecycle(router, service)
    add_settings(router, context)
    return router


def _add_reads(router: APIRouter, service: FlagService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_flags(
        project: str,
        page: RequestedPage,
        wanted: RequestedFilter,
        actor: CurrentActor,
        of_type: Annotated[FlagType | None, Query(alias="type")] = None,
    ) -> Page[FlagView]:
        """The project's flags by key, with where they are on."""
        found = await service.page_with_switches(actor, project, page, wanted.also(type=of_type))
        given, cursor = page_of(found, page, lambda each: each[0].key)
        return Page(items=[flag_view(row, switches, {}) for row, switches in given], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_flag(project: str, key: str, actor: CurrentActor, response: Response) -> FlagView:
        """One flag, with where it is on; its rules stand in the settings of each environment."""
        return await _answer(service, await service.read(actor, project, key), response)


def _add_writes(router: APIRouter, service: FlagService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_flag(project: str, body: FlagCreate, actor: CurrentActor, response: Response) -> FlagView:
        """Creates a flag; it is off in every environment."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/flags/{body.key}"
        return await _answer(service, written.row, response, written.environment_versions)

    @router.patch(_ONE, responses=CHANGE)
    async def change_flag(
        project: str, key: str, body: FlagPatch, expected: ExpectedVersion, actor: CurrentActor, response: Response
    ) -> FlagView:
        """Changes the fields that are given, for every environment."""
        written = await service.change(actor, project, key, expected, body)
        return await _answer(service, written.row, response, written.environment_versions)


def _add_lifecycle(router: APIRouter, service: FlagService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_flag(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> FlagView:
        """Puts a flag out of use: it serves its off variation. Refused while something active depends on it."""
        written = await service.archive(actor, project, key, expected)
        return await _answer(service, written.row, response, written.environment_versions)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_flag(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> FlagView:
        """Puts an archived flag back into use, as it was."""
        written = await service.restore(actor, project, key, expected)
        return await _answer(service, written.row, response, written.environment_versions)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_flag(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes an archived flag that nothing names."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


async def _answer(
    service: FlagService, row: FlagRow, response: Response, versions: Mapping[str, int] | None = None
) -> FlagView:
    response.headers["ETag"] = etag(row.version)
    return flag_view(row, await service.switches(row), versions or {})
