"""Layers, in which experiments share no unit."""

from __future__ import annotations

from typing import ClassVar

from control_plane.entities.answers import Answered, entity_document
from control_plane.entities.service import EntityService
from control_plane.layers.models import LAYERS, LayerRow
from control_plane.layers.schemas import LayerCreate, LayerPatch
from control_plane.quotas import Quota


class LayerService(EntityService[LayerRow]):
    """The layers of a project."""

    kind: ClassVar = "layer"
    resource: ClassVar = "layer"
    quota: ClassVar = Quota.LAYERS
    published: ClassVar = False
    table = LAYERS
    creation: ClassVar = LayerCreate
    patch: ClassVar = LayerPatch

    def view(self, row: LayerRow) -> Answered:
        return Answered(entity_document(row))
