"""The versions of entities, as the audit log keeps them: what an entity was after each of its changes.

Every write of an entity leaves it whole in the log, before and after; so the log is its history
(`docs/decisions/0188`). Numbers of entries are in the order of commits: all entries up to a number are one moment.
"""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from control_plane.database import Connection

_LARGE_BYTES = 128 * 1024
_WHO = "number, at, actor_kind, actor_id, actor_name, reason, entity, entity_key, action"
# What other services did to an entity is no change of it.
_OF_PROJECT = "organization_id = $1 AND project_id = $2 AND act_id IS NULL"
_DOCUMENTS = "before, after, (coalesce(after, before)::json->>'version')::bigint AS version"
_BYTES = "octet_length(coalesce(before, '')) + octet_length(coalesce(after, ''))"
_OUTLINES = f"""(coalesce(after, before)::json->>'version')::bigint AS version, after IS NULL AS deleted,
    {_BYTES} > {_LARGE_BYTES} AS large,
    CASE WHEN {_BYTES} <= {_LARGE_BYTES} THEN before END AS before,
    CASE WHEN {_BYTES} <= {_LARGE_BYTES} THEN after END AS after"""
# Transactions that run side by side may be numbered in another order than they began in; none lasts for minutes.
_NUMBER_AT = """
SELECT max(number) FROM audit_entries
WHERE organization_id = $1 AND at <= $2 AND at > (
    SELECT at FROM audit_entries WHERE organization_id = $1 AND at <= $2 AND act_id IS NULL ORDER BY at DESC LIMIT 1
) - interval '2 minutes' AND act_id IS NULL
"""
_ENVIRONMENT_VERSION = """
SELECT (entry.environment_versions->>$2::text)::bigint
FROM audit_entry_environments given JOIN audit_entries entry USING (organization_id, number)
WHERE given.organization_id = $1 AND given.environment_id = $2::text::uuid AND given.number <= $3
ORDER BY given.at DESC, given.number DESC LIMIT 1
"""


class Scope(Protocol):
    """A project and its tenant."""

    @property
    def organization_id(self) -> UUID: ...
    @property
    def project_id(self) -> UUID: ...


Name: TypeAlias = tuple[str, str]
"""Kind and key of an entity, as the audit log names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One change of an entity. `before` is None for a creation, `after` for a deletion.

    `number` is that of the audit entry, `version` the entity's own; of a deletion the one that was deleted. `large`:
    too much to be shown in a list, so the documents are left out."""

    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    reason: str | None
    entity: str
    entity_key: str
    action: str
    version: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    deleted: bool
    large: bool = False

    @property
    def name(self) -> Name:
        return self.entity, self.entity_key


async def versions_before(tx: Connection, scope: Scope, name: Name, number: int | None, limit: int) -> list[Version]:
    """The changes of an entity with a lower number than this one, the newest first."""
    rows = await tx.fetch(
        f"SELECT {_WHO}, {_OUTLINES} FROM audit_entries WHERE {_OF_PROJECT} AND entity = $3 AND entity_key = $4 "
        "AND ($5::bigint IS NULL OR number < $5) ORDER BY number DESC LIMIT $6",
        scope.organization_id,
        scope.project_id,
        *name,
        number,
        limit,
    )
    return [_version(row) for row in rows]


async def find_version(tx: Connection, scope: Scope, name: Name, version: int) -> Version | None:
    """The change that made this version. A key that was deleted and used again counts anew: the latest one is meant."""
    row = await tx.fetchrow(
        f"SELECT {_WHO}, {_DOCUMENTS} FROM audit_entries WHERE {_OF_PROJECT} AND entity = $3 AND entity_key = $4 "
        "AND (after::json->>'version')::bigint = $5 ORDER BY number DESC LIMIT 1",
        scope.organization_id,
        scope.project_id,
        *name,
        version,
    )
    return None if row is None else _version(row)


async def last_changes(
    tx: Connection, scope: Scope, wanted: Mapping[Name, int | None] | Sequence[Name]
) -> dict[Name, Version]:
    """For each entity its last change up to a number (None: up to now); one without a change is left out."""
    numbers = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted)
    if not numbers:
        return {}
    rows = await tx.fetch(
        "SELECT entry.* FROM unnest($3::text[], $4::text[], $5::bigint[]) AS wanted (kind, name, most) "
        f"CROSS JOIN LATERAL (SELECT {_WHO}, {_DOCUMENTS} FROM audit_entries WHERE {_OF_PROJECT} "
        "AND entity = wanted.kind AND entity_key = wanted.name AND (wanted.most IS NULL OR number <= wanted.most) "
        "ORDER BY number DESC LIMIT 1) AS entry",
        scope.organization_id,
        scope.project_id,
        [kind for kind, _ in numbers],
        [key for _, key in numbers],
        list(numbers.values()),
    )
    return {version.name: version for version in map(_version, rows)}


async def number_at(tx: Connection, scope: Scope, moment: datetime) -> int | None:
    """The number of the tenant's last change by then; None before its first."""
    number: int | None = await tx.fetchval(_NUMBER_AT, scope.organization_id, moment)
    return number


async def environment_version(tx: Connection, scope: Scope, environment_id: UUID, number: int) -> int:
    """The config version that the environment had after the entry of this number; 0 before its first."""
    found = await tx.fetchval(_ENVIRONMENT_VERSION, scope.organization_id, str(environment_id), number)
    return int(found or 0)


def _version(row: asyncpg.Record) -> Version:
    given = dict(row)
    before, after = given.pop("before"), given.pop("after")
    return Version(
        **{"deleted": after is None, **given},
        before=None if before is None else msgspec.json.decode(before),
        after=None if after is None else msgspec.json.decode(after),
    )
