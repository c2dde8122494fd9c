"""Queries about remote configs, for other features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from bucketing.flagset import RemoteConfig

from control_plane.configs.definition import checked_settings, config_of
from control_plane.configs.repository import CONFIG_AND_SETTINGS, config_and_settings
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
