"""A change request, what was said of it, and an environment's policy, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from control_plane.access import Actor
from control_plane.changes import Author
from control_plane.entities.models import Edit
from control_plane.reviews.policies import Effect, Policy


class State(StrEnum):
    """`open` waits for approvals or for somebody to apply it; `scheduled` for its moment. The others are its ends, but
    for `rejected`, which new edits open again."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    REJECTED = "rejected"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


STANDING = frozenset({State.OPEN, State.SCHEDULED})
ENDED = frozenset({State.APPLIED, State.WITHDRAWN})
Verdict = Literal["approve", "reject"]


@dataclass(frozen=True, slots=True)
class ProposedEdit:
    """An edit with what stood when it was proposed (None: nothing) and what would stand.

    `environments`: where it changes answers; `touched`: those and the one that it is written in. `audited`: its
    document where another one goes to the audit log."""

    edit: Edit
    base: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    environments: tuple[str, ...]
    touched: tuple[str, ...]
    shrinking: bool
    audited: Mapping[str, Any] | None = None

    @property
    def effect(self) -> Effect:
        return Effect(self.edit.entity, self.edit.action, self.shrinking)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """`number` counts a project's requests, `revision` its edits', `version` all that is changed of it but reviews."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    number: int
    title: str
    description: str
    state: State
    edits: tuple[ProposedEdit, ...]
    revision: int
    environments: list[str]
    nouns: list[str]
    author: dict[str, str]
    author_ids: list[UUID]
    scheduled_at: datetime | None = None
    scheduled_by: dict[str, str] | None = None
    failure: dict[str, Any] | None = None
    ended_at: datetime | None = None
    ended_by: dict[str, str] | None = None
    environment_versions: dict[str, int] = field(default_factory=dict)
    bypassed: bool = False
    impacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By environment, see `measurements`."""
    version: int
    created_at: datetime
    updated_at: datetime

    def changed_percent(self, environment: str) -> float | None:
        """Of the recent units, how many may get something else by the edits that stand; None where nobody knows."""
        measured = self.impacts.get(environment)
        if measured is None or measured["revision"] != self.revision:
            return None
        percent: float | None = measured["changed_percent"]
        return percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow:
    """`number` counts a request's comments; `verdict` is None of a mere one."""

    change_request_id: UUID
    number: int
    organization_id: UUID
    author: dict[str, str]
    author_id: UUID
    verdict: Verdict | None
    text: str
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """An environment's policy; `revision` 1 of one that nobody has set."""

    policy: Policy
    revision: int
    updated_at: datetime | None


def authors_of(actor: Actor) -> list[UUID]:
    """Who writes where this actor does: of a program also the person who made it."""
    return [actor.id] if actor.maker is None else [actor.id, *authors_of(actor.maker)]


def person_of(actor: Author) -> dict[str, str]:
    """Who somebody is, as it is kept."""
    return {"kind": actor.kind, "id": str(actor.id), "name": actor.name}
