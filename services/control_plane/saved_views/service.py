"""① Saved views: who made one changes and deletes it; of a shared one also who may change flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right, refuse_archived, require
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.quotas import QuotaExceeded
from control_plane.saved_views.models import SavedViewRow
from control_plane.saved_views.repository import (
    count_views,
    delete_view,
    find_view,
    insert_view,
    update_view,
    views_seen,
)
from control_plane.saved_views.schemas import FILTERS_BYTES_MAX, SavedView, SavedViewFields, SavedViewsView

ENTITY = "saved_view"
OWN_MAX, SHARED_MAX = 100, 200
"""In one project."""
_OWN_ALONE = frozenset({"name", "filters"})


class SavedViews:
    """Of projects. `expected` is the version that the caller has seen; None is not compared."""

    def __init__(self, transactions: ProjectTransactions) -> None:
        self._transactions = transactions

    async def all(self, actor: Actor, project: str, page: str | None) -> SavedViewsView:
        """One's own and those that are shared."""
        async with self._transactions.read(actor, project, Right.PROJECT_READ) as read:
            rows = await views_seen(read.tx, read.scope, actor.id, page)
            return SavedViewsView(items=[_view(each, actor) for each in rows])

    async def create(self, actor: Actor, project: str, body: SavedViewFields) -> SavedView:
        """Raises `InvalidInput`, `QuotaExceeded`, and `MissingRight` for who shares and may not change flags."""
        _check_size(body.filters)
        async with self._transactions.write(actor, project, Right.PROJECT_READ, entity=ENTITY) as write:
            refuse_archived(write.scope)
            own, shared = await count_views(write.tx, write.scope, actor.id)
            if own >= OWN_MAX:
                raise _full("your own", OWN_MAX, own)
            if body.shared:
                _require_sharing(write, shared)
            row = SavedViewRow(
                **body.model_dump(),
                id=uuid4(),
                organization_id=write.scope.organization_id,
                project_id=write.scope.project_id,
                owner_id=actor.id,
                owner_name=actor.name,
                version=1,
                created_at=write.now,
                updated_at=write.now,
            )
            await insert_view(write.tx, row)
            await _record(write, None, row)
            return _view(row, actor)

    async def put(
        self, actor: Actor, project: str, identity: UUID, expected: int | None, body: SavedViewFields
    ) -> SavedView:
        """Raises as `create` does, and `NotFound`."""
        _check_size(body.filters)
        async with self._transactions.write(actor, project, Right.PROJECT_READ, entity=ENTITY) as write:
            refuse_archived(write.scope)
            before = await _changing(write, actor, identity, expected)
            if body.shared and not before.shared:
                _require_sharing(write, (await count_views(write.tx, write.scope, actor.id))[1])
            row = replace(before, **body.model_dump(), version=before.version + 1, updated_at=write.now)
            await update_view(write.tx, row)
            await _record(write, before, row)
            return _view(row, actor)

    async def delete(self, actor: Actor, project: str, identity: UUID, expected: int | None) -> None:
        async with self._transactions.write(actor, project, Right.PROJECT_READ, entity=ENTITY) as write:
            row = await _changing(write, actor, identity, expected)
            await delete_view(write.tx, row)
            await _record(write, row, None)


def _check_size(filters: Mapping[str, Any]) -> None:
    if len(msgspec.json.encode(filters)) > FILTERS_BYTES_MAX:
        raise InvalidInput([FieldError("filters", "too_large", f"take more than {FILTERS_BYTES_MAX:,} bytes")])


def _require_sharing(write: WriteTransaction, shared: int) -> None:
    require(write.actor, Right.FLAG_UPDATE, write.scope)
    if shared >= SHARED_MAX:
        raise _full("shared", SHARED_MAX, shared)


def _full(whose: str, most: int, used: int) -> QuotaExceeded:
    detail = f"the project has {used} of at most {most} saved views that are {whose}"
    return QuotaExceeded("saved_views", limit=most, used=used, detail=detail)


async def _changing(write: WriteTransaction, actor: Actor, identity: UUID, expected: int | None) -> SavedViewRow:
    row = await _found(write, actor, identity)
    if row.owner_id != actor.id:
        require(actor, Right.FLAG_UPDATE, write.scope)
    check_version(expected, row.version)
    return row


async def _found(at: ReadTransaction | WriteTransaction, actor: Actor, identity: UUID) -> SavedViewRow:
    row = await find_view(at.tx, at.scope, actor.id, identity)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


def _view(row: SavedViewRow, reader: Actor) -> SavedView:
    told = {name: getattr(row, name) for name in SavedView.model_fields if name not in ("owner", "own")}
    return SavedView(**told, owner=row.owner_name, own=row.owner_id == reader.id)


def _told(row: SavedViewRow, actor: Actor) -> dict[str, Any]:
    """As the audit log keeps it, which others read: of one that isn't shared that it is there, not what it says."""
    document = _view(row, actor).audited()
    return document if row.shared else {each: document[each] for each in document if each not in _OWN_ALONE}


async def _record(write: WriteTransaction, before: SavedViewRow | None, after: SavedViewRow | None) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - one of the two is given
    action = "delete" if after is None else "create" if before is None else "update"
    documents = [None if each is None else _told(each, write.actor) for each in (before, after)]
    await write.record(action, str(row.id), before=documents[0], after=documents[1], environments=[])
