"""Layers, in which experiments share no unit."""

from __future__ import annotations

from typing import ClassVar

from control_plane.entities.service import EntityService
from control_plane.layers.models import LAYERS, LayerRow
from control_plane.layers.schemas import LayerView


class LayerService(EntityService[LayerRow, LayerView]):
    """The layers of a project."""

    kind: ClassVar = "layer"
    resource: ClassVar = "experiment"
    count_max: ClassVar = 1_000
    table = LAYERS

    def view(self, row: LayerRow) -> LayerView:
        return LayerView.model_validate(row)
