"""An override as it is stored, what a list of them is narrowed down to, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from bucketing.flagset import Target

DAYS = timedelta(days=7)
"""Until it expires, where nobody says otherwise; and how long it is still listed after that."""
BYTES_MAX = 48 * 1024
"""Of all that one flag has in one environment, as it is published: what a message has room for beside the flag."""


@dataclass(frozen=True, slots=True)
class OverrideLimits:
    """How many overrides a flag and a unit may have in one environment, and for how many days ahead one may be set."""

    per_flag: int = 200
    per_unit: int = 100
    days_max: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """`flag` is the key of the flag; `experiment` of the experiment that it was set for, None: for the flag itself."""

    id: UUID
    organization_id: UUID
    environment_id: UUID
    flag_id: UUID
    flag: str
    unit: str
    variation: str
    experiment: str | None
    reason: str
    set_by: str
    created_at: datetime
    expires_at: datetime

    @property
    def target(self) -> Target:
        """As the rule engine has it."""
        return Target(self.unit, self.variation, round(self.expires_at.timestamp() * 1000), override=True)

    def expired(self, now: datetime) -> bool:
        return self.expires_at <= now


@dataclass(frozen=True, slots=True)
class OverrideFilter:
    """`expired`: `true` lists expired ones, too, `only` no others. None: not narrowed."""

    unit: str | None = None
    flag: str | None = None
    expired: Literal["false", "true", "only"] = "false"
