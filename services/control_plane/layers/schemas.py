"""Bodies and answers of the layers' endpoints."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from service_kit.schemas import Output

from control_plane.entities.schemas import EntityCreate, EntityPatch, EntityView


class LayerCreate(EntityCreate, strict=True):
    pass


class LayerPatch(EntityPatch, strict=True):
    pass


class LayerView(EntityView):
    pass


class SlotView(Output):
    """A range of the layer, in buckets and in percent."""

    start: int
    end: int = Field(description="The first bucket behind it.")
    start_percent: float
    end_percent: float
    share: float = Field(description="Percent of the layer.")


class _InLayer(Output):
    experiment: str
    name: str
    flag: str
    status: str
    bucket_by: str | None
    traffic: float = Field(description="Percent of the slot's units that take part.")


class SlotOwnerView(_InLayer):
    """An experiment that has begun and not ended."""

    slot: SlotView
    phase: int
    started_at: datetime = Field(description="Of the phase.")
    holdouts: list[str]


class SlotWaiterView(_InLayer):
    """An experiment that is scheduled to start: it is given a slot then."""

    share: float
    start_at: datetime
    slot_now: SlotView | None = Field(description="What it would be given now. Null: nothing fits.")
    holdouts: list[str]


class PastSlotOwnerView(_InLayer):
    """An experiment that has ended, or a phase of one that was followed by another."""

    archived: bool
    slot: SlotView
    phase: int
    started_at: datetime
    ended_at: datetime
    free: bool = Field(description="Whether all of it is free now.")
    owned_by: list[str] = Field(description="The experiments that own some of it now.")


class LayerHoldoutView(Output):
    """A holdout that experiments of the layer name. It keeps out units by a hash of its own, across the slots."""

    holdout: str
    name: str
    share: float
    buckets: int
    experiments: list[str]


class LayerSlotsView(Output):
    """Who owns which range of a layer in one environment, and who has."""

    layer: str
    environment: str
    buckets: int = Field(description="Of the whole layer.")
    owners: list[SlotOwnerView] = Field(description="In the order of their slots.")
    free: list[SlotView]
    waiting: list[SlotWaiterView] = Field(description="In the order of the keys.")
    holdouts: list[LayerHoldoutView]
    past: list[PastSlotOwnerView] = Field(description="The last to end in front, a thousand at most.")
    past_total: int
