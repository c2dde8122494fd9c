"""The rows of rollouts, of what became of them, and of the monitor's looks at them."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.rollouts.models import RolloutRow, RolloutState, TransitionRow

LOOK_SECONDS_MAX = 60
"""How old the look may be that a guarded step is taken by."""
PUBLISHED_AFTER = timedelta(hours=24)
"""So long an ended one is published."""
_COLUMNS = tuple(each.name for each in fields(RolloutRow))
_LISTED = ", ".join(_COLUMNS)
_FIXED = ("id", "organization_id", "project_id", "environment_id", "key", "created_by", "created_at")
_CHANGING = tuple(each for each in _COLUMNS if each not in _FIXED)
_TRANSITION = tuple(each.name for each in fields(TransitionRow))
_LED = "($4::bigint IS NULL OR EXISTS (SELECT FROM leases WHERE name = 'schedule' AND epoch = $4))"
_UPDATE = (
    f"UPDATE rollouts SET {', '.join(f'{each} = ${index}' for index, each in enumerate(_CHANGING, 5))} "
    f"WHERE organization_id = $1 AND id = $2 AND revision = $3 AND {_LED}"
)
_QUIET = (
    "(json_array_length(r.guards) = 0 OR r.position < 0 OR EXISTS (SELECT FROM rollout_looks l "
    "WHERE l.rollout_id = r.id AND l.revision = r.revision AND l.quiet AND l.looked_at >= {now} - {age}))"
)
_AGE = f"make_interval(secs => {LOOK_SECONDS_MAX})"


class Waiting(NamedTuple):
    """A rollout of which something is to be done."""

    rollout_id: UUID
    project_id: UUID


async def insert(tx: Connection, row: RolloutRow) -> bool:
    """False where the environment has this key already."""
    numbers = ", ".join(f"${index}" for index in range(1, len(_COLUMNS) + 1))
    done = await tx.execute(
        f"INSERT INTO rollouts ({_LISTED}) VALUES ({numbers}) ON CONFLICT (environment_id, key) DO NOTHING",
        *(getattr(row, each) for each in _COLUMNS),
    )
    return done.endswith(" 1")


async def update(tx: Connection, row: RolloutRow, revision: int, epoch: int | None) -> bool:
    """Writes what may change over the row that was at `revision`. False where it is not any more, or where another term
    of the scheduler has begun after `epoch` (None: it is no scheduler's)."""
    values = (getattr(row, each) for each in _CHANGING)
    done = await tx.execute(_UPDATE, row.organization_id, row.id, revision, epoch, *values)
    return done.endswith(" 1")


async def delete(tx: Connection, row: RolloutRow) -> None:
    await tx.execute("DELETE FROM rollouts WHERE organization_id = $1 AND id = $2", row.organization_id, row.id)


async def find(
    tx: Connection, organization_id: UUID, environment_id: UUID, key: str, *, lock: bool = False
) -> RolloutRow | None:
    record = await tx.fetchrow(
        f"SELECT {_LISTED} FROM rollouts WHERE organization_id = $1 AND environment_id = $2 AND key = $3"
        + (" FOR NO KEY UPDATE" if lock else ""),
        organization_id,
        environment_id,
        key,
    )
    return None if record is None else _row(record)


async def find_by_id(tx: Connection, rollout_id: UUID, *, lock: bool = False) -> RolloutRow | None:
    record = await tx.fetchrow(
        f"SELECT {_LISTED} FROM rollouts WHERE id = $1" + (" FOR NO KEY UPDATE" if lock else ""), rollout_id
    )
    return None if record is None else _row(record)


async def listing(
    tx: Connection,
    within: tuple[UUID, UUID],
    wanted: tuple[str | None, RolloutState | None],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[RolloutRow]:
    """Of an organization's environment, those of a flag and in a state (None: any), the newest first."""
    moment, identity = before or (None, None)
    records = await tx.fetch(
        f"SELECT {_LISTED} FROM rollouts WHERE organization_id = $1 AND environment_id = $2 "
        "AND ($3::text IS NULL OR flag = $3) AND ($4::text IS NULL OR state = $4) "
        "AND ($5::timestamptz IS NULL OR (created_at, id) < ($5, $6::uuid)) ORDER BY created_at DESC, id DESC LIMIT $7",
        *within,
        *wanted,
        moment,
        identity,
        limit,
    )
    return [_row(each) for each in records]


async def count_open(tx: Connection, organization_id: UUID, environment_id: UUID) -> int:
    """How many have not ended."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM rollouts WHERE organization_id = $1 AND environment_id = $2 AND ended_at IS NULL",
        organization_id,
        environment_id,
    )
    return count


async def begun_on(tx: Connection, organization_id: UUID, environment_id: UUID, flag: str) -> list[RolloutRow]:
    """Those that have begun on the flag and not ended."""
    records = await tx.fetch(
        f"SELECT {_LISTED} FROM rollouts WHERE organization_id = $1 AND environment_id = $2 AND flag = $3 "
        "AND state IN ('running', 'held', 'paused') ORDER BY key",
        organization_id,
        environment_id,
        flag,
    )
    return [_row(each) for each in records]


async def published(tx: Connection, environment_id: UUID, keys: Collection[str] | None = None) -> list[RolloutRow]:
    """What travels of an environment, or of that what has one of these keys."""
    records = await tx.fetch(
        f"SELECT {_LISTED} FROM rollouts WHERE environment_id = $1 AND published "
        "AND ($2::text[] IS NULL OR key = ANY($2)) ORDER BY key",
        environment_id,
        None if keys is None else sorted(keys),
    )
    return [_row(each) for each in records]


async def due(tx: Connection, limit: int) -> list[Waiting]:
    """Those whose next step may be taken: of each project one, the longest waiting first, then of each another one."""
    quiet = _QUIET.format(now="$1::timestamptz", age=_AGE)
    records = await tx.fetch(
        "SELECT r.id, r.project_id FROM rollouts r "
        f"WHERE r.state = 'running' AND NOT r.awaits_approval AND r.due_at <= $1 AND {quiet} "
        "ORDER BY row_number() OVER (PARTITION BY r.project_id ORDER BY r.due_at, r.id), r.due_at, r.id LIMIT $2",
        tx.now,
        limit,
    )
    return [Waiting(*each) for each in records]


async def is_quiet(tx: Connection, row: RolloutRow) -> bool:
    """Whether no guard keeps the next step back: the first step has nothing that could be watched."""
    quiet = _QUIET.format(now="$3::timestamptz", age=_AGE)
    told: bool = await tx.fetchval(
        f"SELECT {quiet} FROM rollouts r WHERE r.organization_id = $1 AND r.id = $2",
        row.organization_id,
        row.id,
        tx.now,
    )
    return told


async def out_of_sight(tx: Connection, limit: int) -> list[Waiting]:
    """Those that ended so long ago that they are published no more."""
    records = await tx.fetch(
        "SELECT id, project_id FROM rollouts WHERE published AND ended_at <= $1 ORDER BY ended_at LIMIT $2",
        tx.now - PUBLISHED_AFTER,
        limit,
    )
    return [Waiting(*each) for each in records]


async def note_look(tx: Connection, row: RolloutRow, revision: int, looked_at: datetime, *, quiet: bool) -> None:
    """An older look than the one that is known says nothing."""
    await tx.execute(
        "INSERT INTO rollout_looks (rollout_id, organization_id, revision, looked_at, quiet) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (rollout_id) DO UPDATE SET revision = excluded.revision, "
        "looked_at = excluded.looked_at, "
        "quiet = excluded.quiet WHERE rollout_looks.looked_at <= excluded.looked_at",
        row.id,
        row.organization_id,
        revision,
        looked_at,
        quiet,
    )


async def add_transition(tx: Connection, transition: TransitionRow) -> None:
    numbers = ", ".join(f"${index}" for index in range(1, len(_TRANSITION) + 1))
    await tx.execute(
        f"INSERT INTO rollout_transitions ({', '.join(_TRANSITION)}) VALUES ({numbers})",
        *(getattr(transition, each) for each in _TRANSITION),
    )


async def transitions(tx: Connection, row: RolloutRow) -> list[TransitionRow]:
    """The oldest first."""
    records = await tx.fetch(
        f"SELECT {', '.join(_TRANSITION)} FROM rollout_transitions WHERE organization_id = $1 AND rollout_id = $2 "
        "ORDER BY revision",
        row.organization_id,
        row.id,
    )
    return [TransitionRow(**{**each, "state": RolloutState(each["state"])}) for each in records]


async def only_advanced_since(tx: Connection, row: RolloutRow, revision: int) -> bool:
    told: bool = await tx.fetchval(
        "SELECT NOT EXISTS (SELECT FROM rollout_transitions "
        "WHERE organization_id = $1 AND rollout_id = $2 AND revision > $3 AND action <> 'advance')",
        row.organization_id,
        row.id,
        revision,
    )
    return told


def _row(record: asyncpg.Record) -> RolloutRow:
    return RolloutRow(**{**record, "state": RolloutState(record["state"])})
