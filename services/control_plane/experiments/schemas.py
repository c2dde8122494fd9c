"""Bodies and answers of the experiments' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from bucketing.flagset import ExperimentMode
from bucketing.limits import ATTRIBUTE_NAME_BYTES_MAX, EXPERIMENT_HOLDOUTS_MAX, FLAG_VARIATIONS_MAX
from messages.closed_lists import wire_names
from messages.generated import config_pb2 as pb
from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, OneOf, Output

from control_plane.entities.schemas import ConditionDocument, EntityCreate, EntityPatch, EntityView, Percent
from control_plane.environments.keys import EntityKey

Mode = Annotated[str, OneOf(ExperimentMode)]
Status = Annotated[str, OneOf(wire_names(pb.ExperimentStatus))]
Role = Annotated[str, OneOf(wire_names(pb.MetricRole))]
SequentialMode = Annotated[str, OneOf(wire_names(pb.SequentialMode))]


class ExperimentVariation(Input, strict=True):
    key: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    weight: Percent


class LayerShare(Input, strict=True):
    key: EntityKey
    share: Percent = Field(description="Percent of the layer, at most two decimals.")


class ExperimentMetric(Input, strict=True):
    metric: EntityKey
    role: Role = "goal"
    margin: float | None = Field(
        None, ge=0, lt=1, description="Only for a guardrail: 0.02 tolerates 2 % worse; 0 when it is left out."
    )


class AnalysisPlan(Input, strict=True):
    """How the results are computed; fixed at the start, so that nobody chooses it by the result."""

    alpha: float = Field(0.05, gt=0, le=0.5, description="Two-sided error rate.")
    mode: SequentialMode = "fixed"
    planned_looks: int | None = Field(None, ge=1, le=100, description="Needed for `group`.")
    planned_units: int | None = Field(None, ge=1, le=2**53 - 1, description="Over all variations.")
    correction: Literal["holm", "benjamini_hochberg", "none"] = "holm"
    cuped: bool = False


Variations = Annotated[list[ExperimentVariation], Field(min_length=2, max_length=FLAG_VARIATIONS_MAX)]
BucketBy = Annotated[str, StringConstraints(min_length=1, max_length=ATTRIBUTE_NAME_BYTES_MAX)]
Holdouts = Annotated[list[EntityKey], Field(max_length=EXPERIMENT_HOLDOUTS_MAX)]
Metrics = Annotated[list[ExperimentMetric], Field(max_length=100)]
VariationKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class ExperimentFields(Input, strict=True):
    hypothesis: Description = ""
    mode: Mode = "assigns"
    traffic: Percent = Field(100, description="Percent of the audience that takes part.")
    audience: ConditionDocument | None = None
    bucket_by: BucketBy | None = Field(None, description="The unit's attribute; the targeting key when left out.")
    layer: LayerShare | None = Field(None, description="Running experiments of one layer share no unit.")
    holdouts: Holdouts = Field([])
    metrics: Metrics = Field([])
    plan: AnalysisPlan = AnalysisPlan()


class ExperimentCreate(ExperimentFields, EntityCreate, strict=True):
    environment: EntityKey
    flag: EntityKey
    variations: Variations = Field(description="Weights in percent, or the expected shares of one that observes.")
    control: VariationKey | None = Field(None, description="Defaults to the first of the variations.")


class ExperimentPatch(ExperimentFields, EntityPatch, strict=True):
    """Only the fields that are given change. Key, environment and flag never do; see the docs for a running one."""

    variations: Variations = Field([])
    control: VariationKey = ""


class LayerSlotView(Output):
    key: str
    share: float
    start: int | None = Field(description="First bucket of 10,000; null until the start.")
    end: int | None = Field(description="The bucket after the last one.")


class ExperimentView(EntityView):
    environment: str
    flag: str
    hypothesis: str
    mode: Mode
    status: Status
    variations: list[ExperimentVariation]
    control: str
    traffic: float
    audience: dict[str, Any] | None
    bucket_by: str | None
    layer: LayerSlotView | None
    holdouts: list[str]
    metrics: list[ExperimentMetric]
    plan: AnalysisPlan
    start_at: datetime | None
    stop_at: datetime | None
