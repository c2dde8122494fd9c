"""The holdouts of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, Noun, add_entity_routes, answer_created, answer_entity
from control_plane.holdouts.schemas import HoldoutCreate, HoldoutPatch, HoldoutView
from control_plane.holdouts.service import HoldoutService

_HOLDOUT = Noun("holdout")


def build_router(*, authenticator: Authenticator, holdouts: HoldoutService) -> APIRouter:
    router = api_router("holdouts", authenticator.actor, note_bypass)
    add_entity_routes(router, _HOLDOUT, authenticator=authenticator, service=holdouts, view=HoldoutView)

    @router.post(_HOLDOUT.all, status_code=201, responses=CREATE, response_model=HoldoutView)
    async def create_holdout(
        project: str, body: HoldoutCreate, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a holdout."""
        return answer_created(await holdouts.create(actor, project, body), _HOLDOUT)

    @router.patch(_HOLDOUT.one, responses=CHANGE, response_model=HoldoutView)
    async def change_holdout(
        project: str,
        key: str,
        body: HoldoutPatch,
        expected: ExpectedVersion,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given. Another share disturbs the experiments that run with it."""
        return answer_entity(await holdouts.change(actor, project, key, expected, body))

    return document_bypass(router)
