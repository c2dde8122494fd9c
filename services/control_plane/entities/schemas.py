"""The fields of requests and answers that all entities share."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field, StringConstraints
from service_kit.pagination import Page
from service_kit.schemas import Description, Input, Name, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.entities.tried_changes import TriedChanges
from control_plane.environments.keys import EntityKey

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=50)]
Owner = Annotated[
    str | None,
    Field(
        min_length=1, max_length=320, description="Who looks after it: a member, by e-mail address or id; null: nobody."
    ),
]
UnitKey = Annotated[str, Field(min_length=1, max_length=1024)]
Percent = Annotated[float, Field(ge=0, le=100, description="At most two decimals.")]
EventName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""As SDKs send it in an event's `metric` field."""
ConditionDocument = Annotated[
    dict[str, Any],
    Field(
        description='`{"attribute", "operator", "value"}`, `{"and": […]}`, `{"or": […]}`, `{"not": {…}}` or '
        '`{"segment": key}`.'
    ),
]
ServeDocument = Annotated[
    dict[str, Any],
    Field(
        description='`{"variation": key}` or `{"rollout": {"variations": [{"key", "weight"}], "bucket_by"?}}`; '
        "weights are percent with at most two decimals and add up to 100."
    ),
]
EnvironmentVersions = Annotated[
    dict[str, int],
    Field(description="After a write: the config version that each changed environment has now, by its key."),
]


CHOICE_FIELD = "on_experiments"


class ExperimentChoice(StrEnum):
    """What is to happen to experiments that a write disturbs."""

    NEW_PHASE = "new_phase"
    STOP = "stop"
    ACCEPT = "accept"


OnExperiments = Annotated[
    Annotated[str, OneOf(ExperimentChoice)] | None,
    Field(
        description="What happens to experiments that the write would disturb: `new_phase` counts them anew from it "
        "on, `stop` ends them with it, `accept` lets it through with a reason and marks them. Without it the write is "
        "refused (409 `experiment_affected`)."
    ),
]


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Changes(Input, strict=True, json_schema_extra=_without_defaults):
    """Base of what a PATCH takes: only the fields that are given change."""

    def given(self) -> dict[str, Any]:
        fields = self.model_fields_set - {CHOICE_FIELD}
        return {name: value for name, value in self.model_dump().items() if name in fields}


class ShipmentFields(Input, strict=True):
    variation: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    rules: Literal["keep", "drop"] = Field(
        "keep", description="What becomes of the flag's rules, or the remote config's overrides, there."
    )
    on_experiments: OnExperiments = None


class Shipment(ShipmentFields, strict=True):
    """A variation of an experiment that is to be the default of its flag, or whose patch is put onto the value of its
    remote config; the experiment ends with it."""

    experiment: EntityKey
    version: int | None = Field(None, description="The experiment's, as its author has seen it.")


class EntityCreate(Input, strict=True):
    """Base of what a new entity is made of."""

    key: EntityKey
    name: Name | None = Field(None, description="Defaults to the key.")
    description: Description = ""
    tags: Tags = Field([])
    owner: Owner = None


class EntityPatch(Changes, strict=True):
    """Base of what changes an entity; its key never does."""

    name: Name = "unnamed"
    description: Description = ""
    tags: Tags = Field([])
    owner: Owner = None


class Warned(Output):
    """Something to know about a write that was done: `code` is stable."""

    code: str
    detail: str


Warnings = Annotated[list[Warned], Field(description="After a write: what to know about it; it was done all the same.")]


class EntityView(AuditedView):
    """What every entity answers with."""

    unaudited: ClassVar = frozenset({"changes", "environment_versions", "warnings"})

    id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    owner: str | None = Field(description="The e-mail address of a member.")
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])
    changes: TriedChanges = None


ListedView = TypeVar("ListedView", bound=EntityView)


class FacetCount(Output):
    value: str
    count: int


class EntityPage(Page[ListedView], Generic[ListedView]):
    total: int | None = Field(None, description="On all pages; only when `total=true` asks for it.")
    facets: dict[str, list[FacetCount]] | None = Field(
        None,
        description="Only for what `facets` names: how many there are with each value, among those that the other "
        "filters leave; the most frequent first, at most 200 values.",
    )


class Deleted(Output):
    environment_versions: EnvironmentVersions
    changes: TriedChanges = None
