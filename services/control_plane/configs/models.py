"""A remote config, and its settings in one environment, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bucketing.flagset import ResolveMode

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable
from control_plane.environments.queries import EnvironmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRow(EntityRow):
    """A remote config as it is stored. `value` holds where an environment has none of its own."""

    json_schema: dict[str, Any]
    value: dict[str, Any]
    client_visible: bool
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConfigSettingsRow:
    """What is set in one environment: overrides as the rule engine's documents.

    `value` is None where the config's own applies; `invalid` are the positions of overrides that break the schema
    together, and follow from everything else.
    """

    config_id: UUID
    environment_id: UUID
    organization_id: UUID
    value: dict[str, Any] | None
    resolve: str
    overrides: list[dict[str, Any]]
    invalid: list[list[int]]
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ConfigInEnvironment:
    """A remote config, an environment, and what is set there."""

    config: ConfigRow
    environment: EnvironmentRow
    settings: ConfigSettingsRow


CONFIGS = EntityTable("configs", ConfigRow)


def value_of(config: ConfigRow, settings: ConfigSettingsRow | None) -> dict[str, Any]:
    """The environment's own, else the config's."""
    return config.value if settings is None or settings.value is None else settings.value


def new_settings(config: ConfigRow, environment_id: UUID) -> ConfigSettingsRow:
    """What holds in an environment in which nobody has set anything."""
    return ConfigSettingsRow(
        config_id=config.id,
        environment_id=environment_id,
        organization_id=config.organization_id,
        value=None,
        resolve=ResolveMode.FIRST.value,
        overrides=[],
        invalid=[],
        version=1,
        updated_at=config.created_at,
    )
