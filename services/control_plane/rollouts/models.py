"""A rollout as it is stored, how far it has come, and why something became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class RolloutState(StrEnum):
    """How far it has come. Held: something stopped it, and somebody has to decide; paused: somebody stopped it."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    PAUSED = "paused"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"


RESTING = frozenset({RolloutState.HELD, RolloutState.PAUSED})
BEGUN = RESTING | {RolloutState.RUNNING}
"""The share belongs to it."""
ENDED = frozenset({RolloutState.COMPLETED, RolloutState.ROLLED_BACK, RolloutState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something became of a rollout. `code` names the kind: a person's request, the schedule, a guard's finding, an
    edit by somebody else, or the code of what refused its step; `detail` is for people, `figures` what was measured."""

    code: str
    detail: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {"code": self.code, "detail": self.detail, "figures": dict(self.figures)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRow:
    """`rule` None: it moves the default. Shares are hundredths of a percent. `stages` are `{"share", "started_at",
    "ended_at"}` in epoch milliseconds, `position` the last step taken (-1: none), `approved` the last one that somebody
    approved. `original` is what was served before it began (`inherited`: by the flag's own default), `written` what it
    has made of that."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    environment_id: UUID
    key: str
    name: str
    description: str
    flag: str
    rule: str | None
    variation: str
    bucket_by: str | None
    plan: dict[str, Any]
    guards: list[dict[str, Any]]
    alpha: float
    on_experiments: str | None
    state: RolloutState
    position: int
    approved: int
    awaits_approval: bool
    share: int
    stages: list[dict[str, int]]
    original: dict[str, Any] | None
    inherited: bool
    written: dict[str, Any] | None
    due_at: datetime | None
    remaining_seconds: float | None
    cause: dict[str, Any]
    revision: int
    published: bool
    created_by: dict[str, str]
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def target(self) -> str:
        """For people."""
        return f"the default of {self.flag}" if self.rule is None else f"the rule {self.rule} of {self.flag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRow:
    """What became of a rollout at one revision."""

    rollout_id: UUID
    revision: int
    organization_id: UUID
    at: datetime
    action: str
    state: RolloutState
    position: int
    share: int
    by_name: str
    cause: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A plan and guards with a name, to begin rollouts of a project with."""

    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    plan: dict[str, Any]
    guards: list[dict[str, Any]]
    alpha: float
    version: int
    created_at: datetime
    updated_at: datetime
