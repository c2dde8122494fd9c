"""The rows of verdicts and incidents."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.verdicts.models import Done, IncidentRow, Outcome, VerdictRow

_VERDICT = tuple(each.name for each in fields(VerdictRow))
_INCIDENT = tuple(each.name for each in fields(IncidentRow))
_SAVE = (
    f"INSERT INTO rollout_verdicts ({', '.join(_VERDICT)}) "
    f"VALUES ({', '.join(f'${index}' for index in range(1, len(_VERDICT) + 1))}) "
    "ON CONFLICT (rollout_id) DO UPDATE SET "
    f"{', '.join(f'{each} = excluded.{each}' for each in _VERDICT[2:])} "
    "WHERE (rollout_verdicts.epoch, rollout_verdicts.sequence) < (excluded.epoch, excluded.sequence)"
)
_OPEN = (
    f"INSERT INTO incidents ({', '.join(_INCIDENT)}) "
    f"VALUES ({', '.join(f'${index}' for index in range(1, len(_INCIDENT) + 1))})"
)


async def newest_epoch(tx: Connection, environment_id: UUID, organization_id: UUID, epoch: int) -> int:
    """The newest term that was heard of the environment, this one included."""
    await tx.execute(
        "INSERT INTO verdict_epochs (environment_id, organization_id, epoch) VALUES ($1, $2, $3) "
        "ON CONFLICT (environment_id) DO UPDATE SET epoch = excluded.epoch WHERE verdict_epochs.epoch < excluded.epoch",
        environment_id,
        organization_id,
        epoch,
    )
    newest: int = await tx.fetchval("SELECT epoch FROM verdict_epochs WHERE environment_id = $1", environment_id)
    return newest


async def save(tx: Connection, row: VerdictRow) -> bool:
    """False where it is no newer than the one that is there. Locks the row until the transaction ends."""
    done = await tx.execute(_SAVE, *(getattr(row, each) for each in _VERDICT))
    return done.endswith(" 1")


async def set_outcome(tx: Connection, rollout_id: UUID, outcome: Outcome) -> None:
    await tx.execute("UPDATE rollout_verdicts SET outcome = $2 WHERE rollout_id = $1", rollout_id, outcome)


async def find(tx: Connection, organization_id: UUID, rollout_id: UUID) -> VerdictRow | None:
    record = await tx.fetchrow(
        f"SELECT {', '.join(_VERDICT)} FROM rollout_verdicts WHERE organization_id = $1 AND rollout_id = $2",
        organization_id,
        rollout_id,
    )
    return None if record is None else VerdictRow(**{**record, "outcome": Outcome(record["outcome"])})


async def answered(tx: Connection, rollout_id: UUID) -> frozenset[str]:
    """Guards of a rollout with an incident that have not recovered."""
    records = await tx.fetch("SELECT guard FROM incidents WHERE rollout_id = $1 AND recovered_at IS NULL", rollout_id)
    return frozenset(each["guard"] for each in records)


async def open_incident(tx: Connection, row: IncidentRow) -> None:
    await tx.execute(_OPEN, *(getattr(row, each) for each in _INCIDENT))


async def recover(tx: Connection, rollout_id: UUID, guards: Collection[str]) -> None:
    await tx.execute(
        "UPDATE incidents SET recovered_at = $3 WHERE rollout_id = $1 AND guard = ANY($2) AND recovered_at IS NULL",
        rollout_id,
        sorted(guards),
        tx.now,
    )


async def find_incident(
    tx: Connection, organization_id: UUID, environment_id: UUID, incident_id: UUID
) -> IncidentRow | None:
    record = await tx.fetchrow(
        f"SELECT {', '.join(_INCIDENT)} FROM incidents WHERE organization_id = $1 AND environment_id = $2 AND id = $3",
        organization_id,
        environment_id,
        incident_id,
    )
    return None if record is None else _incident(record)


async def incidents(
    tx: Connection,
    within: tuple[UUID, UUID],
    rollout: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[IncidentRow]:
    """Of an organization's environment, and of a rollout (None: any), the newest first."""
    moment, identity = before or (None, None)
    records = await tx.fetch(
        f"SELECT {', '.join(_INCIDENT)} FROM incidents WHERE organization_id = $1 AND environment_id = $2 "
        "AND ($3::text IS NULL OR rollout = $3) "
        "AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5::uuid)) ORDER BY opened_at DESC, id DESC LIMIT $6",
        *within,
        rollout,
        moment,
        identity,
        limit,
    )
    return [_incident(each) for each in records]


def _incident(record: asyncpg.Record) -> IncidentRow:
    return IncidentRow(**{**record, "done": Done(record["done"])})
