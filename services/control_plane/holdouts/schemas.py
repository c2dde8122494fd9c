"""Bodies and answers of the holdouts' endpoints."""

from __future__ import annotations

from pydantic import Field

from control_plane.entities.schemas import EntityCreate, EntityPatch, EntityView, OnExperiments, Percent


class HoldoutCreate(EntityCreate, strict=True):
    share: Percent = Field(description="Percent of all units, at most two decimals.")


class HoldoutPatch(EntityPatch, strict=True):
    share: Percent = 0
    on_experiments: OnExperiments = None


class HoldoutView(EntityView):
    share: float
