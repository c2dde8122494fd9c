"""The rows of personas."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from dataclasses import fields

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.personas.models import PersonaRow

_COLUMNS = tuple(each.name for each in fields(PersonaRow))
_FIXED = ("organization_id", "project_id", "key", "created_at")
_OF_PROJECT = f"SELECT {', '.join(_COLUMNS)} FROM personas WHERE organization_id = $1 AND project_id = $2"
_SAVE = (
    f"INSERT INTO personas ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(f'${index}' for index in range(1, len(_COLUMNS) + 1))}) ON CONFLICT (project_id, key) "
    f"DO UPDATE SET {', '.join(f'{each} = excluded.{each}' for each in _COLUMNS if each not in _FIXED)} "
    "WHERE personas.organization_id = excluded.organization_id"
)


async def personas_of(tx: Connection, scope: Scope) -> list[PersonaRow]:
    """By their keys."""
    records = await tx.fetch(f"{_OF_PROJECT} ORDER BY key", scope.organization_id, scope.project_id)
    return [PersonaRow(**each) for each in records]


async def find_persona(tx: Connection, scope: Scope, key: str) -> PersonaRow | None:
    record = await tx.fetchrow(f"{_OF_PROJECT} AND key = $3", scope.organization_id, scope.project_id, key)
    return None if record is None else PersonaRow(**record)


async def save_persona(tx: Connection, row: PersonaRow) -> None:
    """In the place of one with this key."""
    await tx.execute(_SAVE, *(getattr(row, each) for each in _COLUMNS))


async def delete_persona(tx: Connection, row: PersonaRow) -> None:
    await tx.execute(
        "DELETE FROM personas WHERE organization_id = $1 AND project_id = $2 AND key = $3",
        row.organization_id,
        row.project_id,
        row.key,
    )
