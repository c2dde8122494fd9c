"""The rows of change requests and of what was said of them."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.entities.models import Edit
from control_plane.entities.table import Scope
from control_plane.reviews.models import CommentRow, ProposedEdit, RequestRow, State

_COLUMNS = tuple(each.name for each in fields(RequestRow))
_LISTED = ", ".join(_COLUMNS)
_CHANGING = tuple(
    each for each in _COLUMNS if each not in ("id", "organization_id", "project_id", "number", "author", "created_at")
)
_COMMENT_COLUMNS = tuple(each.name for each in fields(CommentRow))
_COMMENT = ", ".join(_COMMENT_COLUMNS)
_IN_PROJECT = "FROM change_requests WHERE organization_id = $1 AND project_id = $2"
_OF_PROJECT = f"SELECT {_LISTED} {_IN_PROJECT}"
_LONG = ("document", "base", "after", "audited")
# A list holds many requests, and the documents of each may take megabytes.
_OUTLINED = ", ".join(
    f"(SELECT json_agg(e.value::jsonb - '{{{','.join(_LONG)}}}'::text[] ORDER BY e.at) "
    "FROM json_array_elements(edits) WITH ORDINALITY AS e (value, at)) AS edits"
    if each == "edits"
    else each
    for each in _COLUMNS
)
_OUTLINES = f"SELECT {_OUTLINED} {_IN_PROJECT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """What a list is narrowed down to; None: any. `readable` are the nouns that the reader may read.

    `waits_for`: not yet reviewed by this person, who wrote none of its edits and may review in `reviewable`."""

    readable: Collection[str]
    state: State | None = None
    author: str | None = None
    environment: str | None = None
    waits_for: UUID | None = None
    reviewable: Collection[str] = ()


async def next_number(tx: Connection, scope: Scope) -> int:
    """While the project is locked."""
    number: int = await tx.fetchval(
        "SELECT COALESCE(max(number), 0) + 1 FROM change_requests WHERE organization_id = $1 AND project_id = $2",
        scope.organization_id,
        scope.project_id,
    )
    return number


async def insert(tx: Connection, row: RequestRow) -> None:
    numbers = ", ".join(f"${index}" for index in range(1, len(_COLUMNS) + 1))
    await tx.execute(f"INSERT INTO change_requests ({_LISTED}) VALUES ({numbers})", *_values(row, _COLUMNS))


async def find(tx: Connection, scope: Scope, number: int, *, lock: bool = False) -> RequestRow | None:
    statement = f"{_OF_PROJECT} AND number = $3{' FOR UPDATE' if lock else ''}"
    record = await tx.fetchrow(statement, scope.organization_id, scope.project_id, number)
    return None if record is None else _row(record)


async def update(tx: Connection, row: RequestRow) -> None:
    """Writes all that may change of a row that was read locked."""
    assigned = ", ".join(f"{each} = ${index}" for index, each in enumerate(_CHANGING, 3))
    await tx.execute(
        f"UPDATE change_requests SET {assigned} WHERE organization_id = $1 AND id = $2",
        row.organization_id,
        row.id,
        *_values(row, _CHANGING),
    )


async def update_impacts(tx: Connection, row: RequestRow) -> None:
    """Writes nothing but what its edits were counted to do."""
    await tx.execute(
        "UPDATE change_requests SET impacts = $3 WHERE organization_id = $1 AND id = $2",
        row.organization_id,
        row.id,
        row.impacts,
    )


async def update_versions(tx: Connection, row: RequestRow) -> None:
    """Writes nothing but the versions that the environments have since it was applied."""
    await tx.execute(
        "UPDATE change_requests SET environment_versions = $3 WHERE organization_id = $1 AND id = $2",
        row.organization_id,
        row.id,
        row.environment_versions,
    )


async def page(tx: Connection, scope: Scope, before: int | None, limit: int, wanted: RequestFilter) -> list[RequestRow]:
    """The newest first, those with a lower number than `before`; their edits without documents."""
    records = await tx.fetch(
        f"{_OUTLINES} AND ($3::bigint IS NULL OR number < $3) AND nouns <@ $5::text[] "
        "AND ($6::text IS NULL OR state = $6) AND ($7::text IS NULL OR $7 IN (author ->> 'id', author ->> 'name')) "
        "AND ($8::text IS NULL OR $8 = ANY(environments)) "
        "AND ($9::uuid IS NULL OR (state = 'open' AND environments && $10::text[] AND NOT $9 = ANY(author_ids) "
        "AND NOT EXISTS (SELECT FROM change_request_comments c WHERE c.change_request_id = change_requests.id "
        "AND c.author_id = $9 AND c.verdict IS NOT NULL AND c.revision = change_requests.revision))) "
        "ORDER BY number DESC LIMIT $4",
        scope.organization_id,
        scope.project_id,
        before,
        limit,
        sorted(wanted.readable),
        wanted.state,
        wanted.author,
        wanted.environment,
        wanted.waits_for,
        sorted(wanted.reviewable),
    )
    return [_row(each) for each in records]


async def failed(
    tx: Connection, scope: Scope, limit: int, readable: Collection[str], environment: str | None
) -> list[RequestRow]:
    """Open ones that were scheduled and could not be applied, in an environment or anywhere, the newest first; their
    edits without documents."""
    records = await tx.fetch(
        f"{_OUTLINES} AND state = 'open' AND failure IS NOT NULL AND nouns <@ $4::text[] "
        "AND ($5::text IS NULL OR $5 = ANY(environments)) ORDER BY number DESC LIMIT $3",
        scope.organization_id,
        scope.project_id,
        limit,
        sorted(readable),
        environment,
    )
    return [_row(each) for each in records]


async def take_due(tx: Connection) -> RequestRow | None:
    """The one that has waited longest, unless somebody else holds it or its project; both are locked."""
    columns = ", ".join(f"r.{each}" for each in _COLUMNS)
    record = await tx.fetchrow(
        f"SELECT {columns} FROM change_requests r "
        "JOIN projects p ON p.organization_id = r.organization_id AND p.id = r.project_id "
        "WHERE r.state = 'scheduled' AND r.scheduled_at <= $1 "
        "ORDER BY r.scheduled_at, r.id LIMIT 1 FOR UPDATE OF r, p SKIP LOCKED",
        tx.now,
    )
    return None if record is None else _row(record)


async def add_comment(tx: Connection, comment: CommentRow) -> None:
    numbers = ", ".join(f"${index}" for index in range(1, len(_COMMENT_COLUMNS) + 1))
    await tx.execute(
        f"INSERT INTO change_request_comments ({_COMMENT}) VALUES ({numbers})",
        *(getattr(comment, each) for each in _COMMENT_COLUMNS),
    )


async def comments_count(tx: Connection, row: RequestRow) -> int:
    """Also the number of the last one."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM change_request_comments WHERE organization_id = $1 AND change_request_id = $2",
        row.organization_id,
        row.id,
    )
    return count


async def comments(tx: Connection, row: RequestRow, after: int | None, limit: int) -> list[CommentRow]:
    """The oldest first, from the one after the number `after`."""
    records = await tx.fetch(
        f"SELECT {_COMMENT} FROM change_request_comments WHERE organization_id = $1 AND change_request_id = $2 "
        "AND number > $3 ORDER BY number LIMIT $4",
        row.organization_id,
        row.id,
        after or 0,
        limit,
    )
    return [CommentRow(**each) for each in records]


async def verdicts(tx: Connection, rows: Collection[RequestRow]) -> dict[UUID, list[CommentRow]]:
    """By request: what each person said last of it, in the order in which they said it."""
    found: dict[UUID, list[CommentRow]] = {each.id: [] for each in rows}
    if not rows:
        return found
    records = await tx.fetch(
        f"SELECT {_COMMENT} FROM (SELECT DISTINCT ON (change_request_id, author_id) {_COMMENT} "
        "FROM change_request_comments WHERE organization_id = $1 AND change_request_id = ANY($2::uuid[]) "
        "AND verdict IS NOT NULL ORDER BY change_request_id, author_id, number DESC) AS last "
        "ORDER BY change_request_id, number",
        next(iter(rows)).organization_id,
        list(found),
    )
    for record in records:
        found[record["change_request_id"]].append(CommentRow(**record))
    return found


def _values(row: RequestRow, columns: Collection[str]) -> list[object]:
    values = {name: getattr(row, name) for name in columns}
    return [[_stored(each) for each in value] if name == "edits" else value for name, value in values.items()]


def _row(record: asyncpg.Record) -> RequestRow:
    columns = {name: record[name] for name in _COLUMNS}
    edits = tuple(_proposed(each) for each in columns.pop("edits"))
    return RequestRow(**{**columns, "edits": edits, "state": State(columns["state"])})


def _stored(proposed: ProposedEdit) -> dict[str, Any]:
    edit = proposed.edit
    return {
        "entity": edit.entity,
        "key": edit.key,
        "environment": edit.environment,
        "action": edit.action,
        "document": edit.document,
        "base_version": edit.base_version,
        "base": proposed.base,
        "after": proposed.after,
        "environments": list(proposed.environments),
        "touched": list(proposed.touched),
        "shrinking": proposed.shrinking,
        "audited": proposed.audited,
    }


def _proposed(stored: Mapping[str, Any]) -> ProposedEdit:
    return ProposedEdit(
        edit=Edit(
            entity=stored["entity"],
            key=stored["key"],
            environment=stored["environment"],
            action=stored["action"],
            document=stored.get("document", {}),
            base_version=stored["base_version"],
        ),
        base=stored.get("base"),
        after=stored.get("after"),
        environments=tuple(stored["environments"]),
        touched=tuple(stored["touched"]),
        shrinking=stored["shrinking"],
        audited=stored.get("audited"),
    )
