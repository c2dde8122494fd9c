"""The rollouts of an environment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.pagination import Page, RequestedPage
from service_kit.versions import ExpectedVersion, VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, READ
from control_plane.entities.schemas import Deleted
from control_plane.environments.keys import EntityKey
from control_plane.rollouts.models import RolloutState
from control_plane.rollouts.schemas import (
    RolloutCreate,
    RolloutPatch,
    RolloutResume,
    RolloutStart,
    RolloutView,
    StateName,
    TimelineView,
)
from control_plane.rollouts.service import RolloutPath, RolloutService

_ALL = "/projects/{project}/environments/{environment}/rollouts"
_ONE = f"{_ALL}/{{key}}"


async def _path(project: str, environment: str, key: str) -> RolloutPath:
    return RolloutPath(project=project, environment=environment, key=key)


async def _filter(
    flag: EntityKey | None = None, state: Annotated[StateName | None, Query()] = None
) -> tuple[str | None, RolloutState | None]:
    return flag, None if state is None else RolloutState(state)


RequestedPath = Annotated[RolloutPath, Depends(_path)]


def build_router(*, authenticator: Authenticator, rollouts: RolloutService) -> APIRouter:
    router = api_router("rollouts", authenticator.actor, note_bypass)
    _add_writing(router, authenticator, rollouts)
    _add_leading(router, authenticator, rollouts)
    return document_bypass(router)


def _add_writing(router: APIRouter, authenticator: Authenticator, rollouts: RolloutService) -> None:

    @router.get(_ALL, responses=READ)
    async def list_rollouts(
        project: str,
        environment: str,
        page: RequestedPage,
        wanted: Annotated[tuple[str | None, RolloutState | None], Depends(_filter)],
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[RolloutView]:
        """The environment's rollouts, the newest first."""
        return await rollouts.page(actor, (project, environment), wanted, page)

    @router.post(_ALL, responses=CREATE, status_code=201)
    async def create_rollout(
        project: str,
        environment: str,
        body: RolloutCreate,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> RolloutView:
        """Plans a rollout; nothing is served otherwise until it is started."""
        return _answered(response, await rollouts.create(actor, (project, environment), body))

    @router.get(_ONE, responses=READ)
    async def get_rollout(
        at: RequestedPath, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """One rollout, with how far it has come."""
        return _answered(response, await rollouts.read(actor, at))

    @router.patch(_ONE, responses=CHANGE)
    async def change_rollout(
        at: RequestedPath,
        body: RolloutPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> RolloutView:
        """Changes a rollout that has not begun."""
        return _answered(response, await rollouts.update(actor, at, expected, body))

    @router.delete(_ONE, responses=CHANGE)
    async def delete_rollout(
        at: RequestedPath, expected: VersionIfGiven, actor: Actor = Depends(authenticator.actor)
    ) -> Deleted:
        """Deletes a rollout that has not begun, or has ended."""
        return Deleted(environment_versions=await rollouts.delete(actor, at, expected))

    @router.get(f"{_ONE}/timeline", responses=READ)
    async def get_rollout_timeline(at: RequestedPath, actor: Actor = Depends(authenticator.actor)) -> TimelineView:
        """What became of a rollout, step by step, and why."""
        return await rollouts.timeline(actor, at)


def _add_leading(router: APIRouter, authenticator: Authenticator, rollouts: RolloutService) -> None:

    @router.post(f"{_ONE}/start", responses=CHANGE)
    async def start_rollout(
        at: RequestedPath,
        expected: VersionIfGiven,
        response: Response,
        body: RolloutStart | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> RolloutView:
        """Starts a rollout: the share belongs to it from then on. Takes the first step, if that is due."""
        return _answered(response, await rollouts.start(actor, at, expected, body or RolloutStart()))

    @router.post(f"{_ONE}/pause", responses=CHANGE)
    async def pause_rollout(
        at: RequestedPath, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """Takes no further step until it is resumed."""
        return _answered(response, await rollouts.pause(actor, at, expected))

    @router.post(f"{_ONE}/resume", responses=CHANGE)
    async def resume_rollout(
        at: RequestedPath,
        expected: VersionIfGiven,
        response: Response,
        body: RolloutResume | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> RolloutView:
        """Goes on with a rollout that is paused or held."""
        return _answered(response, await rollouts.resume(actor, at, expected, body or RolloutResume()))

    @router.post(f"{_ONE}/skip", responses=CHANGE)
    async def skip_rollout(
        at: RequestedPath, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """Takes the next step now, whatever it waits for."""
        return _answered(response, await rollouts.skip(actor, at, expected))

    @router.post(f"{_ONE}/approve", responses=CHANGE)
    async def approve_rollout(
        at: RequestedPath, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """Approves the next step, which is taken when it is due."""
        return _answered(response, await rollouts.approve(actor, at, expected))

    @router.post(f"{_ONE}/roll-back", responses=CHANGE)
    async def roll_back_rollout(
        at: RequestedPath, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """Serves again what was served before the rollout began, and ends it. Waits for nobody's agreement."""
        return _answered(response, await rollouts.roll_back(actor, at, expected))

    @router.post(f"{_ONE}/cancel", responses=CHANGE)
    async def cancel_rollout(
        at: RequestedPath, expected: VersionIfGiven, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RolloutView:
        """Ends a rollout and leaves the share where it is."""
        return _answered(response, await rollouts.cancel(actor, at, expected))


def _answered(response: Response, view: RolloutView) -> RolloutView:
    response.headers["ETag"] = etag(view.version)
    return view
