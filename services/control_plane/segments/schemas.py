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


class UsageStep(Output):
    kind: str
    key: str


class SegmentUserView(Output):
    """What uses a segment."""

    kind: str = Field(description="`flag`, `config`, `experiment` or `segment`.")
    key: str
    environment: str | None = Field(description="Where it does; null for a segment, which is the same everywhere.")
    active: bool = Field(description="Whether all of it takes part in evaluations now.")
    path: list[UsageStep] = Field(
        description="Through which others, from the one that names the segment; empty for one that names it itself."
    )


class SegmentUsersView(Output):
    items: list[SegmentUserView] = Field(description="Those nearest to it first.")
    truncated: bool = Field(description="Whether there are more than are told.")


class SegmentView(EntityView, serialize_by_alias=True, validate_by_name=True):
    included: list[str]
    excluded: list[str]
    condition: ConditionDocument | None = Field(alias="if")
    long_list: LongListView | None
