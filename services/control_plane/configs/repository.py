"""The rows of remote configs' settings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.configs.models import ConfigRow, ConfigSettingsRow
from control_plane.database import Connection
from control_plane.entities.table import Scope

Outlines = dict[str, dict[str, Any]]
"""By environment: what is set of a config there, in short."""
_CONFIG_COLUMNS = tuple(each.name for each in fields(ConfigRow))
_COLUMNS = tuple(each.name for each in fields(ConfigSettingsRow))
_LISTED = ", ".join(_COLUMNS)
_SAVE = (
    f"INSERT INTO config_settings ({_LISTED}) "  # noqa: S608 - column names of our own
    f"VALUES ({', '.join(f'${index}' for index in range(1, len(_COLUMNS) + 1))}) "
    "ON CONFLICT (environment_id, config_id) DO UPDATE SET "
    f"{', '.join(f'{each} = excluded.{each}' for each in _COLUMNS[3:])} "
    "WHERE config_settings.organization_id = excluded.organization_id"
)
# As `config_and_settings` reads them; `c` and `s` are the two tables.
CONFIG_AND_SETTINGS = ", ".join(
    [
        *(f"c.{each} AS config_{each}" for each in _CONFIG_COLUMNS),
        *(f"s.{each} AS settings_{each}" for each in _COLUMNS),
    ]
)
_IN_ENVIRONMENT = (
    f"SELECT {CONFIG_AND_SETTINGS} FROM configs c "  # noqa: S608 - column names of our own
    "LEFT JOIN config_settings s ON s.config_id = c.id AND s.environment_id = $4 "
    "WHERE c.organization_id = $1 AND c.project_id = $2 AND c.key = $3"
)


def config_and_settings(record: asyncpg.Record) -> tuple[ConfigRow, ConfigSettingsRow | None]:
    """None where nobody has set anything yet."""
    config = ConfigRow(**{name: record[f"config_{name}"] for name in _CONFIG_COLUMNS})
    if record["settings_config_id"] is None:
        return config, None
    return config, ConfigSettingsRow(**{name: record[f"settings_{name}"] for name in _COLUMNS})


async def find_in_environment(
    tx: Connection, scope: Scope, key: str, environment_id: UUID
) -> tuple[ConfigRow, ConfigSettingsRow | None] | None:
    """The config with its settings in one environment, None when there is no such config."""
    record = await tx.fetchrow(_IN_ENVIRONMENT, scope.organization_id, scope.project_id, key, environment_id)
    return None if record is None else config_and_settings(record)


async def settings_of(tx: Connection, config: ConfigRow) -> dict[str, ConfigSettingsRow]:
    """What was set of this config, by environment key; in archived environments, too."""
    columns = ", ".join(f"s.{each}" for each in _COLUMNS)
    records = await tx.fetch(
        f"SELECT e.key, {columns} FROM config_settings s JOIN environments e ON e.id = s.environment_id "  # noqa: S608
        "WHERE s.organization_id = $1 AND s.config_id = $2 ORDER BY e.key",
        config.organization_id,
        config.id,
    )
    return {record["key"]: ConfigSettingsRow(**{name: record[name] for name in _COLUMNS}) for record in records}


async def save_settings(tx: Connection, settings: ConfigSettingsRow) -> None:
    """At once, for whoever reads it in the same write."""
    await tx.execute(_SAVE, *(getattr(settings, each) for each in _COLUMNS))


def save_settings_later(tx: Connection, settings: ConfigSettingsRow) -> None:
    """Writes all columns, the version included, with the record of the write."""
    tx.later(_SAVE, *(getattr(settings, each) for each in _COLUMNS))


async def outlines_of(tx: Connection, organization_id: UUID, config_ids: Collection[UUID]) -> dict[UUID, Outlines]:
    """For each config, each environment of its project that isn't archived."""
    records = await tx.fetch(
        "SELECT c.id, e.key, s.value IS NOT NULL AS own_value, "
        "coalesce(json_array_length(s.overrides), 0) AS overrides, coalesce(s.version, 1) AS version "
        "FROM configs c "
        "JOIN environments e ON e.project_id = c.project_id AND e.organization_id = c.organization_id "
        "LEFT JOIN config_settings s ON s.environment_id = e.id AND s.config_id = c.id "
        "WHERE c.organization_id = $1 AND c.id = ANY($2::uuid[]) AND e.archived_at IS NULL "
        "ORDER BY e.position, e.created_at, e.key",
        organization_id,
        list(config_ids),
    )
    found: dict[UUID, Outlines] = {each: {} for each in config_ids}
    for config_id, environment, own_value, overrides, version in records:
        found[config_id][environment] = {"own_value": own_value, "overrides": overrides, "version": version}
    return found
