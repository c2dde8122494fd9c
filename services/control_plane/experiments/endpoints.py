"""The experiments of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.versions import ExpectedVersion, VersionIfGiven

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import (
    CHANGE,
    CREATE,
    Noun,
    add_entity_routes,
    answer_created,
    answer_entity,
)
from control_plane.entities.list_parameters import RequestedFilter
from control_plane.entities.lists import ListFilter
from control_plane.entities.usages import Kind
from control_plane.experiments.schemas import (
    ExperimentCreate,
    ExperimentPatch,
    ExperimentSchedule,
    ExperimentShipment,
    ExperimentStart,
    ExperimentView,
    Mode,
    ShippedView,
    Status,
)
from control_plane.experiments.service import ExperimentService
from control_plane.experiments.shipments import Shipper, Shipping

_EXPERIMENT = Noun(
    "experiment",
    {
        "archive": "Puts an experiment out of sight. Refused while it runs.",
        "delete": "Deletes an experiment that has never run.",
    },
)


async def _requested_experiments(
    wanted: RequestedFilter,
    environment: Annotated[str | None, Query(max_length=128)] = None,
    flag: Annotated[str | None, Query(max_length=128)] = None,
    state: Annotated[Status | None, Query(description="The experiment's `status`.")] = None,
    of_type: Annotated[Mode | None, Query(alias="type", description="The experiment's `mode`.")] = None,
) -> ListFilter:
    return replace(wanted, state=state, type=of_type).also(environment=environment, flag=flag)


def build_router(
    *, authenticator: Authenticator, experiments: ExperimentService, shippers: Mapping[Kind, Shipper]
) -> APIRouter:
    router = api_router("experiments", authenticator.actor, note_bypass)
    add_entity_routes(
        router,
        _EXPERIMENT,
        authenticator=authenticator,
        service=experiments,
        view=ExperimentView,
        requested_filter=_requested_experiments,
    )
    _add_writes(router, authenticator, experiments)
    _add_start_and_stop(router, authenticator, experiments)
    _add_pause_and_resume(router, authenticator, experiments)
    _add_schedule(router, authenticator, experiments)
    _add_shipping(router, authenticator, Shipping(experiments, shippers))
    return document_bypass(router)


def _add_writes(router: APIRouter, authenticator: Authenticator, experiments: ExperimentService) -> None:
    @router.post(_EXPERIMENT.all, status_code=201, responses=CREATE, response_model=ExperimentView)
    async def create_experiment(
        project: str, body: ExperimentCreate, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates an experiment."""
        return answer_created(await experiments.create(actor, project, body), _EXPERIMENT)

    @router.patch(_EXPERIMENT.one, responses=CHANGE, response_model=ExperimentView)
    async def change_experiment(
        project: str,
        key: str,
        body: ExperimentPatch,
        expected: ExpectedVersion,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given. A started one changes as far as its analysis allows."""
        return answer_entity(await experiments.change(actor, project, key, expected, body))


def _add_start_and_stop(router: APIRouter, authenticator: Authenticator, experiments: ExperimentService) -> None:
    @router.post(f"{_EXPERIMENT.one}/start", responses=CHANGE, response_model=ExperimentView)
    async def start_experiment(
        project: str,
        key: str,
        expected: VersionIfGiven,
        body: ExperimentStart | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Starts a draft now; one that assigns gets its place in its layer, one that observes may begin in the past.

        Warnings say what keeps exposures away."""
        start = body or ExperimentStart()
        return answer_entity(await experiments.start(actor, project, key, expected, start))

    @router.post(f"{_EXPERIMENT.one}/stop", responses=CHANGE, response_model=ExperimentView)
    async def stop_experiment(
        project: str,
        key: str,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Stops a running or paused experiment now, for good."""
        return answer_entity(await experiments.stop(actor, project, key, expected))


def _add_pause_and_resume(router: APIRouter, authenticator: Authenticator, experiments: ExperimentService) -> None:
    @router.post(f"{_EXPERIMENT.one}/pause", responses=CHANGE, response_model=ExperimentView)
    async def pause_experiment(
        project: str,
        key: str,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Pauses a running experiment now: it enrols and counts nobody, and everybody is served what they were."""
        return answer_entity(await experiments.pause(actor, project, key, expected))

    @router.post(f"{_EXPERIMENT.one}/resume", responses=CHANGE, response_model=ExperimentView)
    async def resume_experiment(
        project: str,
        key: str,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """A paused experiment counts again from now on."""
        return answer_entity(await experiments.resume(actor, project, key, expected))


def _add_schedule(router: APIRouter, authenticator: Authenticator, experiments: ExperimentService) -> None:
    at = f"{_EXPERIMENT.one}/schedule"

    @router.put(at, responses=CHANGE, response_model=ExperimentView)
    async def schedule_experiment(
        project: str,
        key: str,
        body: ExperimentSchedule,
        expected: ExpectedVersion,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """A draft starts and perhaps stops then, a running one stops then. What was scheduled before is replaced."""
        return answer_entity(await experiments.schedule(actor, project, key, expected, body))

    @router.delete(at, responses=CHANGE, response_model=ExperimentView)
    async def unschedule_experiment(
        project: str,
        key: str,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """It waits for nothing; one that hasn't started is a draft again."""
        return answer_entity(await experiments.unschedule(actor, project, key, expected))


def _add_shipping(router: APIRouter, authenticator: Authenticator, shipping: Shipping) -> None:
    @router.post(f"{_EXPERIMENT.one}/ship", responses=CHANGE, response_model=ShippedView)
    async def ship_experiment(
        project: str,
        key: str,
        body: ExperimentShipment,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> ShippedView:
        """Stops the experiment where it hasn't, and lets its flag serve a variation by default, with or without rules;
        of a remote config the value has the variation's patch then, with or without overrides.

        `dry_run` tells the difference, and changes nothing."""
        return await shipping.ship(actor, project, key, expected, body)
