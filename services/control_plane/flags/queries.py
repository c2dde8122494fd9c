"""Queries about flags, for other features."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from bucketing.errors import InvalidConfig
from bucketing.flagset import Flag
from service_kit.problems import NotFound

from control_plane.database import Connection
from control_plane.entities.edits import read_document
from control_plane.entities.rows import RowCache, Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.flags.definition import checked_settings, flag_of, off_alone, stored_targets, with_rule_ids
from control_plane.flags.lifecycle_states import LifecycleState as LifecycleState  # noqa: PLC0414 - others ask by this module
from control_plane.flags.models import FLAGS, FlagRow, SettingsRow, default_of, new_settings
from control_plane.flags.purposes import Purpose as Purpose  # noqa: PLC0414 - others ask by this module
from control_plane.flags.repository import FLAG_AND_SETTINGS, find_in_environment, flag_and_settings
from control_plane.flags.schemas import SettingsPatch
from control_plane.flags.views import flag_row, settings_row

_OF_ENVIRONMENT = f"""
SELECT {FLAG_AND_SETTINGS}
FROM environments e
JOIN flags f ON f.organization_id = e.organization_id AND f.project_id = e.project_id
LEFT JOIN flag_settings s ON s.environment_id = e.id AND s.flag_id = f.id
WHERE e.id = $1 AND f.key = ANY($2::text[])
ORDER BY f.key
"""  # noqa: S608 - column names of our own
_TARGETS_OF_UNIT = """
SELECT f.key AS flag, target->>'variation' AS variation, (target->>'expires_at')::bigint AS expires_at
FROM flag_settings s JOIN flags f ON f.id = s.flag_id AND f.organization_id = s.organization_id,
    LATERAL json_array_elements(s.targets) AS target
WHERE s.organization_id = $1 AND f.project_id = $2 AND s.environment_id = $3 AND target->>'key' = $4 AND NOT f.archived
ORDER BY f.key LIMIT $5
"""
_STANDINGS = """
SELECT f.key, f.name, f.owner, f.tags, f.archived, f.purpose, f.expected_end, f.created_at, f.updated_at,
    COALESCE(s.environments, '{}') AS environments, COALESCE(s.moments, '{}') AS moments
FROM flags f
LEFT JOIN LATERAL (
    SELECT array_agg(environment_id) AS environments, array_agg(updated_at) AS moments
    FROM flag_settings WHERE organization_id = $1 AND flag_id = f.id
) s ON true
WHERE f.organization_id = $1 AND f.project_id = $2 AND f.key > $3 AND ($4::text[] IS NULL OR f.key = ANY($4))
    AND ($6::text IS NULL OR f.purpose = $6)
ORDER BY f.key LIMIT $5
"""
# Which transaction wrote each row: it changes with every write, whoever makes it.
_STAMPS = """
SELECT f.key, f.xmin::text || ' ' || COALESCE(s.xmin::text, '') AS stamp
FROM environments e
JOIN flags f ON f.organization_id = e.organization_id AND f.project_id = e.project_id
LEFT JOIN flag_settings s ON s.environment_id = e.id AND s.flag_id = f.id
WHERE e.id = $1
ORDER BY f.key
"""

_AT_ONCE = 500
_INLINE_MAX = 20


@dataclass(frozen=True, slots=True)
class FlagOutline:
    """What others need to know of a flag. `variations` are keys."""

    id: UUID
    key: str
    archived: bool
    variations: frozenset[str]


@dataclass(frozen=True, slots=True)
class ServedFlag:
    """What a flag's rules and default serve in one environment, as documents; `own_default` is
    the environment's own, None where the flag's applies; `version` is that of the settings."""

    key: str
    archived: bool
    enabled: bool
    report_exposures: bool
    variations: frozenset[str]
    rules: Sequence[Mapping[str, Any]]
    default: Mapping[str, Any]
    own_default: Mapping[str, Any] | None
    version: int


@dataclass(frozen=True, slots=True)
class UnitTarget:
    """An individual target of one unit. `expires_at`: epoch milliseconds; None: never."""

    flag: str
    variation: str
    expires_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagStanding:
    """What its lifecycle needs to know of a flag. `changed_at`: its settings, by environment id."""

    key: str
    name: str
    owner: str | None
    tags: list[str]
    archived: bool
    purpose: Purpose
    expected_end: date | None
    created_at: datetime
    updated_at: datetime
    changed_at: Mapping[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a flag's answers reach in one environment, and whether the edge reports them as exposures, with what."""

    enabled: bool
    client_visible: bool
    report_exposures: bool
    exposure_attributes: frozenset[str]


async def reach_of(tx: Connection, scope: Scope, key: str, environment_id: UUID) -> Reach | None:
    found = await find_in_environment(tx, scope, key, environment_id)
    if found is None:
        return None
    row = found[0]
    settings = found[1] or new_settings(row, environment_id)
    return Reach(
        enabled=settings.enabled and not row.archived,
        client_visible=row.client_visible,
        report_exposures=settings.report_exposures,
        exposure_attributes=frozenset(settings.exposure_attributes),
    )


async def served_flag(tx: Connection, scope: Scope, key: str, environment_id: UUID) -> ServedFlag | None:
    found = await find_in_environment(tx, scope, key, environment_id)
    if found is None:
        return None
    row = found[0]
    settings = found[1] or new_settings(row, environment_id)
    return ServedFlag(
        key=row.key,
        archived=row.archived,
        enabled=settings.enabled,
        report_exposures=settings.report_exposures,
        variations=row.variation_keys,
        rules=settings.rules,
        default=default_of(row, settings),
        own_default=settings.default_serve,
        version=settings.version,
    )


async def find_flag(tx: Connection, scope: Scope, key: str) -> FlagOutline | None:
    row = await FLAGS.find(tx, scope, key)
    if row is None:
        return None
    return FlagOutline(id=row.id, key=row.key, archived=row.archived, variations=row.variation_keys)


async def targets_of_unit(
    tx: Connection, scope: Scope, environment_id: UUID, unit: str, limit: int
) -> list[UnitTarget]:
    """The individual targets of this targeting key in one environment, by the flags' keys."""
    records = await tx.fetch(_TARGETS_OF_UNIT, scope.organization_id, scope.project_id, environment_id, unit, limit)
    return [UnitTarget(**record) for record in records]


async def standings(
    tx: Connection,
    scope: Scope,
    *,
    after: str,
    limit: int,
    keys: Sequence[str] | None = None,
    purpose: str | None = None,
) -> list[FlagStanding]:
    """The project's flags behind a key, in the order of their keys, archived ones too; or those of these keys, or of
    this purpose."""
    records = await tx.fetch(_STANDINGS, scope.organization_id, scope.project_id, after, keys, limit, purpose)
    return [
        FlagStanding(
            **{name: value for name, value in record.items() if name not in ("environments", "moments", "purpose")},
            purpose=Purpose(record["purpose"]),
            changed_at=dict(zip(record["environments"], record["moments"], strict=True)),
        )
        for record in records
    ]


async def compiled(tx: Connection, environment_id: UUID, cache: RowCache[Flag]) -> list[Flag | Unreadable]:
    """Every flag of the environment's project as the environment serves it; archived ones too, they are off.

    Only those that changed since they were put into `cache` are read.
    """
    stamps = {record["key"]: record["stamp"] for record in await tx.fetch(_STAMPS, environment_id)}
    fresh: dict[str, Flag | Unreadable] = {}
    changed = cache.changed(stamps)
    for begin in range(0, len(changed), _AT_ONCE):
        fresh |= await of_keys(tx, environment_id, changed[begin : begin + _AT_ONCE])
    return cache.updated(stamps, fresh)


async def of_keys(tx: Connection, environment_id: UUID, keys: Collection[str]) -> dict[str, Flag | Unreadable]:
    """Those of these keys that there are, as the environment serves them."""
    records = await tx.fetch(_OF_ENVIRONMENT, environment_id, list(keys))
    # Many in a thread: thousands of flags take a second, in which requests want to be served.
    work = partial(read_each, records, lambda record: str(record["flag_key"]), _flag)
    fresh = work() if len(records) <= _INLINE_MAX else await asyncio.to_thread(work)
    return dict(zip((record["flag_key"] for record in records), fresh, strict=True))


async def drafted(tx: Connection, scope: Scope, key: str, environment_id: UUID, document: Mapping[str, Any]) -> Flag:
    """The flag as the environment would serve it with these changes of its settings. Raises `NotFound`, and
    `InvalidInput` as the write would."""
    found = await find_in_environment(tx, scope, key, environment_id)
    if found is None:
        raise NotFound(f"there is no flag {key}", code="flag_not_found")
    body = read_document(SettingsPatch, document)
    patch = body.given()
    if "default" in patch:
        patch["default_serve"] = patch.pop("default")
    if "rules" in patch:
        patch["rules"] = with_rule_ids(patch["rules"])
    if "targets" in patch:
        patch["targets"] = stored_targets(body.targets)
    return checked_settings(found.flag, replace(found.settings or new_settings(found.flag, environment_id), **patch))


def flag_of_documents(
    scope: Scope, environment_id: UUID, document: Mapping[str, Any], settings: Mapping[str, Any] | None
) -> Flag:
    """The flag as an environment served it, from what the audit log has kept."""
    row = flag_row(scope, document)
    return _served(row, None if settings is None else settings_row(row, environment_id, settings))


def _flag(record: asyncpg.Record) -> Flag:
    return _served(*flag_and_settings(record))


def _served(row: FlagRow, settings: SettingsRow | None) -> Flag:
    try:
        return flag_of(row, settings)
    except InvalidConfig:
        if settings is not None and settings.enabled and not row.archived:
            raise
        # Switching off gets through, whatever it is that can't be read.
        return off_alone(row, settings)
