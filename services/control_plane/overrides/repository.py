"""The rows of overrides. Whoever has expired long ago is no longer read, and goes with the next write of its flag."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from control_plane.database import Connection
from control_plane.overrides.models import DAYS, OverrideFilter, OverrideRow

_STORED = tuple(each.name for each in fields(OverrideRow) if each.name != "flag")
_SELECT = (
    f"SELECT {', '.join(f'o.{each}' for each in _STORED)}, f.key AS flag FROM overrides o JOIN flags f "
    "ON f.id = o.flag_id AND f.organization_id = o.organization_id"
)
_OF_ENVIRONMENT = f"{_SELECT} WHERE o.organization_id = $1 AND o.environment_id = $2"
_CHANGING = ("variation", "experiment", "reason", "set_by", "created_at", "expires_at")
_SAVE = (
    f"INSERT INTO overrides ({', '.join(_STORED)}) VALUES ({', '.join(f'${n + 1}' for n in range(len(_STORED)))}) "
    "ON CONFLICT (environment_id, flag_id, unit) DO UPDATE SET "
    f"{', '.join(f'{each} = excluded.{each}' for each in _CHANGING)} "
    "WHERE overrides.organization_id = excluded.organization_id"
)


async def of_flag(tx: Connection, organization_id: UUID, environment_id: UUID, flag: str) -> list[OverrideRow]:
    """All that are stored of a flag in one environment, long expired ones, too."""
    rows = await tx.fetch(f"{_OF_ENVIRONMENT} AND f.key = $3 ORDER BY o.unit", organization_id, environment_id, flag)
    return [OverrideRow(**row) for row in rows]


async def of_unit(tx: Connection, organization_id: UUID, environment_id: UUID, unit: str) -> list[OverrideRow]:
    """In the order of the flags' keys."""
    rows = await tx.fetch(
        f"{_OF_ENVIRONMENT} AND o.unit = $3 AND o.expires_at > $4 ORDER BY f.key",
        organization_id,
        environment_id,
        unit,
        tx.now - DAYS,
    )
    return [OverrideRow(**row) for row in rows]


async def listing(
    tx: Connection,
    within: tuple[UUID, UUID],
    wanted: OverrideFilter,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[OverrideRow]:
    """Of an organization's environment, the newest first."""
    moment, identity = before or (None, None)
    rows = await tx.fetch(
        f"{_OF_ENVIRONMENT} AND ($3::text IS NULL OR o.unit = $3) AND ($4::text IS NULL OR f.key = $4) "
        "AND o.expires_at > CASE WHEN $5 = 'false' THEN $6 ELSE $7::timestamptz END "
        "AND ($5 <> 'only' OR o.expires_at <= $6::timestamptz) "
        "AND ($8::timestamptz IS NULL OR (o.created_at, o.id) < ($8, $9::uuid)) "
        "ORDER BY o.created_at DESC, o.id DESC LIMIT $10",
        *within,
        wanted.unit,
        wanted.flag,
        wanted.expired,
        tx.now,
        tx.now - DAYS,
        moment,
        identity,
        limit,
    )
    return [OverrideRow(**row) for row in rows]


async def of_environment(
    tx: Connection, environment_id: UUID, flags: Collection[str] | None = None
) -> list[OverrideRow]:
    """All that are stored, or those of these flags: what is published doesn't change by time alone."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE o.environment_id = $1 AND ($2::text[] IS NULL OR f.key = ANY($2)) ORDER BY f.key, o.unit",
        environment_id,
        None if flags is None else sorted(flags),
    )
    return [OverrideRow(**row) for row in rows]


async def save(tx: Connection, row: OverrideRow) -> None:
    """In the place of one that the unit has of the flag."""
    await tx.execute(_SAVE, *(getattr(row, each) for each in _STORED))


async def delete(tx: Connection, rows: Collection[OverrideRow]) -> None:
    """Rows of one organization."""
    if rows:
        await tx.execute(
            "DELETE FROM overrides WHERE organization_id = $1 AND id = ANY($2::uuid[])",
            next(iter(rows)).organization_id,
            [each.id for each in rows],
        )
