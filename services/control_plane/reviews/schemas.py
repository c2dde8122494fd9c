"""Bodies and answers of change requests and approval policies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, Name, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.entities.schemas import Changes, EnvironmentVersions
from control_plane.environments.keys import EntityKey
from control_plane.previews.schemas import ImpactView, SilenceView
from control_plane.reviews.models import State
from control_plane.reviews.policies import DEFAULT_RIGHT, PEOPLE_MAX

EDITS_MAX = 100
COMMENTS_MAX = 500
ENTITIES = (
    "flag",
    "flag_settings",
    "config",
    "config_settings",
    "segment",
    "metric",
    "experiment",
    "layer",
    "holdout",
    "rollout",
)
ACTIONS = (
    "create",
    "update",
    "archive",
    "restore",
    "delete",
    "start",
    "stop",
    "pause",
    "resume",
    "schedule",
    "unschedule",
    "ship",
)
EntityName = Annotated[str, OneOf(ENTITIES)]
ActionName = Annotated[str, OneOf(ACTIONS)]
StateName = Annotated[str, OneOf(State)]
RightName = Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}:[a-z_]{1,40}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
GivenText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
People = Annotated[int, Field(ge=0, le=PEOPLE_MAX)]


class PolicyRuleFields(Input, strict=True):
    """How many people certain writes need. The first rule that fits an edit decides."""

    entities: list[EntityName] = Field([], max_length=len(ENTITIES), description="Any when it is empty.")
    actions: list[ActionName] = Field([], max_length=len(ACTIONS), description="Any when it is empty.")
    people: People = Field(description="0: none.")
    changed_percent: float | None = Field(
        None,
        ge=0,
        lt=100,
        description="Only where more than so many percent of the recent units may get something else; where that is "
        "not known, the strictest rule holds that might.",
    )


class PolicyIn(Input, strict=True):
    """How changes of what an environment answers are agreed on. Switching off, stopping and archiving never wait."""

    required: bool = Field(description="Whether such changes need approval.")
    people: int = Field(1, ge=1, le=PEOPLE_MAX, description="How many must approve, where no rule says otherwise.")
    reviewer_right: RightName = Field(DEFAULT_RIGHT, description="What they must hold in the environment.")
    own_approvals: bool = Field(False, description="Whoever wrote one of the edits may approve them.")
    edits_void_approvals: bool = Field(True, description="An approval counts for the edits that it saw, no others.")
    rules: Annotated[list[PolicyRuleFields], Field(max_length=20)] = Field([])


class PolicyView(AuditedView):
    environment: str
    required: bool
    people: int
    reviewer_right: str
    own_approvals: bool
    edits_void_approvals: bool
    rules: list[PolicyRuleFields]
    version: int
    updated_at: datetime | None


class EditIn(Input, strict=True):
    """One write, as the API itself takes it."""

    entity: EntityName
    key: EntityKey = Field(description="Of the flag, remote config, segment, metric, experiment, layer or holdout.")
    environment: EntityKey | None = Field(None, description="Only of `flag_settings` and `config_settings`.")
    action: ActionName
    document: dict[str, Any] = Field({}, description="The body that the API takes for this write.")
    base_version: int | None = Field(None, ge=1, description="The version that was read; refused if it has moved on.")


Edits = Annotated[list[EditIn], Field(min_length=1, max_length=EDITS_MAX)]


class ChangeRequestCreate(Input, strict=True):
    title: Name
    description: Description = ""
    edits: Edits


class ChangeRequestPatch(Changes, strict=True):
    """Only the fields that are given change; `edits` replace all of them, and are held against what stands now."""

    title: Name = "untitled"
    description: Description = ""
    edits: Edits = Field([])


class CommentIn(Input, strict=True):
    text: GivenText


class ReviewIn(Input, strict=True):
    verdict: Literal["approve", "reject"]
    comment: Text = ""


class ScheduleIn(Input, strict=True):
    at: str | int = Field(description="RFC 3339 with an offset, or epoch milliseconds; within a year.")


class PersonView(Output):
    kind: str
    id: UUID
    name: str


class DifferenceView(Output):
    """`words` for people; `patch` is a JSON Patch (RFC 6902) from what stood to what would stand."""

    words: list[str]
    patch: list[dict[str, Any]]


class EditView(Output):
    entity: EntityName
    key: str
    environment: str | None
    action: ActionName
    document: dict[str, Any]
    base_version: int | None = Field(description="The version that stood when it was proposed; null: there was none.")
    environments: list[str] = Field(description="Where it changes answers.")
    difference: DifferenceView
    collisions: list[str] = Field(
        description="Fields that were changed meanwhile, too; while they stand it is refused."
    )


class ApprovalView(Output):
    """What one environment asks for, and what of it is there."""

    environment: str
    needed: int
    reviewer_right: str
    approved_by: list[PersonView] = Field(description="Whose approval counts now.")
    missing: int
    changed_percent: float | None = Field(
        description="How many of the recent units may get something else, the unknown ones among them; null: not known."
    )


class MeasuredImpactView(Output):
    """What edits would do in one environment, as it was counted when they were written or somebody asked."""

    environment: str
    revision: int = Field(description="Of the edits.")
    measured_at: datetime
    changed_percent: float | None
    impact: ImpactView | None
    unavailable: SilenceView | None


class FailureView(Output):
    """Why a scheduled application didn't happen."""

    at: datetime
    code: str
    detail: str


class ChangeRequestSummary(Output):
    """A change request in a list."""

    number: int
    title: str
    state: StateName
    author: PersonView
    environments: list[str] = Field(description="Whose answers it changes.")
    edits_count: int
    approved: bool = Field(description="Whether every environment has the approvals that it asks for now.")
    scheduled_at: datetime | None
    failure: FailureView | None
    version: int
    created_at: datetime
    updated_at: datetime


class ChangeRequestView(ChangeRequestSummary):
    description: str
    revision: int = Field(description="Counts its edits; an approval is of one revision.")
    edits: list[EditView]
    approvals: list[ApprovalView]
    scheduled_by: PersonView | None
    ended_at: datetime | None
    ended_by: PersonView | None
    impacts: list[MeasuredImpactView] = Field(description="What its edits were counted to do, by environment.")
    bypassed: bool = Field(description="It was applied without the approvals that were needed.")
    environment_versions: EnvironmentVersions


class CommentView(Output):
    number: int
    author: PersonView
    verdict: Literal["approve", "reject"] | None
    text: str
    revision: int = Field(description="Of the edits that stood then.")
    created_at: datetime
