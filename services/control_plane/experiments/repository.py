"""Queries of experiments' rows beyond those of all entities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from uuid import UUID

from control_plane.database import Connection, Record
from control_plane.experiments.models import ExperimentRow

_COLUMNS = ", ".join(f"x.{each.name}" for each in fields(ExperimentRow))

_MARKS = """
SELECT experiment_id, at, by_name, cause, reason, changed, disturbances FROM disturbances
WHERE organization_id = $1 AND experiment_id = ANY($2::uuid[]) ORDER BY experiment_id, number
"""
_LAST_MARKS = """
SELECT x.id AS experiment_id, last.*, (SELECT count(*) FROM disturbances d WHERE d.experiment_id = x.id) AS marks
FROM experiments x CROSS JOIN LATERAL (
    SELECT d.number, d.at, d.cause, d.reason, d.changed, d.disturbances FROM disturbances d
    WHERE d.experiment_id = x.id ORDER BY d.number DESC LIMIT $3
) AS last
WHERE x.organization_id = $1 AND x.id = ANY($2::uuid[]) ORDER BY x.id, last.number
"""


async def marks_of(tx: Connection, organization_id: UUID, experiment_ids: Collection[UUID]) -> list[Record]:
    """All that the experiments show of what disturbed them, the first in front."""
    return list(await tx.fetch(_MARKS, organization_id, list(experiment_ids)))


async def last_marks_of(
    tx: Connection, organization_id: UUID, experiment_ids: Collection[UUID], most: int
) -> list[Record]:
    """The last `most` of each experiment, and how many it has in all."""
    return list(await tx.fetch(_LAST_MARKS, organization_id, list(experiment_ids), most))


async def running_assigning(tx: Connection, organization_id: UUID, environment_id: UUID) -> list[ExperimentRow]:
    """The environment's experiments that assign and run, or are paused."""
    records = await tx.fetch(
        f"SELECT {_COLUMNS} FROM experiments x WHERE x.organization_id = $1 AND x.environment_id = $2 "  # noqa: S608
        "AND x.status IN ('running', 'paused') AND x.mode = 'assigns' ORDER BY x.key",
        organization_id,
        environment_id,
    )
    return [ExperimentRow(**record) for record in records]


async def take_due(tx: Connection) -> ExperimentRow | None:
    """The one that has waited longest for its start or stop, unless somebody else writes in its project, which is
    locked then."""
    now = round(tx.now.timestamp() * 1000)
    found = await tx.fetchrow(
        "SELECT x.organization_id, x.id FROM experiments x JOIN projects p "
        "ON p.organization_id = x.organization_id AND p.id = x.project_id "
        "WHERE x.due_at <= $1 ORDER BY x.due_at, x.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED",
        now,
    )
    if found is None:
        return None
    # Another worker may have done it while this one waited to see it.
    record = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM experiments x "  # noqa: S608 - column names of our own
        "WHERE x.organization_id = $1 AND x.id = $2 AND x.due_at <= $3",
        found["organization_id"],
        found["id"],
        now,
    )
    return None if record is None else ExperimentRow(**record)


async def of_environment(tx: Connection, environment_id: UUID) -> list[ExperimentRow]:
    """All of the environment's experiments, in the order of the keys."""
    records = await tx.fetch(
        f"SELECT {_COLUMNS} FROM environments e JOIN experiments x "  # noqa: S608 - column names of our own
        "ON x.organization_id = e.organization_id AND x.environment_id = e.id WHERE e.id = $1 ORDER BY x.key",
        environment_id,
    )
    return [ExperimentRow(**record) for record in records]


async def some_of_environment(
    tx: Connection, environment_id: UUID, keys: Collection[str], flags: Collection[str]
) -> list[ExperimentRow]:
    """The environment's experiments of these keys and on these flags, in the order of the keys."""
    records = await tx.fetch(
        f"SELECT {_COLUMNS} FROM environments e JOIN experiments x "  # noqa: S608 - column names of our own
        "ON x.organization_id = e.organization_id AND x.environment_id = e.id "
        "WHERE e.id = $1 AND (x.key = ANY($2::text[]) OR x.flag = ANY($3::text[])) ORDER BY x.key",
        environment_id,
        sorted(keys),
        sorted(flags),
    )
    return [ExperimentRow(**record) for record in records]


async def keys_on(tx: Connection, organization_id: UUID, environment_id: UUID, flags: Collection[str]) -> list[str]:
    """The environment's experiments on these flags, whatever their status."""
    records = await tx.fetch(
        "SELECT key FROM experiments WHERE organization_id = $1 AND environment_id = $2 AND flag = ANY($3::text[]) "
        "ORDER BY key",
        organization_id,
        environment_id,
        sorted(flags),
    )
    return [record["key"] for record in records]
