"""The rows of one kind of project entity, as frozen dataclasses whose fields are the table's columns.

Each statement names the organization and the project, so a row of another tenant is never seen or touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Generic, TypeVar
from uuid import UUID

from service_kit.pagination import PageRequest

from control_plane.database import Connection
from control_plane.entities.models import EntityRow, Scope

__all__ = ["EntityTable", "ListFilter", "Row", "Scope"]
_FIXED = ("id", "organization_id", "project_id", "key", "version", "created_at")


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list is narrowed down to.

    `search` looks into key and name, `tag` is one of the tags, `equal` compares columns (None: not compared)."""

    search: str | None = None
    tag: str | None = None
    archived: bool = False
    equal: Mapping[str, object] = field(default_factory=dict)

    def also(self, **equal: object) -> ListFilter:
        return replace(self, equal={**self.equal, **equal})


Row = TypeVar("Row", bound=EntityRow)


class EntityTable(Generic[Row]):
    """Reads and writes rows of `row_type` in the table `name`."""

    def __init__(self, name: str, row_type: type[Row]) -> None:
        self.row_type = row_type
        self._columns = tuple(each.name for each in fields(row_type))
        changing = [each for each in self._columns if each not in _FIXED]
        numbers = ", ".join(f"${index}" for index in range(1, len(self._columns) + 1))
        listed = ", ".join(self._columns)
        assigned = ", ".join(f"{each} = ${index}" for index, each in enumerate(changing, 5))
        self._changing = changing
        self._select = f"SELECT {listed} FROM {name} WHERE organization_id = $1 AND project_id = $2"  # noqa: S608
        qualified = ", ".join(f"t.{each}" for each in self._columns)
        self._of_environment = (
            f"SELECT {qualified} FROM {name} t JOIN environments e "  # noqa: S608
            "ON e.organization_id = t.organization_id AND e.project_id = t.project_id WHERE e.id = $1 "
            "AND ($2::text[] IS NULL OR t.key = ANY($2)) ORDER BY t.key"
        )
        self._stamps = (
            f"SELECT t.key, t.xmin::text AS stamp FROM {name} t JOIN environments e "  # noqa: S608
            "ON e.organization_id = t.organization_id AND e.project_id = t.project_id WHERE e.id = $1 ORDER BY t.key"
        )
        self._insert = (
            f"INSERT INTO {name} ({listed}) VALUES ({numbers}) ON CONFLICT (project_id, key) DO NOTHING "  # noqa: S608
            f"RETURNING {listed}"
        )
        self._update = (
            f"UPDATE {name} SET version = version + 1, {assigned} "  # noqa: S608
            f"WHERE organization_id = $1 AND project_id = $2 AND id = $3 AND version = $4 RETURNING {listed}"
        )
        self._delete = f"DELETE FROM {name} WHERE organization_id = $1 AND project_id = $2 AND id = $3"  # noqa: S608

    async def find(self, tx: Connection, scope: Scope, key: str) -> Row | None:
        record = await tx.fetchrow(f"{self._select} AND key = $3", scope.organization_id, scope.project_id, key)
        return None if record is None else self.row_type(**record)

    async def of_keys(self, tx: Connection, scope: Scope, keys: Collection[str]) -> dict[str, Row]:
        """The rows of these keys, by key; a key without a row is left out."""
        if not keys:
            return {}
        statement = f"{self._select} AND key = ANY($3::text[])"
        records = await tx.fetch(statement, scope.organization_id, scope.project_id, sorted(keys))
        return {record["key"]: self.row_type(**record) for record in records}

    async def stamps_of_environment(self, tx: Connection, environment_id: UUID) -> dict[str, str]:
        """By key, a text for every row of the environment's project that changes with each write of the row."""
        return {record["key"]: record["stamp"] for record in await tx.fetch(self._stamps, environment_id)}

    async def of_environment(
        self, tx: Connection, environment_id: UUID, keys: Collection[str] | None = None
    ) -> list[Row]:
        """The rows of the project that the environment belongs to, all or those of `keys`, in the keys' order."""
        records = await tx.fetch(self._of_environment, environment_id, None if keys is None else list(keys))
        return [self.row_type(**record) for record in records]

    async def page(self, tx: Connection, scope: Scope, page: PageRequest, wanted: ListFilter) -> list[Row]:
        """At most `page.fetch` rows after the cursor, in the order of the keys."""
        conditions: list[str] = []
        values: list[object] = [scope.organization_id, scope.project_id]

        def bind(value: object) -> str:
            values.append(value)
            return f"${len(values)}"

        if page.after is not None:
            conditions.append(f"key > {bind(page.after)}")
        if wanted.search:
            number = bind(_contains(wanted.search))
            conditions.append(f"(key ILIKE {number} OR name ILIKE {number})")
        if wanted.tag is not None:
            conditions.append(f"tags @> ARRAY[{bind(wanted.tag)}::text]")
        if not wanted.archived:
            conditions.append("NOT archived")
        for column, value in wanted.equal.items():
            if column not in self._columns:
                raise ValueError(f"no column {column}")
            if value is not None:
                conditions.append(f"{column} = {bind(value)}")
        statement = "".join([self._select, *(f" AND {each}" for each in conditions), " ORDER BY key LIMIT "])
        records = await tx.fetch(statement + bind(page.fetch), *values)
        return [self.row_type(**record) for record in records]

    async def insert(self, tx: Connection, row: Row) -> Row | None:
        """The row as stored, or None when its key is taken."""
        record = await tx.fetchrow(self._insert, *(getattr(row, each) for each in self._columns))
        return None if record is None else self.row_type(**record)

    async def update(self, tx: Connection, row: Row) -> Row | None:
        """Writes the row at the version it was read with; None when that version no longer stands."""
        changed = [getattr(row, each) for each in self._changing]
        record = await tx.fetchrow(self._update, row.organization_id, row.project_id, row.id, row.version, *changed)
        return None if record is None else self.row_type(**record)

    async def delete(self, tx: Connection, row: Row) -> None:
        await tx.execute(self._delete, row.organization_id, row.project_id, row.id)


def _contains(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
