"""The layers of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, Noun, add_entity_routes, answer_created, answer_entity
from control_plane.layers.schemas import LayerCreate, LayerPatch, LayerView
from control_plane.layers.service import LayerService

_LAYER = Noun("layer")


def build_router(*, authenticator: Authenticator, layers: LayerService) -> APIRouter:
    router = api_router("layers", authenticator.actor, note_bypass)
    add_entity_routes(router, _LAYER, authenticator=authenticator, service=layers, view=LayerView)

    @router.post(_LAYER.all, status_code=201, responses=CREATE, response_model=LayerView)
    async def create_layer(project: str, body: LayerCreate, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Creates a layer."""
        return answer_created(await layers.create(actor, project, body), _LAYER)

    @router.patch(_LAYER.one, responses=CHANGE, response_model=LayerView)
    async def change_layer(
        project: str,
        key: str,
        body: LayerPatch,
        expected: ExpectedVersion,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given."""
        return answer_entity(await layers.change(actor, project, key, expected, body))

    return document_bypass(router)
