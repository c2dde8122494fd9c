"""Entries of the audit log as webhooks tell them: with the keys of what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from control_plane.changes.queries import entries_after, entry_of
from control_plane.database import Connection
from control_plane.environments.queries import keys_of
from control_plane.webhooks.events import event_type


@dataclass(frozen=True, slots=True)
class Named:
    """A project or an environment."""

    id: UUID
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`environments` are those whose answers the change may alter; `reason` is what its author gave for it, `behalf`
    whose program the author is."""

    organization_id: UUID
    number: int
    hash: bytes
    at: datetime
    actor: Mapping[str, str]
    entity: str
    entity_key: str
    action: str
    reason: str | None
    behalf: str | None
    project: Named | None
    environments: Sequence[Named]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def event_type(self) -> str:
        return event_type(self.entity, self.action)


async def read_after(tx: Connection, organization_id: UUID, number: int, limit: int) -> list[Entry]:
    """The next entries of an organization, the oldest first."""
    return await _named(tx, organization_id, await entries_after(tx, organization_id, number, limit))


async def read(tx: Connection, organization_id: UUID, number: int) -> Entry | None:
    """One entry; None when there is none of this number."""
    row = await entry_of(tx, organization_id, number)
    return None if row is None else (await _named(tx, organization_id, [row]))[0]


async def _named(tx: Connection, organization_id: UUID, rows: Sequence[asyncpg.Record]) -> list[Entry]:
    projects = {row["project_id"] for row in rows if row["project_id"]}
    environments = {UUID(each) for row in rows for each in row["environment_versions"]}
    keys = await keys_of(tx, organization_id, projects | environments) if projects or environments else {}
    return [_entry(row, keys) for row in rows]


def _entry(row: asyncpg.Record, keys: Mapping[UUID, str]) -> Entry:
    project_id = row["project_id"]
    return Entry(
        organization_id=row["organization_id"],
        number=row["number"],
        hash=row["hash"],
        at=row["at"],
        actor={"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_name"]},
        entity=row["entity"],
        entity_key=row["entity_key"],
        action=row["action"],
        reason=row["reason"],
        behalf=row["behalf_name"],
        project=Named(project_id, keys[project_id]) if project_id in keys else None,
        environments=[
            Named(identity, keys[identity])
            for identity in sorted(map(UUID, row["environment_versions"]), key=lambda each: keys.get(each, ""))
            if identity in keys
        ],
        before=_document(row["before"]),
        after=_document(row["after"]),
    )


def _document(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else msgspec.json.decode(text)
