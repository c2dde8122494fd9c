"""Search in the audit log: from what is wanted to the numbers of entries, each filter by an index of its own.

Lists go from the newest to the oldest by time; an export goes by number. What a search finds is small, so that whoever
reads decides by `bytes` how many entries to hold at once.
"""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from control_plane.changes.hash_chain import ALL_COLUMNS
from control_plane.database import Connection

_ALL = ", ".join((*ALL_COLUMNS, "previous_hash", "hash"))
_BYTES = "COALESCE(octet_length(e.before), 0) + COALESCE(octet_length(e.after), 0)"
_LAST = "\U0010ffff"
"""Sorts after every character of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is wanted of an organization's log. None: any. `projects`: the ones whose entries the reader may see."""

    organization_id: UUID
    projects: frozenset[UUID] | None = None
    project_id: UUID | None = None
    environment_id: UUID | None = None
    entity: str | None = None
    entity_key: str | None = None
    key_prefix: str | None = None
    action: str | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    actor_kind: str | None = None
    behalf_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None

    @property
    def readable(self) -> list[UUID] | None:
        """The projects to look in; None: everywhere."""
        if self.projects is None:
            return None if self.project_id is None else [self.project_id]
        if self.project_id is not None:
            return [self.project_id] if self.project_id in self.projects else []
        return sorted(self.projects)


@dataclass(frozen=True, slots=True)
class Found:
    """An entry's place in the order of lists, and about how much it holds."""

    number: int
    at: datetime
    bytes: int


class _Statement:
    """A statement under construction: conditions, and their values in order."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.conditions: list[str] = []

    def value(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, condition: str, *values: object) -> None:
        """`{}` in the condition stands for the values, one by one."""
        self.conditions.append(condition.format(*(self.value(each) for each in values)))


async def newest(tx: Connection, wanted: Search, before: tuple[datetime, int] | None, limit: int) -> list[Found]:
    """Entries before this place, the newest first."""
    words = await _words(tx, wanted)
    if words is None:
        return []
    return [Found(*row) for row in await _planned(tx, *newest_statement(wanted, words, before, limit))]


def newest_statement(
    wanted: Search, words: Sequence[str], before: tuple[datetime, int] | None, limit: int
) -> tuple[str, list[object]]:
    """The SQL of `newest`, and its values."""
    statement, source, ordered = _matching(wanted, words)
    if before is not None:
        statement.add(f"({ordered}.at, {ordered}.number) < ({{}}, {{}})", *before)
    select = f"SELECT e.number, e.at, {_BYTES} AS bytes FROM {source}"
    rest = f"ORDER BY {ordered}.at DESC, {ordered}.number DESC LIMIT {statement.value(limit)}"
    projects = wanted.readable
    if projects is None or len(projects) == 1:
        if projects:
            statement.add("e.project_id = {}", projects[0])
        return f"{select} WHERE {' AND '.join(statement.conditions)} {rest}", statement.values
    # Of each project its newest ones, by the index that has them in order.
    statement.add("e.project_id = p.id")
    each = f"{select} WHERE {' AND '.join(statement.conditions)} {rest}"
    given = statement.value(projects)
    sql = (
        f"SELECT found.* FROM unnest({given}::uuid[]) AS p(id) CROSS JOIN LATERAL ({each}) AS found "
        f"ORDER BY found.at DESC, found.number DESC LIMIT {statement.value(limit)}"
    )
    return sql, statement.values


async def following(tx: Connection, wanted: Search, after: int, until: int, limit: int) -> list[Found]:
    """Entries with a number above `after`, up to `until`, in the order of the chain."""
    words = await _words(tx, wanted)
    if words is None:
        return []
    statement, source, _ = _matching(wanted, words)
    statement.add("e.number > {} AND e.number <= {}", after, until)
    if wanted.readable is not None:
        statement.add("e.project_id = ANY({}::uuid[])", wanted.readable)
    sql = (
        f"SELECT e.number, e.at, {_BYTES} AS bytes FROM {source} WHERE {' AND '.join(statement.conditions)} "
        f"ORDER BY e.number LIMIT {statement.value(limit)}"
    )
    return [Found(*row) for row in await _planned(tx, sql, statement.values)]


async def entries(tx: Connection, organization_id: UUID, numbers: Sequence[int]) -> list[asyncpg.Record]:
    """In the order of `numbers`."""
    rows = await tx.fetch(
        f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND number = ANY($2::bigint[])",
        organization_id,
        list(numbers),
    )
    found = {row["number"]: row for row in rows}
    return [found[number] for number in numbers]


def _matching(wanted: Search, words: Sequence[str]) -> tuple[_Statement, str, str]:
    """The conditions, what is searched, and what has the order: the index of words or of environments, or the log."""
    statement = _Statement()
    source, ordered = "audit_entries e", "e"
    if words:
        source, ordered = _by_index("audit_entry_words"), "x"
        statement.add("x.word = {}", words[0])
    elif wanted.environment_id is not None:
        source, ordered = _by_index("audit_entry_environments"), "x"
        statement.add("x.environment_id = {}", wanted.environment_id)
    statement.add(f"{ordered}.organization_id = {{}}", wanted.organization_id)
    for word in words[1:]:
        statement.add(f"{_also('audit_entry_words')} AND o.word = {{}})", wanted.organization_id, word)
    if words and wanted.environment_id is not None:
        also = f"{_also('audit_entry_environments')} AND o.environment_id = {{}})"
        statement.add(also, wanted.organization_id, wanted.environment_id)
    if wanted.since is not None:
        statement.add(f"{ordered}.at >= {{}}", wanted.since)
    if wanted.until is not None:
        statement.add(f"{ordered}.at < {{}}", wanted.until)
    for column in ("entity", "entity_key", "action", "actor_id", "actor_name", "actor_kind", "behalf_id"):
        if (value := getattr(wanted, column)) is not None:
            statement.add(f"e.{column} = {{}}", value)
    if wanted.key_prefix is not None:
        statement.add("e.entity_key ~>=~ {} AND e.entity_key ~<=~ {}", wanted.key_prefix, wanted.key_prefix + _LAST)
    return statement, source, ordered


def _by_index(table: str) -> str:
    return f"{table} x JOIN audit_entries e ON e.organization_id = x.organization_id AND e.number = x.number"


def _also(table: str) -> str:
    return f"EXISTS (SELECT FROM {table} o WHERE o.organization_id = {{}} AND o.at = x.at AND o.number = x.number"


async def _words(tx: Connection, wanted: Search) -> list[str] | None:
    """Of the reason, as the database tells words apart, the longest first; None where nothing can match."""
    if wanted.words is None:
        return []
    words: list[str] = await tx.fetchval("SELECT tsvector_to_array(to_tsvector('simple', $1))", wanted.words)
    return sorted(words, key=len, reverse=True) or None


async def _planned(tx: Connection, sql: str, values: Sequence[object]) -> list[asyncpg.Record]:
    """Planned for these very values: how rare they are decides which index is the good one."""
    await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    return await tx.fetch(sql, *values)
