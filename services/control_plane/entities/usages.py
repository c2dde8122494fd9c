"""Usages: which entity of a project uses which. One names all it uses when it is saved; what is used stays.

A usage is active while its user takes part in evaluations: an archived flag or an experiment that isn't running
keeps its usages, but they are not active. Deleting is refused by any usage, archiving by an active one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

from control_plane.database import Connection
from control_plane.entities.table import Scope

ReferencedKind = Literal["segment", "flag", "config", "metric", "layer", "holdout"]
ReferrerKind = Literal["segment", "flag", "config", "experiment"]
Kind = ReferencedKind | ReferrerKind


_DROP = """
DELETE FROM usages
WHERE organization_id = $1 AND project_id = $2 AND user_kind = $3 AND user_key = $4
    AND environment_id IS NOT DISTINCT FROM $5 AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset($6) AS given (kind text, key text)
        WHERE given.kind = target_kind AND given.key = target_key
    )
"""
_KEEP = """
INSERT INTO usages
    (organization_id, project_id, user_kind, user_key, environment_id, target_kind, target_key, parts, active)
SELECT $1, $2, $3, $4, $5, kind, key, parts, $6
FROM jsonb_to_recordset($7) AS given (kind text, key text, parts text[])
ON CONFLICT (project_id, user_kind, user_key, environment_id, target_kind, target_key)
    DO UPDATE SET parts = excluded.parts, active = excluded.active
"""
_SERVED_THROUGH = """
WITH RECURSIVE users AS (
    SELECT user_kind, user_key, environment_id FROM usages
    WHERE organization_id = $1 AND project_id = $2 AND target_kind = $3 AND target_key = $4 AND active
    UNION
    SELECT u.user_kind, u.user_key, u.environment_id
    FROM users JOIN usages u ON u.target_kind = users.user_kind AND u.target_key = users.user_key
    WHERE u.organization_id = $1 AND u.project_id = $2 AND u.active
)
SELECT DISTINCT environment_id FROM users WHERE environment_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """What an entity names. `parts` are the variations of a flag that are named."""

    kind: ReferencedKind
    key: str
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who names others. `environment_id` is None for an entity that is the same in all environments."""

    kind: ReferrerKind
    key: str
    environment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One entity that uses another; `environment` is the key of the user's environment."""

    user_kind: ReferrerKind
    user_key: str
    environment: str | None
    active: bool
    parts: frozenset[str]

    def __str__(self) -> str:
        where = f" in {self.environment}" if self.environment else ""
        return f"{self.user_kind} {self.user_key}{where}"


class Reached(NamedTuple):
    """An entity on the way to an experiment that runs, and by which it was reached; in one environment, or in each."""

    environment_id: UUID | None
    kind: Kind
    key: str
    from_kind: Kind
    from_key: str


def replace_later(
    tx: Connection, scope: Scope, referrer: Referrer, references: Iterable[Reference], *, active: bool
) -> None:
    """From now on `referrer` uses exactly `references`, with the record of the write."""
    whose = (scope.organization_id, scope.project_id, referrer.kind, referrer.key, referrer.environment_id)
    given = _given(references)
    tx.later(_DROP, *whose, given)
    tx.later(_KEEP, *whose, active, given)


def _given(references: Iterable[Reference]) -> list[dict[str, object]]:
    parts: dict[tuple[ReferencedKind, str], frozenset[str]] = {}
    for each in references:
        parts[each.kind, each.key] = parts.get((each.kind, each.key), frozenset()) | each.parts
    return [{"kind": kind, "key": key, "parts": sorted(used)} for (kind, key), used in sorted(parts.items())]


def activate_later(tx: Connection, scope: Scope, user_kind: ReferrerKind, user_key: str, *, active: bool) -> None:
    """All usages of a user, in every environment, become active or inactive, with the record of the write."""
    tx.later(
        "UPDATE usages SET active = $5 "
        "WHERE organization_id = $1 AND project_id = $2 AND user_kind = $3 AND user_key = $4",
        scope.organization_id,
        scope.project_id,
        user_kind,
        user_key,
        active,
    )


def release_parts_later(tx: Connection, scope: Scope, user_kind: ReferrerKind, user_key: str) -> None:
    """The user goes on naming its flags, but no longer needs any of their variations."""
    tx.later(
        "UPDATE usages SET parts = '{}' "
        "WHERE organization_id = $1 AND project_id = $2 AND user_kind = $3 AND user_key = $4",
        scope.organization_id,
        scope.project_id,
        user_kind,
        user_key,
    )


def forget_later(tx: Connection, scope: Scope, user_kind: ReferrerKind, user_key: str) -> None:
    """A user that is deleted uses nothing."""
    tx.later(
        "DELETE FROM usages WHERE organization_id = $1 AND project_id = $2 AND user_kind = $3 AND user_key = $4",
        scope.organization_id,
        scope.project_id,
        user_kind,
        user_key,
    )


async def usages_of(tx: Connection, scope: Scope, kind: Kind, key: str) -> list[Usage]:
    """Who uses this entity, in a stable order."""
    records = await tx.fetch(
        "SELECT u.user_kind, u.user_key, e.key AS environment, u.active, u.parts "
        "FROM usages u LEFT JOIN environments e ON e.id = u.environment_id "
        "WHERE u.organization_id = $1 AND u.project_id = $2 AND u.target_kind = $3 AND u.target_key = $4 "
        "ORDER BY u.user_kind, u.user_key, e.key",
        scope.organization_id,
        scope.project_id,
        kind,
        key,
    )
    return [Usage(**{**record, "parts": frozenset(record["parts"])}) for record in records]


async def served_through(tx: Connection, scope: Scope, kind: Kind, key: str) -> frozenset[UUID]:
    """The environments in which something active uses this entity, in one step or by others."""
    records = await tx.fetch(_SERVED_THROUGH, scope.organization_id, scope.project_id, kind, key)
    return frozenset(record["environment_id"] for record in records)


async def experiments_reached(
    tx: Connection, scope: Scope, kind: str, key: str, environment: str | None = None
) -> tuple[Reached, ...]:
    """What leads from this entity to experiments that run; nothing where it leads to none."""
    rows = await tx.fetchval(
        "SELECT experiments_reached($1, $2, $3, $4, $5)",
        scope.organization_id,
        scope.project_id,
        kind,
        key,
        environment,
    )
    return read_reached(rows or ())


async def experiments_run(tx: Connection, scope: Scope) -> bool:
    """Whether an experiment runs in the project."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM usages WHERE organization_id = $1 AND project_id = $2 "
        "AND user_kind = 'experiment' AND active)",
        scope.organization_id,
        scope.project_id,
    )
    return found


def read_reached(rows: Iterable[Sequence[Any]]) -> tuple[Reached, ...]:
    """As the database tells it."""
    return tuple(Reached(None if row[0] is None else UUID(row[0]), *row[1:]) for row in rows)


async def edges(
    tx: Connection, scope: Scope, kind: Literal["segment", "flag"], environment_id: UUID | None
) -> Mapping[str, Sequence[str]]:
    """Which entities of `kind` use which others of the same kind in this environment, by the user's key."""
    records = await tx.fetch(
        "SELECT user_key, target_key FROM usages WHERE organization_id = $1 AND project_id = $2 "
        "AND user_kind = $3 AND target_kind = $3 AND environment_id IS NOT DISTINCT FROM $4",
        scope.organization_id,
        scope.project_id,
        kind,
        environment_id,
    )
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        found[record["user_key"]].append(record["target_key"])
    return found
