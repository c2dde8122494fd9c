"""Bodies and answers of the segments' endpoints."""

from __future__ import annotations

from typing import Annotated

from bucketing.limits import SEGMENT_KEYS_MAX
from pydantic import Field
from service_kit.schemas import Input, Output

from control_plane.entities.schemas import (
    ConditionDocument,
    EntityCreate,
    EntityPatch,
    EntityView,
    OnExperiments,
    UnitKey,
)

Keys = Annotated[list[UnitKey], Field(max_length=SEGMENT_KEYS_MAX)]


class SegmentFields(Input, strict=True):
    included: Keys = Field([], description="Targeting keys that are always in it, unless they are excluded.")
    excluded: Keys = Field([], description="Targeting keys that are never in it.")
    condition: ConditionDocument | None = Field(None, alias="if")


class SegmentCreate(SegmentFields, EntityCreate, strict=True):
    pass


class SegmentPatch(SegmentFields, EntityPatch, strict=True):
    """Only the fields that are given change."""

    on_experiments: OnExperiments = None


class LongListView(Output):
    """What a segment's long list holds."""

    included: int = Field(description="Keys that are always in it, unless they are excluded.")
    excluded: int = Field(description="Keys that are never in it.")
    bytes: int = Field(description="That its chunks take, in each environment.")
    digest: str = Field(description="The sum of its chunks' digests: another one for other keys.")


class SegmentView(EntityView, serialize_by_alias=True, validate_by_name=True):
    included: list[str]
    excluded: list[str]
    condition: ConditionDocument | None = Field(alias="if")
    long_list: LongListView | None
