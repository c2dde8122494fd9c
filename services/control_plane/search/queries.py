"""The one statement of a search: of each kind the best few, and the best few of those."""

# ruff: noqa: S608 - nothing but names of our own is put into the statement

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from control_plane.access import ProjectScope
from control_plane.database import Connection
from control_plane.search.kinds import SOURCES, Kind, Source

_PARTING = "-_./@:"
_SPACES = " " * len(_PARTING)
# All are typed here: a part that isn't asked leaves its parameters unused.
_GIVEN = (
    "WITH given AS (SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text[], $6::integer, $7::uuid[], $8::text[], "
    "$9::text, $10::timestamptz, $11::uuid[])"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`rank`: 0 is best."""

    kind: Kind
    id: UUID | None
    key: str
    name: str
    environment: str | None
    archived: bool
    text: str
    rank: int


@dataclass(frozen=True, slots=True)
class Sought:
    """What stands in the address: the text, its words, and how many are wanted."""

    text: str
    words: Sequence[str]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What whoever searches may read: `flags_in` and `environments` are ids, `nouns` what change requests are about."""

    kinds: Sequence[Kind]
    flags_in: Collection[UUID]
    environments: Collection[UUID]
    nouns: Collection[str]


async def search(tx: Connection, scope: ProjectScope, sought: Sought, readable: Readable) -> list[Found]:
    """What has all the words in key, name or text, the best first."""
    small = sought.text.lower()
    records = await tx.fetch(
        _statement(tuple(readable.kinds)),
        scope.organization_id,
        scope.project_id,
        small,
        small.translate(str.maketrans(_PARTING, _SPACES)),
        [_contains(each) for each in sought.words],
        sought.limit,
        list(readable.flags_in),
        sorted(readable.nouns),
        sought.text,
        tx.now,
        list(readable.environments),
    )
    return [Found(**{**record, "kind": Kind(record["kind"])}) for record in records]


@lru_cache(maxsize=256)
def _statement(kinds: tuple[Kind, ...]) -> str:
    parts = " UNION ALL ".join(f"({_part(kind, SOURCES[kind])})" for kind in kinds)
    return f"{_GIVEN} SELECT * FROM ({parts}) AS found ORDER BY rank, archived, length(key), key, kind LIMIT $6"


def _part(kind: Kind, source: Source) -> str:
    named = f"{source.key} || ' ' || {source.name}"
    return (
        f"SELECT '{kind}' AS kind, t.id, {source.key} AS key, {source.name} AS name, "
        f"{source.environment} AS environment, {source.archived} AS archived, {source.text} AS text, "
        f"{_rank(source, named)} AS rank FROM {source.table} "
        f"WHERE t.organization_id = $1 AND {source.within} AND {named} || ' ' || {source.text} ILIKE ALL($5) "
        f"ORDER BY rank, archived, length({source.key}), key LIMIT $6"
    )


def _rank(source: Source, named: str) -> str:
    """Exact, how it begins, a word of it, a part of it, and what is told of it."""
    key, name, whole = f"lower({source.key})", f"lower({source.name})", f"lower({named})"
    return (
        f"CASE WHEN {key} = $3 THEN 0 WHEN {name} = $3 THEN 1 "
        f"WHEN starts_with({key}, $3) THEN 2 WHEN starts_with({name}, $3) THEN 3 "
        f"WHEN position(' ' || $4 IN translate(' ' || {whole}, '{_PARTING}', '{_SPACES}')) > 0 THEN 4 "
        f"WHEN {named} ILIKE ALL($5) THEN 5 ELSE 6 END"
    )


def _contains(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
