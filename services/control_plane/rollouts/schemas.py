"""Bodies and answers of the rollouts' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from bucketing.limits import ATTRIBUTE_NAME_BYTES_MAX, VARIATION_KEY_PATTERN
from messages.closed_lists import words
from messages.generated import config_pb2 as pb
from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, Name, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.entities.schemas import Changes, EnvironmentVersions, OnExperiments, ServeDocument, Warnings
from control_plane.environments.keys import EntityKey
from control_plane.rollouts.models import RolloutState
from control_plane.rollouts.plans import CHANGE_SECONDS_MIN, SECONDS_MAX, STEPS_MAX

GUARDS_MAX = 20
Percent = Annotated[float, Field(ge=0, le=100, description="Percent, with at most two decimals.")]
Seconds = Annotated[int, Field(ge=0, le=SECONDS_MAX)]
StateName = Annotated[str, OneOf(RolloutState)]
BuiltIn = Annotated[str, OneOf(words(pb.BuiltInGuard).values())]
Action = Annotated[str, OneOf(words(pb.GuardAction).values())]
MarginKind = Annotated[str, OneOf(words(pb.MarginKind).values())]


class StepFields(Input, strict=True):
    share: Percent
    hold_seconds: Seconds | None = Field(
        None, description="How long the share stays before the next step; after the last one the rollout completes."
    )
    at: str | int | None = Field(
        None, description="The step is taken at this moment: RFC 3339 with an offset, or epoch milliseconds."
    )
    approval: bool = Field(False, description="Somebody has to approve the step before it is taken.")


class ProgressFields(Input, strict=True, populate_by_name=True):
    """From one share to another: evenly, at most one change a minute, and at most 100."""

    from_: Percent = Field(0, alias="from")
    to: Percent = 100
    over_seconds: Annotated[int, Field(ge=CHANGE_SECONDS_MIN, le=SECONDS_MAX)]


class PlanFields(Input, strict=True):
    """Either `steps` or `progressive`."""

    steps: Annotated[list[StepFields], Field(min_length=1, max_length=STEPS_MAX)] | None = None
    progressive: ProgressFields | None = None


class GuardFields(Input, strict=True):
    """Either `metric` or `built_in`; a metric has a margin."""

    id: EntityKey | None = Field(None, description="Unique in the rollout; made where it is left out.")
    metric: EntityKey | None = None
    built_in: BuiltIn | None = None
    margin: Annotated[float, Field(ge=0)] | None = Field(None, description="The harm that is tolerated.")
    margin_kind: MarginKind | None = Field(None, description="`relative` where it is left out: 0.02 is 2% worse.")
    action: Action
    window_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = Field(
        None, description="After a unit's first exposure, in which its events count; 60 where it is left out."
    )
    silence_seconds: Annotated[int, Field(ge=10, le=86_400)] | None = Field(
        None, description="Of `no_data`: without events for so long it acts."
    )


Guards = Annotated[list[GuardFields], Field(max_length=GUARDS_MAX)]
Alpha = Annotated[float, Field(gt=0, lt=0.5, description="Error rate of the whole rollout over all its guards.")]
VariationKey = Annotated[str, StringConstraints(pattern=f"^{VARIATION_KEY_PATTERN}$")]
RuleId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
UnitName = Annotated[str, StringConstraints(min_length=1, max_length=ATTRIBUTE_NAME_BYTES_MAX)]


class RolloutCreate(Input, strict=True):
    key: EntityKey = Field(description="Unique in its environment.")
    name: Name | None = Field(None, description="Defaults to the key.")
    description: Description = ""
    flag: EntityKey
    rule: RuleId | None = Field(None, description="The id of the rule whose share moves; the default's without one.")
    variation: VariationKey
    bucket_by: UnitName | None = Field(None, description="The attribute that is split by, where nothing splits yet.")
    template: EntityKey | None = Field(None, description="A template that plan, guards and alpha come from.")
    plan: PlanFields | None = None
    guards: Guards | None = None
    alpha: Alpha | None = None


class RolloutPatch(Changes, strict=True):
    """Of a rollout that has not begun. Only the fields that are given change."""

    name: Name = ""
    description: Description = ""
    rule: RuleId | None = None
    variation: VariationKey = ""
    bucket_by: UnitName | None = None
    plan: PlanFields = Field(PlanFields())
    guards: Guards = Field([])
    alpha: Alpha = 0.05


class RolloutStart(Input, strict=True):
    on_experiments: OnExperiments = None


class RolloutResume(Input, strict=True):
    take_over: bool = Field(
        False, description="What somebody else made of the target meanwhile is kept, and the share laid over it."
    )


class StageView(Output):
    share: float
    started_at: datetime
    ended_at: datetime | None


class CauseView(Output):
    code: str
    detail: str
    figures: dict[str, Any]


class RolloutView(AuditedView):
    unaudited: ClassVar = frozenset({"waiting_for", "environment_versions", "warnings"})

    id: str
    key: str
    name: str
    description: str
    environment: str
    flag: str
    rule: str | None
    variation: str
    bucket_by: str | None
    plan: dict[str, Any]
    guards: list[dict[str, Any]]
    alpha: float
    on_experiments: str | None
    state: StateName
    share: float = Field(description="Percent that the variation has now, as far as the rollout moved it.")
    step: int = Field(description="The last step taken, from 1; 0 before the first.")
    steps: int = Field(description="How many there are.")
    next_share: float | None = Field(description="Of the next step; null: it completes, or has ended.")
    due_at: datetime | None
    remaining_seconds: float | None = Field(description="What is left until the next step, while it is held or paused.")
    waiting_for: Literal["approval", "guards"] | None = Field(description="Why a step that is due is not taken.")
    stages: list[StageView]
    original: ServeDocument | None = Field(description="What was served before it began.")
    cause: CauseView = Field(description="Why it is as it is.")
    created_by: dict[str, str]
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    version: int
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])


class TransitionView(Output):
    version: int
    at: datetime
    action: str
    state: StateName
    step: int
    share: float
    by: str
    cause: CauseView


class TimelineView(Output):
    """What became of a rollout, the oldest first."""

    items: list[TransitionView]


class TemplateFields(Input, strict=True):
    name: Name | None = Field(None, description="Defaults to the key.")
    description: Description = ""
    plan: PlanFields
    guards: Guards = Field([])
    alpha: Alpha = 0.05


class TemplateView(AuditedView):
    key: str
    name: str
    description: str
    plan: dict[str, Any]
    guards: list[dict[str, Any]]
    alpha: float
    version: int
    created_at: datetime
    updated_at: datetime


class TemplatesView(Output):
    items: list[TemplateView]
