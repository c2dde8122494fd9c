"""Queries about remote configs, for other features."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bucketing.flagset import RemoteConfig

from control_plane.configs.combinations import Checks, Unfit
from control_plane.configs.definition import checked_settings, config_of
from control_plane.configs.models import CONFIGS
from control_plane.configs.repository import CONFIG_AND_SETTINGS, config_and_settings, find_in_environment
from control_plane.configs.value_schema import ValueSchema
from control_plane.configs.views import config_row, settings_row
from control_plane.database import Connection
from control_plane.entities.rows import RowCache, Unreadable, read_each
from control_plane.entities.table import Scope

_OF_ENVIRONMENT = f"""
SELECT {CONFIG_AND_SETTINGS}
FROM environments e
JOIN configs c ON c.organization_id = e.organization_id AND c.project_id = e.project_id
LEFT JOIN config_settings s ON s.environment_id = e.id AND s.config_id = c.id
WHERE e.id = $1 AND c.key = ANY($2::text[])
ORDER BY c.key
"""  # noqa: S608 - column names of our own
# Which transaction wrote each row: it changes with every write, whoever makes it.
_STAMPS = """
SELECT c.key, c.xmin::text || ' ' || COALESCE(s.xmin::text, '') AS stamp
FROM environments e
JOIN configs c ON c.organization_id = e.organization_id AND c.project_id = e.project_id
LEFT JOIN config_settings s ON s.environment_id = e.id AND s.config_id = c.id
WHERE e.id = $1
ORDER BY c.key
"""


@dataclass(frozen=True, slots=True)
class ConfigOutline:
    """What others need to know of a remote config."""

    key: str
    archived: bool
    client_visible: bool


async def find_config(tx: Connection, scope: Scope, key: str) -> ConfigOutline | None:
    row = await CONFIGS.find(tx, scope, key)
    return None if row is None else ConfigOutline(row.key, row.archived, row.client_visible)


async def unfit_patch(
    tx: Connection, scope: Scope, at: tuple[str, UUID], patches: Mapping[str, Mapping[str, Any]]
) -> Unfit | None:
    """What doesn't fit the schema of what a config may give in an environment, with the patches of an experiment's
    variations. `at`: the config's key, the environment's id. Raises `InvalidInput` for what takes too long to check."""
    found = await find_in_environment(tx, scope, at[0], at[1])
    if found is None or not patches:
        return None
    row, settings = found
    # In a thread: it may take a second, in which requests want to be served.
    return await asyncio.to_thread(
        lambda: Checks(ValueSchema(row.json_schema)).unfit(config_of(row, settings), patches)
    )


async def compiled(
    tx: Connection, environment_id: UUID, cache: RowCache[RemoteConfig]
) -> list[RemoteConfig | Unreadable]:
    """Every config of the environment's project as the environment serves it; archived ones too.

    Only those that changed since they were put into `cache` are read.
    """
    stamps = {record["key"]: record["stamp"] for record in await tx.fetch(_STAMPS, environment_id)}
    changed = cache.changed(stamps)
    return cache.updated(stamps, await of_keys(tx, environment_id, changed) if changed else {})


async def of_keys(tx: Connection, environment_id: UUID, keys: Collection[str]) -> dict[str, RemoteConfig | Unreadable]:
    """Those of these keys that there are, as the environment serves them."""
    records = await tx.fetch(_OF_ENVIRONMENT, environment_id, list(keys))
    fresh = read_each(
        records, lambda record: str(record["config_key"]), lambda record: config_of(*config_and_settings(record))
    )
    return dict(zip((record["config_key"] for record in records), fresh, strict=True))


def config_of_documents(
    scope: Scope, environment_id: UUID, document: Mapping[str, Any], settings: Mapping[str, Any] | None
) -> RemoteConfig:
    """The config as an environment served it, from what the audit log has kept."""
    row = config_row(scope, document)
    if settings is None:
        return config_of(row, None)
    return checked_settings(row, settings_row(row, environment_id, settings)).config
