"""How far a flag may have come, and who knows it of flags: the evidence it takes is no matter of flags themselves."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from control_plane.access import Actor


class LifecycleState(StrEnum):
    """How far a flag has come. Overdue: its expected end is past. Archived in use: somebody asks for it."""

    NEW = "new"
    LIVE = "live"
    LAUNCHED = "launched"
    STALE = "stale"
    OVERDUE = "overdue"
    ARCHIVED = "archived"
    ARCHIVED_IN_USE = "archived_in_use"
    UNKNOWN = "unknown"

    @property
    def is_archived(self) -> bool:
        return self in (LifecycleState.ARCHIVED, LifecycleState.ARCHIVED_IN_USE)


class FlagsByLifecycle(Protocol):
    """Who knows it."""

    async def keys(
        self, actor: Actor, project: str, state: LifecycleState, environment: str | None
    ) -> Sequence[str]: ...
