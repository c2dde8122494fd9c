"""Bodies and answers of the experiments' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from bucketing.flagset import ExperimentMode
from bucketing.limits import ATTRIBUTE_NAME_BYTES_MAX, EXPERIMENT_HOLDOUTS_MAX, FLAG_VARIATIONS_MAX
from messages.closed_lists import wire_names
from messages.generated import config_pb2 as pb
from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, OneOf, Output

from control_plane.entities.integrity import DisturbanceCause
from control_plane.entities.schemas import (
    ConditionDocument,
    EntityCreate,
    EntityPatch,
    EntityView,
    EnvironmentVersions,
    EventName,
    OnExperiments,
    Percent,
    ShipmentFields,
    Warnings,
)
from control_plane.environments.keys import EntityKey

Mode = Annotated[str, OneOf(ExperimentMode)]
Status = Annotated[str, OneOf(wire_names(pb.ExperimentStatus))]
Role = Annotated[str, OneOf(wire_names(pb.MetricRole))]
SequentialMode = Annotated[str, OneOf(wire_names(pb.SequentialMode))]
Boundary = Annotated[str, OneOf(wire_names(pb.Boundary))]
MarginKind = Annotated[str, OneOf(wire_names(pb.MarginKind))]
Correction = Literal["holm", "benjamini_hochberg"]
MARGIN_MAX = 1e15
COVARIATES_MAX = 5


AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=ATTRIBUTE_NAME_BYTES_MAX)]
Units = Annotated[int, Field(ge=1, le=2**53 - 1)]


class ExperimentVariation(Input, strict=True):
    key: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    weight: Percent
    value: dict[str, Any] | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="Only on a remote config: a JSON Merge Patch (RFC 7396) on what it would otherwise give; none when "
        "left out.",
    )


class LayerShare(Input, strict=True):
    key: EntityKey
    share: Percent = Field(description="Percent of the layer, at most two decimals.")


class ExperimentMetric(Input, strict=True):
    metric: EntityKey
    role: Role = "goal"
    margin: float | None = Field(
        None,
        gt=0,
        le=MARGIN_MAX,
        description="Needed for a guardrail, and only for one: the harm that is tolerated. "
        "Relative, 0.02 tolerates 2% worse.",
    )
    margin_kind: MarginKind | None = Field(
        None, description="Only for a guardrail: a share of the control's mean, or an amount. `relative` when left out."
    )


class BayesPrior(Input, strict=True):
    """What is believed of a lift before the data: a normal distribution."""

    lift_mean: float = Field(0.0, ge=-1, le=100)
    lift_sd: float | None = Field(None, gt=0, le=100, description="Flat when it is left out.")


class AnalysisPlan(Input, strict=True):
    """How the results are computed; fixed at the start, so that nobody chooses it by the result."""

    alpha: float = Field(0.05, ge=1e-9, le=0.5, description="Two-sided error rate.")
    power: float = Field(0.8, ge=0.05, le=0.9999, description="Of detectable effects and of planned sizes.")
    mode: SequentialMode = Field(
        "always_valid",
        description="When the results decide: `fixed` once, at the planned units or end; `group` at planned looks; "
        "`always_valid` at any time.",
    )
    planned_units: Units | None = Field(None, description="Over all variations. Needed for `group`; see `fixed`.")
    planned_end: str | int | None = Field(
        None,
        description="Only for `fixed`: RFC 3339 with an offset, or epoch milliseconds. Instead of `planned_units`, "
        "or with them: what is reached first ends it.",
    )
    planned_looks: int | None = Field(None, ge=1, le=100, description="Needed for `group`, and only for it.")
    boundary: Boundary | None = Field(None, description="Only for `group`; `obrien_fleming` when left out.")
    n_star: Units | None = Field(
        None,
        description="Only for `always_valid`: the units over all variations at which it is most exact. Half of "
        "`planned_units` when left out.",
    )
    minimum_days: int = Field(7, ge=0, le=366, description="Nothing is decided before; whole weeks are advised.")
    correction: Correction = Field("holm", description="Of the goals, over all variations.")
    cuped: bool = Field(False, description="Less variance by what units did before their exposure.")
    covariates: list[EntityKey] = Field(
        [],
        max_length=COVARIATES_MAX,
        description="Metrics with one number per unit: CUPED uses what they were before the exposure, besides the "
        "metric's own history.",
    )
    post_stratify_by: AttributeName | None = Field(None, description="An attribute that exposures carry.")
    matured_only: bool = Field(False, description="Only units whose windows are closed.")
    bayes: BayesPrior | None = Field(None, description="A second view. It doesn't allow for looking often.")


Variations = Annotated[list[ExperimentVariation], Field(min_length=2, max_length=FLAG_VARIATIONS_MAX)]
Holdouts = Annotated[list[EntityKey], Field(max_length=EXPERIMENT_HOLDOUTS_MAX)]
Metrics = Annotated[list[ExperimentMetric], Field(max_length=100)]
VariationKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class ExperimentFields(Input, strict=True):
    hypothesis: Description = ""
    mode: Mode = "assigns"
    traffic: Percent = Field(100, description="Percent of the audience that takes part.")
    audience: ConditionDocument | None = None
    bucket_by: AttributeName | None = Field(None, description="The unit's attribute; the targeting key when left out.")
    layer: LayerShare | None = Field(None, description="Running experiments of one layer share no unit.")
    holdouts: Holdouts = Field([])
    metrics: Metrics = Field([])
    plan: AnalysisPlan = AnalysisPlan()
    trigger_event: EventName | None = Field(
        None, description="Only units with this event after their exposure are analysed, from then on."
    )
    exposure_filter: ConditionDocument | None = Field(
        None, description="Which exposures count, by the attributes that they carry. No segments."
    )


class ExperimentCreate(ExperimentFields, EntityCreate, strict=True):
    environment: EntityKey
    flag: EntityKey = Field(description="The key of a flag or of a remote config.")
    variations: Variations = Field(description="Weights in percent, or the expected shares of one that observes.")
    control: VariationKey | None = Field(None, description="Defaults to the first of the variations.")


class ExperimentPatch(ExperimentFields, EntityPatch, strict=True):
    """Only the fields that are given change. Key, environment and flag never do; see the docs for a running one.

    What would mix the populations of a running one (variations, control, audience, `bucket_by`, layer, holdouts, less
    traffic) asks for `"on_experiments": "new_phase"`."""

    variations: Variations = Field([])
    control: VariationKey = ""
    on_experiments: OnExperiments = None


class ExperimentStart(Input, strict=True):
    start_at: str | int | None = Field(
        None,
        description="Only for one that observes: a moment in the past, RFC 3339 with an offset or epoch milliseconds. "
        "Exposures from then on count. Now when it is left out.",
    )
    on_experiments: OnExperiments = None


class ExperimentSchedule(Input, strict=True):
    start_at: str | int | None = Field(
        None, description="When a draft starts: RFC 3339 with an offset or epoch milliseconds, in the future."
    )
    stop_at: str | int | None = Field(None, description="When it stops: the same, later than its start.")
    on_experiments: OnExperiments = None


class ExperimentShipment(ShipmentFields, strict=True):
    dry_run: bool = Field(False, description="Tells what would be otherwise, and changes nothing.")


class ShippedView(Output):
    """What is set of the flag or remote config in the experiment's environment, before and after."""

    dry_run: bool
    flag: str
    environment: str
    before: dict[str, Any]
    after: dict[str, Any]
    changes: list[str] = Field(description="The difference in words.")
    patch: list[dict[str, Any]] = Field(description="The difference as JSON patch (RFC 6902).")
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])


class ExperimentMetricView(Output):
    metric: str
    role: Role
    margin: float | None = Field(description="Null: nobody has given one, so a guardrail is shown and not judged.")
    margin_kind: MarginKind | None


class BayesPriorView(Output):
    lift_mean: float
    lift_sd: float | None


class AnalysisPlanView(Output):
    alpha: float
    power: float
    mode: SequentialMode
    planned_units: int | None
    planned_end: str | None
    planned_looks: int | None
    boundary: Boundary | None
    n_star: int | None
    minimum_days: int
    correction: Correction
    cuped: bool
    covariates: list[str]
    post_stratify_by: str | None
    matured_only: bool
    bayes: BayesPriorView | None


class LayerSlotView(Output):
    key: str
    share: float
    start: int | None = Field(description="First bucket of 10,000; null until the start.")
    end: int | None = Field(description="The bucket after the last one.")


class HopView(Output):
    entity: str
    key: str


class DisturbanceView(Output):
    kind: str = Field(description="What was otherwise in the experiment: `targets`, `audience`, `served`, …")
    fields: list[str] = Field(description="What changed of the first entity of the path.")
    path: list[HopView] = Field(description="From what changed, by what names it, to the experiment.")


class MarkView(Output):
    """A change that disturbed the experiment while it ran, and was made all the same."""

    at: datetime
    by: str
    cause: Annotated[str, OneOf(DisturbanceCause)]
    reason: str | None
    entity: str = Field(description="What was changed.")
    key: str
    disturbances: list[DisturbanceView]


class EndedPhaseView(Output):
    """A phase that was followed by another one, as the experiment was in it."""

    phase: int
    started_at: datetime
    ended_at: datetime
    variations: list[ExperimentVariation]
    control: str
    traffic: float
    audience: dict[str, Any] | None
    bucket_by: str | None
    layer: LayerSlotView | None
    holdouts: list[str]


class PauseView(Output):
    started_at: datetime
    ended_at: datetime | None = Field(description="Null: it is paused.")


class SchedulerView(Output):
    kind: str
    id: UUID
    name: str


class ScheduleView(Output):
    """What is to be done, as whoever said so and with the rights that they have then."""

    start_at: datetime | None
    stop_at: datetime | None
    on_experiments: str | None
    reason: str | None
    by: SchedulerView


class ScheduleFailureView(Output):
    """Why it could not be done: what would have been refused by hand at that moment."""

    at: datetime
    action: str
    code: str
    detail: str


class ExperimentView(EntityView):
    unaudited: ClassVar = EntityView.unaudited | {"disturbances"}

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
    metrics: list[ExperimentMetricView]
    plan: AnalysisPlanView
    trigger_event: str | None
    exposure_filter: dict[str, Any] | None
    start_at: datetime | None
    stop_at: datetime | None
    phase: int = Field(description="The present one, from 1. What would mix populations begins another one.")
    phase_started_at: datetime | None = Field(description="Exposures from then on count.")
    ended_phases: list[EndedPhaseView] = Field(description="The first in front.")
    pauses: list[PauseView] = Field(description="Spans in which it counted nobody, the first in front.")
    schedule: ScheduleView | None
    schedule_failure: ScheduleFailureView | None = Field(
        description="Of the last schedule; it waits for nothing since."
    )
    disturbances: list[MarkView] = Field([], description="The first in front.")
