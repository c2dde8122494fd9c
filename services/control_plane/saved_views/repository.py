"""The rows of saved views."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.saved_views.models import SavedViewRow

_COLUMNS = tuple(each.name for each in fields(SavedViewRow))
_LISTED = ", ".join(_COLUMNS)
_CHANGING = ("page", "name", "filters", "shared", "version", "updated_at")
# What isn't shared is seen by its owner alone.
_SEEN = (
    f"SELECT {_LISTED} FROM saved_views WHERE organization_id = $1 AND project_id = $2 AND (shared OR owner_id = $3)"
)


async def views_seen(tx: Connection, scope: Scope, owner: UUID, page: str | None) -> list[SavedViewRow]:
    """By page and name."""
    records = await tx.fetch(
        f"{_SEEN} AND ($4::text IS NULL OR page = $4) ORDER BY page, lower(name), id",
        scope.organization_id,
        scope.project_id,
        owner,
        page,
    )
    return [SavedViewRow(**each) for each in records]


async def find_view(tx: Connection, scope: Scope, owner: UUID, identity: UUID) -> SavedViewRow | None:
    record = await tx.fetchrow(f"{_SEEN} AND id = $4", scope.organization_id, scope.project_id, owner, identity)
    return None if record is None else SavedViewRow(**record)


async def count_views(tx: Connection, scope: Scope, owner: UUID) -> tuple[int, int]:
    """How many are the owner's, and how many are shared."""
    row = await tx.fetchrow(
        "SELECT count(*) FILTER (WHERE owner_id = $3) AS own, count(*) FILTER (WHERE shared) AS shared "
        "FROM saved_views WHERE organization_id = $1 AND project_id = $2",
        scope.organization_id,
        scope.project_id,
        owner,
    )
    assert row is not None  # noqa: S101 - a count has a row
    return row["own"], row["shared"]


async def insert_view(tx: Connection, row: SavedViewRow) -> None:
    numbers = ", ".join(f"${index}" for index in range(1, len(_COLUMNS) + 1))
    await tx.execute(
        f"INSERT INTO saved_views ({_LISTED}) VALUES ({numbers})", *(getattr(row, each) for each in _COLUMNS)
    )


async def update_view(tx: Connection, row: SavedViewRow) -> None:
    assigned = ", ".join(f"{each} = ${index}" for index, each in enumerate(_CHANGING, 3))
    await tx.execute(
        f"UPDATE saved_views SET {assigned} WHERE organization_id = $1 AND id = $2",
        row.organization_id,
        row.id,
        *(getattr(row, each) for each in _CHANGING),
    )


async def delete_view(tx: Connection, row: SavedViewRow) -> None:
    await tx.execute("DELETE FROM saved_views WHERE organization_id = $1 AND id = $2", row.organization_id, row.id)
