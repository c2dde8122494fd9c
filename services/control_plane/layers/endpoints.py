"""The layers of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import (
    CHANGE,
    CREATE,
    READ,
    Noun,
    add_entity_routes,
    answer_created,
    answer_entity,
)
from control_plane.layers.schemas import LayerCreate, LayerPatch, LayerSlotsView, LayerView
from control_plane.layers.service import LayerService

_LAYER = Noun("layer")


class Ownership(Protocol):
    """Who knows the owners of slots; the experiments' feature has one."""

    async def slots(self, actor: Actor, project: str, layer: str, environment: str) -> Mapping[str, Any]:
        """As `LayerSlotsView` has it. Raises `NotFound` and `MissingRight`."""


def build_router(*, authenticator: Authenticator, layers: LayerService, ownership: Ownership) -> APIRouter:
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

    @router.get(f"{_LAYER.one}/environments/{{environment}}/slots", responses=READ, response_model=LayerSlotsView)
    async def get_layer_slots(
        project: str, key: str, environment: str, actor: Actor = Depends(authenticator.actor)
    ) -> Mapping[str, Any]:
        """Who owns which range of the layer in one environment, what is free, who waits, and who has owned what."""
        return await ownership.slots(actor, project, key, environment)

    return document_bypass(router)
