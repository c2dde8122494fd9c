"""What the layers' endpoints take and answer."""

from __future__ import annotations

from control_plane.entities.schemas import EntityCreate, EntityPatch, EntityView


class LayerCreate(EntityCreate, strict=True):
    pass


class LayerPatch(EntityPatch, strict=True):
    pass


class LayerView(EntityView):
    pass
