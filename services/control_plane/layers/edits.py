"""Edits of layers."""

from __future__ import annotations

from control_plane.entities.edits import EntityEdits
from control_plane.layers.service import LayerService


def layer_edits(service: LayerService) -> EntityEdits:
    return EntityEdits(service)
