"""What a quota is held against, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from control_plane.quotas.limits import TERMS, Quota

NEAR_SHARE = 0.8
"""From this share of a limit on, whoever makes it grow is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What a write adds: `bytes` in each environment, and an entity of the kind that `quota` counts, if one."""

    organization_id: UUID
    project_id: UUID
    environment_ids: Sequence[UUID]
    bytes: int
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is used. `environment` is the key of the environment that it is counted in."""

    quota: Quota
    limit: int
    used: int
    environment: str | None = None

    @property
    def share(self) -> float:
        return self.used / self.limit if self.limit else 1.0

    @property
    def near(self) -> bool:
        return self.used >= NEAR_SHARE * self.limit

    def __str__(self) -> str:
        return f"the {TERMS[self.quota].holder} has {self.used:,} of at most {self.limit:,} {self.quota}"
