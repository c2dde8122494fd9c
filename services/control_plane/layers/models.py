"""A layer as it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow(EntityRow):
    """A layer as it is stored."""


LAYERS = EntityTable("layers", LayerRow)
