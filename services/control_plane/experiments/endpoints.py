"""The experiments of a project."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.pages import Page, RequestedPage, page_of
from service_kit.requests import new_router
from service_kit.versions import ExpectedVersion, VersionIfGiven, etag

from control_plane.access import CurrentActor
from control_plane.context import AppContext
from control_plane.entities.endpoints import CHANGE, CREATE, READ, RequestedFilter
from control_plane.entities.schemas import Deleted
from control_plane.entities.service import Written
from control_plane.entities.table import ListFilter
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.schemas import ExperimentCreate, ExperimentPatch, ExperimentView, Status
from control_plane.experiments.service import ExperimentService
from control_plane.experiments.views import experiment_view

_ALL = "/projects/{project}/experiments"
_ONE = "/projects/{project}/experiments/{key}"


def _requested(
    wanted: RequestedFilter,
    environment: Annotated[str | None, Query(max_length=128)] = None,
    flag: Annotated[str | None, Query(max_length=128)] = None,
    status: Status | None = None,
) -> ListFilter:
    return wanted.also(environment=environment, flag=flag, status=status)


RequestedExperiments = Annotated[ListFilter, Depends(_requested)]


def build_router(context: AppContext) -> APIRouter:
    router = new_router("experiments")
    service = ExperimentService(context)
    _add_reads(router, service)
    _add_writes(router, service)
    _add_running(router, service)
    _add_lifecycle(router, service)
    return router


def _add_reads(router: APIRouter, service: ExperimentService) -> None:
    @router.get(_ALL, responses=READ)
    async def list_experiments(
        project: str, page: RequestedPage, wanted: RequestedExperiments, actor: CurrentActor
    ) -> Page[ExperimentView]:
        """The project's experiments by key."""
        rows, cursor = page_of(await service.page(actor, project, page, wanted), page, lambda row: row.key)
        return Page(items=[experiment_view(row) for row in rows], next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_experiment(project: str, key: str, actor: CurrentActor, response: Response) -> ExperimentView:
        """One experiment."""
        return _answer(Written(await service.read(actor, project, key), {}), response)


def _add_writes(router: APIRouter, service: ExperimentService) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_experiment(
        project: str, body: ExperimentCreate, actor: CurrentActor, response: Response
    ) -> ExperimentView:
        """Creates an experiment."""
        written = await service.create(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{written.row.project_id}/experiments/{body.key}"
        return _answer(written, response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_experiment(
        project: str,
        key: str,
        body: ExperimentPatch,
        expected: ExpectedVersion,
        actor: CurrentActor,
        response: Response,
    ) -> ExperimentView:
        """Changes the fields that are given. A started one changes as far as its analysis allows."""
        return _answer(await service.change(actor, project, key, expected, body), response)


def _add_running(router: APIRouter, service: ExperimentService) -> None:
    @router.post(f"{_ONE}/start", responses=CHANGE)
    async def start_experiment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> ExperimentView:
        """Starts a draft now; one that assigns gets its place in its layer."""
        return _answer(await service.start(actor, project, key, expected), response)

    @router.post(f"{_ONE}/stop", responses=CHANGE)
    async def stop_experiment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> ExperimentView:
        """Stops a running experiment now, for good."""
        return _answer(await service.stop(actor, project, key, expected), response)


def _add_lifecycle(router: APIRouter, service: ExperimentService) -> None:
    @router.post(f"{_ONE}/archive", responses=CHANGE)
    async def archive_experiment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> ExperimentView:
        """Puts an experiment out of sight. Refused while it runs."""
        return _answer(await service.archive(actor, project, key, expected), response)

    @router.post(f"{_ONE}/restore", responses=CHANGE)
    async def restore_experiment(
        project: str, key: str, expected: VersionIfGiven, actor: CurrentActor, response: Response
    ) -> ExperimentView:
        """Puts an archived experiment back into use."""
        return _answer(await service.restore(actor, project, key, expected), response)

    @router.delete(_ONE, responses=CHANGE)
    async def delete_experiment(project: str, key: str, expected: VersionIfGiven, actor: CurrentActor) -> Deleted:
        """Deletes an experiment that has never run."""
        return Deleted(environment_versions=await service.delete(actor, project, key, expected))


def _answer(written: Written[ExperimentRow], response: Response) -> ExperimentView:
    response.headers["ETag"] = etag(written.row.version)
    return experiment_view(written.row, written.environment_versions)
