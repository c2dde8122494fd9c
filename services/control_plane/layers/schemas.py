"""Bodies and answers of the layers' endpoints."""

from __future__ import annotations

from control_plane.entities.schemas import EntityCreate, EntityPatch, EntityView


class LayerCreate(EntityCreate, strict=True):
    pass


class LayerPatch(EntityPatch, strict=True):
    pass


class LayerView(EntityView):
    pass
