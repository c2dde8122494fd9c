"""What the tests of the audit log share: entries of many kinds, and somebody who owns the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from control_plane.changes.hash_chain import ALL_COLUMNS, GENESIS, entry_hash
from control_plane.database import Connection, Database


@pytest.fixture
def owner_of_the_database(database: Database) -> Callable[..., Awaitable[None]]:
    """Does as they like, and no trigger runs."""

    async def does(*statements: str) -> None:
        async with database.connection() as connection:
            await _unwatched(connection, *statements)

    return does


@pytest.fixture
def rewritten(database: Database) -> Callable[..., Awaitable[None]]:
    """Changes entries and writes the whole chain anew from there, so that it fits itself."""

    async def write(organization: str, changed: Mapping[int, Mapping[str, Any]], *, leave: int | None = None) -> None:
        """`leave`: this entry is taken out, and those after it move up."""
        async with database.connection() as connection:
            rows = await connection.fetch(
                "SELECT * FROM audit_entries WHERE organization_id = $1 ORDER BY number", UUID(organization)
            )
            previous, number = GENESIS, 0
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("DELETE FROM audit_entries WHERE organization_id = $1", UUID(organization))
            for row in rows:
                if row["number"] == leave:
                    continue
                number += 1
                entry = {**dict(row), **changed.get(row["number"], {}), "number": number}
                digest = entry_hash(entry, previous)
                columns = (*ALL_COLUMNS, "previous_hash", "hash")
                values = [*(entry[name] for name in ALL_COLUMNS), previous, digest]
                places = ", ".join(f"${index + 1}" for index in range(len(columns)))
                await connection.execute(
                    f"INSERT INTO audit_entries ({', '.join(columns)}) VALUES ({places})",
                    *values,
                )
                previous = digest
            await connection.execute(
                "UPDATE audit_heads SET number = $2, hash = $3 WHERE organization_id = $1",
                UUID(organization),
                number,
                previous,
            )
            await connection.execute("SET session_replication_role = origin")

    return write


async def _unwatched(connection: Connection, *statements: str) -> None:
    await connection.execute("SET session_replication_role = replica")
    for statement in statements:
        await connection.execute(statement)
    await connection.execute("SET session_replication_role = origin")
