"""The last verdict on a rollout and its incidents, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    """What came of a verdict."""

    QUIET = "quiet"
    """It asks for nothing that was not answered before."""
    ACTED = "acted"
    OVERTAKEN = "overtaken"
    """Somebody has decided something about the rollout since it was looked at."""
    FAILED = "failed"
    """What it asks for was refused; the next look asks again."""


class Done(StrEnum):
    """What was done when a guard asked."""

    TOLD = "told"
    HELD = "held"
    ROLLED_BACK = "rolled_back"
    NOTHING = "nothing"
    """The rollout was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """The last verdict on a rollout, and its `sequence` in the stream. `findings` are documents, one for each guard."""

    rollout_id: UUID
    organization_id: UUID
    revision: int
    epoch: int
    sequence: int
    looked_at: datetime
    monitor_id: str
    action: str
    outcome: Outcome
    findings: list[dict[str, Any]]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """What one guard found, and what was done. `share`: of the new variation then, in hundredths of a percent."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    environment_id: UUID
    rollout_id: UUID
    rollout: str
    flag: str
    variation: str
    guard: str
    action: str
    done: Done
    share: int
    revision: int
    epoch: int
    looked_at: datetime
    monitor_id: str
    finding: dict[str, Any]
    opened_at: datetime
    recovered_at: datetime | None
