"""The rows of rollout templates."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from dataclasses import fields

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.rollouts.models import TemplateRow

_COLUMNS = tuple(each.name for each in fields(TemplateRow))
_CHANGING = tuple(each for each in _COLUMNS if each not in ("organization_id", "project_id", "key", "created_at"))
_OF_PROJECT = f"SELECT {', '.join(_COLUMNS)} FROM rollout_templates WHERE organization_id = $1 AND project_id = $2"
_SAVE = (
    f"INSERT INTO rollout_templates ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(f'${index}' for index in range(1, len(_COLUMNS) + 1))}) ON CONFLICT (project_id, key) "
    f"DO UPDATE SET {', '.join(f'{each} = excluded.{each}' for each in _CHANGING)} "
    "WHERE rollout_templates.organization_id = excluded.organization_id"
)


async def find_template(tx: Connection, scope: Scope, key: str) -> TemplateRow | None:
    record = await tx.fetchrow(f"{_OF_PROJECT} AND key = $3", scope.organization_id, scope.project_id, key)
    return None if record is None else TemplateRow(**record)


async def templates_of(tx: Connection, scope: Scope) -> list[TemplateRow]:
    """By their keys."""
    records = await tx.fetch(f"{_OF_PROJECT} ORDER BY key", scope.organization_id, scope.project_id)
    return [TemplateRow(**each) for each in records]


async def save_template(tx: Connection, row: TemplateRow) -> None:
    """In the place of one with this key."""
    await tx.execute(_SAVE, *(getattr(row, each) for each in _COLUMNS))


async def delete_template(tx: Connection, row: TemplateRow) -> None:
    await tx.execute(
        "DELETE FROM rollout_templates WHERE organization_id = $1 AND project_id = $2 AND key = $3",
        row.organization_id,
        row.project_id,
        row.key,
    )
