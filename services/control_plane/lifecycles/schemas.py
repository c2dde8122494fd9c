"""Answers about how far flags have come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from service_kit.schemas import OneOf, Output

from control_plane.flags.queries import LifecycleState, Purpose
from control_plane.lifecycles.states import Outcome

PurposeName = Annotated[str, OneOf(Purpose)]
StateName = Annotated[str, OneOf(LifecycleState)]


class StandingView(Output):
    environment: str
    state: StateName
    reason: str = Field(description="Why, for programs.")
    detail: str = Field(description="Why, for people.")
    last_named_at: datetime | None = Field(description="When it was asked for by name last; null: never, or not known.")
    last_bulk_at: datetime | None = Field(description="When it was in a bulk answer last.")
    last_sdk: str | None = Field(description="What asked last.")
    variations: dict[str, int] = Field(description="Evaluations in these days, by the variation that was served.")


class CheckView(Output):
    check: str
    outcome: Annotated[str, OneOf(Outcome)]
    detail: str


class DependentView(Output):
    """What needs the flag."""

    kind: str = Field(
        description="`flag` (it is a prerequisite of that one), `experiment`, or `rollout` (one under way)."
    )
    key: str
    environment: str | None = Field(description="Where it does; null: everywhere.")
    active: bool = Field(description="Whether it takes part in evaluations now.")


class FlagStandingView(Output):
    flag: str
    name: str
    owner: str | None
    tags: list[str]
    archived: bool
    purpose: PurposeName
    expected_end: date | None
    environments: list[StandingView]


class LifecycleView(FlagStandingView):
    days: int
    safe_to_remove: bool | None = Field(description="Whether no check failed; null: one could not be made.")
    checks: list[CheckView]
    used_by: list[DependentView] = Field(description="By kind and key; rollouts come last.")
