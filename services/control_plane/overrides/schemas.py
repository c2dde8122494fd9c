"""Bodies and answers of the overrides' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from bucketing.limits import VARIATION_KEY_PATTERN
from pydantic import Field, StringConstraints
from service_kit.schemas import Input, Output

from control_plane.changes import AuditedView
from control_plane.entities.schemas import EnvironmentVersions, Warnings
from control_plane.environments.keys import EntityKey


class OverrideGiven(Input, strict=True):
    """Either `flag` or `experiment`, whose flag it is then."""

    flag: EntityKey | None = None
    experiment: EntityKey | None = None
    variation: Annotated[str, StringConstraints(pattern=f"^{VARIATION_KEY_PATTERN}$")]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    expires_at: str | int | None = Field(
        None, description="RFC 3339 with an offset, or epoch milliseconds; in seven days when it is left out."
    )


class OverrideView(AuditedView):
    unaudited: ClassVar = frozenset({"state", "environment_versions", "warnings"})

    unit: str = Field(description="The targeting key.")
    environment: str
    flag: str
    experiment: str | None = Field(description="That it was set for; null: for the flag itself.")
    variation: str
    reason: str
    set_by: str
    created_at: datetime
    expires_at: datetime
    state: Literal["active", "expired"]
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])


class UnitTargetView(Output):
    flag: str
    variation: str
    expires_at: datetime | None
    state: Literal["active", "expired"]


class UnitSegmentView(Output):
    segment: str
    listed: Literal["included", "excluded"]


class UnitView(Output):
    """All that is said of one unit by its targeting key."""

    unit: str
    environment: str
    overrides: list[OverrideView] = Field(description="Those, too, that have expired in the last seven days.")
    targets: list[UnitTargetView] = Field(description="Individual targets of flags in this environment.")
    segments: list[UnitSegmentView] = Field(description="Segments that list it.")
    truncated: bool = Field(description="Whether there are more targets or segments than are told.")


class OverridesRemoved(Output):
    flags: list[str]
    environment_versions: EnvironmentVersions
