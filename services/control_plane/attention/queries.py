"""The one statement of the attention list."""

# ruff: noqa: S608 - nothing but parts of our own is put into the statement

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from control_plane.access import ProjectScope
from control_plane.attention.kinds import SOURCES, Kind
from control_plane.database import Connection

# All are typed here: a part that isn't asked leaves its parameters unused.
_GIVEN = (
    "WITH given AS (SELECT $1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::integer, $6::uuid[], $7::uuid[], "
    "$8::bigint)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    kind: Kind
    key: str
    name: str
    environment: str | None
    since: datetime
    count: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """Kinds that may be read, and the ids of environments whose flags and whose SDK keys may."""

    kinds: Sequence[Kind]
    flags_in: Collection[UUID]
    keys_in: Collection[UUID]


async def attention_of(
    tx: Connection, scope: ProjectScope, environment: str | None, readable: Readable, limit: int
) -> list[Found]:
    """At most so many of each kind, the longest first."""
    records = await tx.fetch(
        _statement(tuple(readable.kinds)),
        scope.organization_id,
        scope.project_id,
        environment,
        tx.now,
        limit,
        list(readable.flags_in),
        list(readable.keys_in),
        round(tx.now.timestamp() * 1000),
    )
    return [Found(**{**record, "kind": Kind(record["kind"])}) for record in records]


@lru_cache(maxsize=256)
def _statement(kinds: tuple[Kind, ...]) -> str:
    parts = " UNION ALL ".join(
        f"(SELECT '{kind}' AS kind, part.* FROM ({SOURCES[kind].select}) AS part ORDER BY since, key LIMIT $5)"
        for kind in kinds
    )
    return f"{_GIVEN} {parts}"
