"""Usage paths: who uses an entity, directly and through others, each by the shortest way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from control_plane.database import Connection, Record
from control_plane.entities.table import Scope

PATHS_MAX = 1000
_USERS = """
SELECT u.target_kind, u.target_key, u.user_kind, u.user_key, u.environment_id, e.key AS environment, u.active
FROM usages u
JOIN unnest($3::text[], $4::text[]) AS asked (kind, key) ON asked.kind = u.target_kind AND asked.key = u.target_key
LEFT JOIN environments e ON e.id = u.environment_id
WHERE u.organization_id = $1 AND u.project_id = $2
ORDER BY u.user_kind, u.user_key, e.key
"""


@dataclass(frozen=True, slots=True)
class Step:
    """An entity on the way."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class UsagePath:
    """An entity that uses another one: itself, or through those on the way, of which the first names the other one.

    `environment`: the key of where it does, None for one that is the same in all. It is active while all of it takes
    part in evaluations."""

    kind: str
    key: str
    environment: str | None
    active: bool
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    environment_id: UUID | None
    told: UsagePath


async def usage_paths(tx: Connection, scope: Scope, kind: str, key: str) -> tuple[list[UsagePath], bool]:
    """Those nearest to it first, and whether there are more."""
    found: dict[tuple[str, str, UUID | None], UsagePath] = {}
    start = _Reached(None, UsagePath(kind, key, None, True, ()))
    front: list[_Reached] = [start]
    while front and len(found) <= PATHS_MAX:
        by_target: defaultdict[tuple[str, str], list[_Reached]] = defaultdict(list)
        for each in front:
            by_target[each.told.kind, each.told.key].append(each)
        records = await _users(tx, scope, by_target)
        front = []
        for record in records:
            for through in by_target[record["target_kind"], record["target_key"]]:
                reached = _next(record, through, start)
                name = None if reached is None else (reached.told.kind, reached.told.key, reached.environment_id)
                if reached is not None and name is not None and name not in found:
                    found[name] = reached.told
                    front.append(reached)
    return list(found.values())[:PATHS_MAX], len(found) > PATHS_MAX


async def _users(tx: Connection, scope: Scope, targets: Iterable[tuple[str, str]]) -> list[Record]:
    kinds, keys = zip(*targets, strict=True)
    return await tx.fetch(_USERS, scope.organization_id, scope.project_id, list(kinds), list(keys))


def _next(record: Record, through: _Reached, start: _Reached) -> _Reached | None:
    """None where the two are in different environments."""
    environment_id, before = record["environment_id"], through.told
    if None not in (environment_id, through.environment_id) and environment_id != through.environment_id:
        return None
    path = () if through is start else (*before.path, Step(before.kind, before.key))
    active = record["active"] and before.active
    where = record["environment"] or before.environment
    told = UsagePath(record["user_kind"], record["user_key"], where, active, path)
    return _Reached(environment_id or through.environment_id, told)
