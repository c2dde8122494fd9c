"""The holdouts of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, Noun, add_entity_routes, answer, answer_created
from control_plane.holdouts.schemas import HoldoutCreate, HoldoutPatch, HoldoutView
from control_plane.holdouts.service import HoldoutService

_HOLDOUT = Noun("holdout")


def build_router(*, authenticator: Authenticator, holdouts: HoldoutService) -> APIRouter:
    router = api_router("holdouts", authenticator.actor, note_bypass)
    add_entity_routes(router, _HOLDOUT, authenticator=authenticator, service=holdouts, view=HoldoutView)

    @router.post(_HOLDOUT.all, status_code=201, responses=CREATE)
    async def create_holdout(
        project: str, body: HoldoutCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> HoldoutView:
        """Creates a holdout."""
        return answer_created(await holdouts.create(actor, project, body), _HOLDOUT, response)

    @router.patch(_HOLDOUT.one, responses=CHANGE)
    async def change_holdout(
        project: str,
        key: str,
        body: HoldoutPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> HoldoutView:
        """Changes the fields that are given. Not the share while an experiment runs with it."""
        return answer(await holdouts.change(actor, project, key, expected, body), response)

    return document_bypass(router)
