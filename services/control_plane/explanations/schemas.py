"""Bodies and answers of the explanations' endpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from service_kit.schemas import Input, Output

from control_plane.environments.keys import EntityKey

ATTRIBUTES_MAX = 1000


SEGMENTS_MAX = 500


MANY_MAX = 200


class ExplanationAsked(Input):
    flag: EntityKey = Field(description="The key of a flag or of a remote config.")
    context: Annotated[dict[str, Any], Field(max_length=ATTRIBUTES_MAX, default_factory=dict)]
    """The evaluation context: `targetingKey` and attributes, as an SDK would send them."""
    at: str | int | None = Field(
        None,
        description="A moment in the past, RFC 3339 with an offset or epoch milliseconds: what the flag answered then. "
        "Now when it is left out.",
    )
    draft: dict[str, Any] | None = Field(
        None,
        description="Changes of the flag's settings in the environment that aren't saved, as a PATCH of them takes: "
        "what it would answer with them. Of now.",
    )


class ExplanationsAsked(Input):
    """What many flags give to one context."""

    flags: Annotated[list[EntityKey], Field(min_length=1, max_length=MANY_MAX)] | None = Field(
        None, description="Keys of flags and remote configs; all that there are now when it is left out, in pages."
    )
    context: Annotated[dict[str, Any], Field(max_length=ATTRIBUTES_MAX, default_factory=dict)]
    at: str | int | None = Field(None, description="A moment in the past, as for one flag.")
    steps: bool = Field(False, description="Whether what led to each decision is told, too.")


class MembershipsAsked(Input):
    context: Annotated[dict[str, Any], Field(max_length=ATTRIBUTES_MAX, default_factory=dict)]
    segments: Annotated[list[EntityKey], Field(max_length=SEGMENTS_MAX)] | None = Field(
        None, description="Keys of segments; all of them when it is left out."
    )


class MembershipsView(Output):
    """Which segments a context is in."""

    segments: dict[str, dict[str, Any]] = Field(
        description="By key, and those that they have asked: `member` (null where it can't be told), `reason` "
        "(`excluded`, `included`, `condition`, `not_included`, `error`), `because`, and `if` with what each part of "
        "the condition found."
    )
    config_version: int
    now: int = Field(description="Milliseconds since the Unix epoch.")


class LastChange(Output):
    """The last change, up to then, that the flag's answer could depend on: of the flag, its settings, a segment, a
    prerequisite, an experiment or a holdout."""

    who: dict[str, str] = Field(description="`kind` (`user`, `token` or `system`), `id` and `name`.")
    when: datetime
    entry: int = Field(description="The number of the audit entry.")
    entity: str
    entity_key: str
    action: str
    version: int | None = Field(description="That the entity had after it; see its history.")
    reason: str | None


class FlagExplanationView(Output):
    flag: str
    decision: dict[str, Any] | None = Field(description="As of one flag; null: it wasn't there.")
    steps: list[dict[str, Any]] | None = Field(description="null unless they were asked for.")


class ExplanationsView(Output):
    items: list[FlagExplanationView] = Field(description="By key, or in the order in which they were asked for.")
    next_cursor: str | None
    config_version: int
    now: int


class ExplanationView(Output):
    decision: dict[str, Any]
    """Value, variation, reason, and an error if it is one."""
    config_version: int
    """Of what is saved; an edge may be a moment behind."""
    now: int
    """When it was decided, in milliseconds since the Unix epoch."""
    steps: list[dict[str, Any]]
    """In the order of the evaluation: prerequisites, overrides, targets, experiment, rules with their conditions,
    default."""
    segments: dict[str, Any]
    last_changed_by: LastChange | None
