"""The rows of one kind of project entity, as frozen dataclasses whose fields are the table's columns.

Each statement names the organization and the project, so a row of another tenant is never seen or touched.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Generic, TypeVar
from uuid import UUID

from service_kit.pagination import PageRequest
from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection, Record, Statement
from control_plane.entities.lists import FACET_VALUES_MAX, Facet, ListFilter
from control_plane.entities.models import EntityRow, Scope

__all__ = ["Binding", "EntityTable", "Row", "Scope"]
_FIXED = ("id", "organization_id", "project_id", "key", "version", "created_at")


Row = TypeVar("Row", bound=EntityRow)


class Binding:
    """Gives values their numbers in a statement."""

    def __init__(self, values: list[object]) -> None:
        self._values = values

    def __call__(self, value: object) -> str:
        self._values.append(value)
        return f"${len(self._values)}"


class EntityTable(Generic[Row]):
    """Reads and writes rows of `row_type` in the table `name`. `type_column` and `state_column`: what lists of this
    kind understand by `type` and `state`."""

    def __init__(
        self, name: str, row_type: type[Row], *, type_column: str | None = None, state_column: str | None = None
    ) -> None:
        self.row_type = row_type
        self._name = name
        self._facet_columns = {Facet.OWNER: "owner", Facet.TYPE: type_column, Facet.STATE: state_column}
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
        """At most `page.fetch` rows after the cursor, in the order that is wanted. Raises `InvalidCursor`."""
        values: list[object] = [scope.organization_id, scope.project_id]
        conditions = list(self.conditions(wanted, Binding(values)).values())
        if page.after is not None:
            value, key = wanted.order.position(page.after)
            bind = Binding(values)
            conditions.append(wanted.order.after("" if wanted.order.column == "key" else bind(value), bind(key)))
        narrowed = "".join(f" AND {each}" for each in conditions)
        statement = f"{self._select}{narrowed} ORDER BY {wanted.order.by} LIMIT {Binding(values)(page.fetch)}"
        return [self.row_type(**record) for record in await tx.fetch(statement, *values)]

    async def total(self, tx: Connection, scope: Scope, wanted: ListFilter) -> int:
        """How many rows the list has on all its pages."""
        values: list[object] = [scope.organization_id, scope.project_id]
        rows = self._narrowed(wanted, Binding(values))
        return int(await tx.fetchval(f"SELECT count(*) FROM {rows}", *values))  # noqa: S608 - names of our own

    async def counts(self, tx: Connection, scope: Scope, wanted: ListFilter, facet: Facet) -> list[tuple[str, int]]:
        """How many rows have each value of a facet, the most frequent first, of those that the other filters leave."""
        values: list[object] = [scope.organization_id, scope.project_id]
        bind = Binding(values)
        rows = self._narrowed(wanted.without(facet), bind)
        told = "unnest(tags)" if facet is Facet.TAG else self.facet_value(facet, wanted, bind)
        records = await tx.fetch(
            f"SELECT value, count(*) AS rows FROM (SELECT {told} AS value FROM {rows}) AS told "  # noqa: S608
            f"WHERE value IS NOT NULL GROUP BY value ORDER BY rows DESC, value LIMIT {FACET_VALUES_MAX}",
            *values,
        )
        return [(record["value"], record["rows"]) for record in records]

    def conditions(self, wanted: ListFilter, bind: Binding) -> dict[str, str]:
        """The conditions of a list, by what they narrow. Raises `InvalidInput` for what this kind doesn't know."""
        found: dict[str, str] = {}
        if wanted.search:
            number = bind(_contains(wanted.search))
            found["search"] = f"(key ILIKE {number} OR name ILIKE {number} OR description ILIKE {number})"
        if wanted.tag is not None:
            found["tag"] = f"tags @> ARRAY[{bind(wanted.tag)}::text]"
        for facet, value in ((Facet.OWNER, wanted.owner), (Facet.TYPE, wanted.type), (Facet.STATE, wanted.state)):
            if value is not None:
                found[facet] = f"{self.facet_value(facet, wanted, bind)} = {bind(value)}"
        if wanted.archived != "true":
            found["archived"] = "archived" if wanted.archived == "only" else "NOT archived"
        if wanted.changed_since is not None:
            found["changed_since"] = f"updated_at >= {bind(wanted.changed_since)}"
        for column, equal in wanted.equal.items():
            if column not in self._columns:
                raise ValueError(f"no column {column}")
            if equal is not None:
                found[column] = f"{column} = {bind(equal)}"
        return found

    def facet_value(self, facet: Facet, wanted: ListFilter, bind: Binding) -> str:  # noqa: ARG002 - for subclasses
        """What a row's value of the facet is. Raises `InvalidInput` for one that this kind hasn't."""
        column = self._facet_columns[facet]
        if column is None:
            raise InvalidInput([FieldError("facets", "not_applicable", f"these entities have no {facet}")])
        return column

    def _narrowed(self, wanted: ListFilter, bind: Binding) -> str:
        conditions = ["organization_id = $1", "project_id = $2", *self.conditions(wanted, bind).values()]
        return f"{self._name} WHERE {' AND '.join(conditions)}"

    def insertion(self, row: Row) -> Statement:
        """Returns the row as stored, none when its key is taken."""
        return Statement(self._insert, tuple(getattr(row, each) for each in self._columns))

    def update(self, row: Row) -> Statement:
        """Writes the row at the version it was read with; returns none when that version no longer stands."""
        changed = (getattr(row, each) for each in self._changing)
        return Statement(self._update, (row.organization_id, row.project_id, row.id, row.version, *changed))

    def stored(self, record: Record | None) -> Row | None:
        """What one of these has returned, perhaps among other columns."""
        if record is None or record["id"] is None:
            return None
        return self.row_type(**{each: record[each] for each in self._columns})

    def delete_later(self, tx: Connection, row: Row) -> None:
        """With the record of the write."""
        tx.later(self._delete, row.organization_id, row.project_id, row.id)


def _contains(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
