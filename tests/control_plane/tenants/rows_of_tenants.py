"""Fills every table of the schema with a row of each of two tenants, whatever the table is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg

_TABLES = """
SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS guarded,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attgenerated = '' AND a.attidentity = '') AS columns
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname
"""
_WITHOUT_CHECKS = """
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', each.name, each.conname);
    END LOOP;
END
$$
"""
_PLAIN: dict[str, Any] = {
    "boolean": True,
    "integer": 1,
    "smallint": 1,
    "bigint": 1,
    "numeric": 1,
    "double precision": 1.0,
    "json": {},
    "jsonb": {},
    "timestamp with time zone": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "inet": "192.0.2.1",
}


@dataclass(frozen=True)
class Table:
    """A table of the schema. `owner` is the column that says whose a row is: None for a table without tenants."""

    name: str
    columns: tuple[tuple[str, str], ...]
    guarded: bool

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.columns]

    @property
    def owner(self) -> str | None:
        if self.name in ("organizations", "users"):
            return "id"
        for column in ("organization_id", "user_id", "environment_id"):
            if column in self.names:
                return column
        return None

    @property
    def of_people(self) -> bool:
        return self.name == "users" or self.owner == "user_id"


@dataclass(frozen=True)
class Ids:
    """What a tenant's rows refer to."""

    organization_id: UUID = field(default_factory=uuid4)
    project_id: UUID = field(default_factory=uuid4)
    environment_id: UUID = field(default_factory=uuid4)
    user_id: UUID = field(default_factory=uuid4)

    def owner_of(self, table: Table) -> UUID:
        """The value of the column that says whose a row is."""
        if table.name == "organizations":
            return self.organization_id
        if table.name == "users":
            return self.user_id
        return UUID(str(getattr(self, str(table.owner))))


async def tables_of(connection: asyncpg.Connection[asyncpg.Record]) -> list[Table]:
    return [
        Table(
            name=row["name"],
            columns=tuple((each["name"], each["type"]) for each in json.loads(row["columns"])),
            guarded=row["guarded"],
        )
        for row in await connection.fetch(_TABLES)
    ]


async def fill(
    connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[Table], tenants: Sequence[Ids]
) -> dict[tuple[str, Ids], str]:
    """One row of each table with an owner for each tenant: as JSON, by table and tenant. Without triggers, foreign keys
    and checks, so that any row does and nothing else adds one; `connection` is a superuser's."""
    rows = {}
    await connection.execute(_WITHOUT_CHECKS)
    await connection.execute("SET session_replication_role = replica")
    for table in tables:
        for ids in tenants if table.owner else ():
            text = json.dumps({name: _value(table, name, kind, ids) for name, kind in table.columns})
            await connection.execute(insert_of(table), text)
            rows[table.name, ids] = text
    await connection.execute("SET session_replication_role = origin")
    return rows


def insert_of(table: Table) -> str:
    """A statement that adds the row which its argument, JSON, describes."""
    columns = ", ".join(f'"{name}"' for name in table.names)
    return (
        f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM json_populate_record(null::"{table.name}", $1)'
    )


def _value(table: Table, name: str, kind: str, ids: Ids) -> Any:
    """Fits the column's type, and the tenant where the column refers to something of it."""
    known = {
        "organizations": {"id": ids.organization_id},
        "projects": {"id": ids.project_id},
        "environments": {"id": ids.environment_id},
        "users": {"id": ids.user_id},
    }.get(table.name, {})
    if name in known or hasattr(ids, name):
        return str(known.get(name) or getattr(ids, name))
    if kind == "uuid":
        return str(uuid4())
    if kind == "bytea":
        return "\\x" + uuid4().bytes.hex()
    if kind.endswith("[]"):
        return []
    return _PLAIN.get(kind, uuid4().hex)
