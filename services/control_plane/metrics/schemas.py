"""Bodies and answers of the metrics' endpoints."""

from __future__ import annotations

from typing import Annotated

from messages.aggregations import AGGREGATIONS
from messages.closed_lists import wire_names
from messages.events import ATTRIBUTE_NAME_LENGTH_MAX
from messages.generated import config_pb2 as pb
from pydantic import Field, StringConstraints
from service_kit.schemas import Input, OneOf

from control_plane.entities.schemas import ConditionDocument, EntityCreate, EntityPatch, EntityView, EventName

SECONDS_MAX = 366 * 24 * 3600
STEPS_MAX = 20
COVARIATE_DAYS, COVARIATE_DAYS_MAX = 14, 366

AggregationName = Annotated[str, OneOf(AGGREGATIONS)]
Direction = Annotated[str, OneOf(wire_names(pb.Direction))]
CapsOf = Annotated[str, OneOf(wire_names(pb.CapsOf))]
Per = Annotated[str, OneOf(wire_names(pb.MetricPer))]
Steps = Annotated[list[EventName], Field(min_length=2, max_length=STEPS_MAX)]
PropertyName = Annotated[str, StringConstraints(min_length=1, max_length=ATTRIBUTE_NAME_LENGTH_MAX)]
Seconds = Annotated[int, Field(ge=0, le=SECONDS_MAX)]
Percentile = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(ge=1, le=COVARIATE_DAYS_MAX)]


class MetricFields(Input, strict=True):
    """A metric's definition, checked field by field; `definition.py` checks the fields against each other."""

    aggregation: AggregationName = "conversion"
    direction: Direction = "higher_is_better"
    event: EventName | None = Field(None, description="Defaults to the metric's key; of a funnel it is the last step.")
    denominator_event: EventName | None = Field(None, description="Only for `ratio`: whose values are divided by.")
    quantile: Percentile | None = Field(None, description="Only for `quantile`: 0.5 is the median.")
    steps: Steps | None = Field(None, description="Only for `funnel`: names of events in their order, each once.")
    property: PropertyName | None = Field(None, description="Only for `distinct`: a property, found as in rules.")
    window_start_seconds: Seconds | None = Field(None, description="Events count from so long after the exposure.")
    window_end_seconds: Seconds | None = Field(None, description="Events count until so long after the exposure.")
    winsorize_at: Percentile | None = Field(None, description="Pooled percentile at which unit values are capped.")
    winsorize_lower: Percentile | None = Field(None, description="Pooled percentile that lower values are raised to.")
    winsorize_of: CapsOf = Field("nonzero", description="Whose percentiles: those of all values, or of others than 0.")
    filter: ConditionDocument | None = Field(
        None, description="Which events count, by their properties; of a ratio those above the line. No segments."
    )
    covariate_days: Days = Field(COVARIATE_DAYS, description="How long before the exposure CUPED looks back.")
    per: Per = Field("user", description="What has one number; `user` has its variance by the randomised unit.")


class MetricCreate(MetricFields, EntityCreate, strict=True):
    aggregation: AggregationName


class MetricPatch(MetricFields, EntityPatch, strict=True):
    """Only the fields that are given change."""


class MetricView(EntityView):
    aggregation: AggregationName
    direction: Direction
    event: str
    denominator_event: str | None
    quantile: float | None
    steps: list[str] | None
    property: str | None
    window_start_seconds: int | None
    window_end_seconds: int | None
    winsorize_at: float | None
    winsorize_lower: float | None
    winsorize_of: CapsOf
    filter: ConditionDocument | None
    covariate_days: int
    per: Per
