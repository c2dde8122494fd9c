"""A flag, and its settings in one environment, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable
from control_plane.environments.queries import EnvironmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow(EntityRow):
    """A flag as it is stored. `variations` are `{"key", "value", "name"}`; `default_serve` is a serve document."""

    type: str
    variations: list[dict[str, Any]]
    off_variation: str
    default_serve: dict[str, Any]
    client_visible: bool
    metadata: dict[str, Any]

    @property
    def variation_keys(self) -> frozenset[str]:
        return frozenset(each["key"] for each in self.variations)


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """Rules, targets (expiry in epoch milliseconds) and prerequisites as the rule engine's documents.

    `default_serve` and `off_variation` are None where the flag's own apply.
    """

    flag_id: UUID
    environment_id: UUID
    organization_id: UUID
    enabled: bool
    rules: list[dict[str, Any]]
    targets: list[dict[str, Any]]
    prerequisites: list[dict[str, Any]]
    default_serve: dict[str, Any] | None
    off_variation: str | None
    report_exposures: bool
    exposure_attributes: list[str]
    version: int
    updated_at: datetime


def default_of(flag: FlagRow, settings: SettingsRow | None) -> dict[str, Any]:
    """The environment's own, else the flag's."""
    return flag.default_serve if settings is None or settings.default_serve is None else settings.default_serve


def off_variation_of(flag: FlagRow, settings: SettingsRow | None) -> str:
    """The environment's own, else the flag's."""
    return flag.off_variation if settings is None or settings.off_variation is None else settings.off_variation


@dataclass(frozen=True, slots=True)
class FlagInEnvironment:
    """A flag, an environment, and what is set there."""

    flag: FlagRow
    environment: EnvironmentRow
    settings: SettingsRow


FLAGS = EntityTable("flags", FlagRow)


def new_settings(flag: FlagRow, environment_id: UUID) -> SettingsRow:
    """What holds in an environment in which nobody has set anything: the flag is off."""
    return SettingsRow(
        flag_id=flag.id,
        environment_id=environment_id,
        organization_id=flag.organization_id,
        enabled=False,
        rules=[],
        targets=[],
        prerequisites=[],
        default_serve=None,
        off_variation=None,
        report_exposures=False,
        exposure_attributes=[],
        version=1,
        updated_at=flag.created_at,
    )
