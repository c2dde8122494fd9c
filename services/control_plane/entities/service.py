"""The service of one kind of project entity: it can be read, listed, created, changed, archived, restored and deleted.

A feature says what is its own: the view of a row, how a request's fields are stored, what must hold before a write.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic
from uuid import UUID

from pydantic import BaseModel
from service_kit.pagination import PageRequest
from service_kit.problems import Conflict
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.database import Connection
from control_plane.entities import usages
from control_plane.entities.answers import Answered
from control_plane.entities.errors import Archived, InUse
from control_plane.entities.lists import Facet, ListFilter
from control_plane.entities.models import Edit, document_of
from control_plane.entities.owners import with_owner
from control_plane.entities.schemas import EntityCreate, EntityPatch
from control_plane.entities.sizes import stored_bytes
from control_plane.entities.table import EntityTable, Row
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction, find
from control_plane.environments.queries import EnvironmentRow
from control_plane.quotas import Quota

SHRINKING = frozenset({"archive", "pause", "stop", "unschedule"})
"""Writes that always get through, however full everything is; so does a deletion."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new entity, and the project that it is in."""

    view: Answered
    project_id: UUID


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One row more than a page has, when there are more; those of the page as they are answered; and what was asked to
    be counted."""

    rows: Sequence[Row]
    views: Sequence[Answered]
    total: int | None
    facets: Mapping[Facet, Sequence[tuple[str, int]]]


class EntityService(ABC, Generic[Row]):
    """The life of one kind of entity. Its answers are views; after a write with the environments' new versions.

    `expected` is the version that the caller has seen: another one raises `PreconditionFailed`, None is not compared.
    """

    kind: ClassVar[usages.Kind]
    resource: ClassVar[str]
    """The name of the right."""
    quota: ClassVar[Quota]
    """Of the number in a project, archived ones included."""
    placed: ClassVar[bool] = False
    """Whether each stands in one environment, and its writes are a right there."""
    published: ClassVar[bool] = True
    """Whether it takes room on the bus."""
    table: EntityTable[Row]
    creation: ClassVar[type[EntityCreate]]
    patch: ClassVar[type[EntityPatch]]

    def __init__(self, transactions: ProjectTransactions) -> None:
        self._transactions = transactions

    @abstractmethod
    def view(self, row: Row) -> Answered:
        """The entity as it is answered, as far as its own row tells."""

    async def views(self, tx: Connection, rows: Sequence[Row]) -> list[Answered]:  # noqa: ARG002 - for subclasses
        """The entities as they are answered, with what other rows tell of them."""
        return [self.view(row) for row in rows]

    def columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a request as columns of the table."""
        return dict(given)

    async def checked(self, write: WriteTransaction, row: Row, before: Row | None) -> Row:  # noqa: ARG002
        """The row in canonical form, or raises for what may not be; `before` is None for a new one."""
        return row

    async def read(self, actor: Actor, project: str, key: str) -> Answered:
        async with self._transactions.read(actor, project, self._right("read")) as read:
            [view] = await self.views(read.tx, [await find(read, self.table, key)])
            return view

    async def page(self, actor: Actor, project: str, page: PageRequest, wanted: ListFilter) -> Listed[Row]:
        async with self._transactions.read(actor, project, self._right("read")) as read:
            wanted = await self.settled_filter(read, wanted)
            rows = await self.table.page(read.tx, read.scope, page, wanted)
            return Listed(
                rows=rows,
                views=await self.views(read.tx, rows[: page.limit]),
                total=await self.table.total(read.tx, read.scope, wanted) if wanted.total else None,
                facets={each: await self.table.counts(read.tx, read.scope, wanted, each) for each in wanted.facets},
            )

    async def settled_filter(self, read: ReadTransaction, wanted: ListFilter) -> ListFilter:  # noqa: ARG002
        """For subclasses whose lists ask for more. Raises `InvalidInput`."""
        return wanted

    async def create(self, actor: Actor, project: str, body: EntityCreate) -> Created:
        """Raises `KeyTaken` and `QuotaExceeded`."""
        async with self._write(actor, project, self.edit("create", body.key, body)) as write:
            given = await with_owner(write, {**body.model_dump(), "name": body.name or body.key})
            row = self.table.row_type(**self.columns(given), **write.first())
            return await self.insert(write, await self.checked(write, row, None))

    async def change(self, actor: Actor, project: str, key: str, expected: int, body: EntityPatch) -> Answered:
        async with self._write(actor, project, self.edit("update", key, body, expected)) as write:
            row = await self.found(write, "update", key, expected)
            self.refuse_archived(row)
            given = await with_owner(write, body.given())
            changed = replace(row, **self.columns(given), updated_at=write.now)
            return await self.update(write, row, await self.checked(write, changed, row))

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a change that would make the entity what it is in this document of the audit log."""
        return _named(self.patch, document)

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> Answered:
        """A change as of a request. Raises pydantic's `ValidationError`, too."""
        return await self.change(actor, project, key, expected, self.patch.model_validate(fields))

    async def recreate(self, actor: Actor, project: str, document: Mapping[str, Any]) -> Answered:
        """One that was deleted, as it is in a document of the audit log. Raises pydantic's `ValidationError`, too."""
        given = {**_named(self.creation, document), **self.authored(document)}
        return (await self.create(actor, project, self.creation.model_validate(given))).view

    async def archive(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        """Raises `InUse` while anything active names the entity."""
        async with self._write(actor, project, self.edit("archive", key, None, expected)) as write:
            row = await self.found(write, "archive", key, expected)
            if row.archived:
                raise Conflict("it is archived already", code="no_change")
            await self.check_archive(write, row)
            return await self.update(write, row, replace(row, archived=True, updated_at=write.now), "archive")

    async def restore(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        async with self._write(actor, project, self.edit("restore", key, None, expected)) as write:
            row = await self.found(write, "restore", key, expected)
            if not row.archived:
                raise Conflict("it is not archived", code="no_change")
            await self.check_restore(write, row)
            return await self.update(write, row, replace(row, archived=False, updated_at=write.now), "restore")

    async def delete(self, actor: Actor, project: str, key: str, expected: int | None) -> dict[str, int]:
        """Answers the environments' new versions. Raises `InUse` while anything names the entity."""
        async with self._write(actor, project, self.edit("delete", key, None, expected)) as write:
            row = await self.found(write, "delete", key, expected)
            await self.check_delete(write, row)
            await self._hold_served(write, "delete", row, None)
            self.table.delete_later(write.tx, row)
            return await write.record(
                "delete", key, before=self.audited(row), after=None, environments=self.served_by(write, row)
            )

    def audited(self, row: Row) -> Mapping[str, Any]:
        """The entity as the audit log keeps it."""
        return self.view(row).audited()

    def served_by(self, write: WriteTransaction, row: Row) -> Sequence[EnvironmentRow]:  # noqa: ARG002
        """The environments in which a change of the entity is seen."""
        return write.environments

    async def check_archive(self, write: WriteTransaction, row: Row) -> None:
        await self.refuse_used(write, row.key, active_only=True)

    async def check_restore(self, write: WriteTransaction, row: Row) -> None:
        """For subclasses that name other entities."""

    async def check_delete(self, write: WriteTransaction, row: Row) -> None:
        await self.refuse_used(write, row.key)

    async def refuse_used(self, write: WriteTransaction, key: str, *, active_only: bool = False) -> None:
        """Raises `InUse`, naming the users."""
        users = await usages.usages_of(write.tx, write.scope, self.kind, key)
        users = [each for each in users if each.active or not active_only]
        if users:
            raise InUse(f"the {self.kind} {key!r}", users)

    def refuse_archived(self, row: Row) -> None:
        """Raises `Archived`."""
        if row.archived:
            raise Archived(self.kind, row.key)

    def edit(self, action: str, key: str, body: BaseModel | None = None, expected: int | None = None) -> Edit:
        """A write as a document."""
        return Edit(entity=self.kind, key=key, action=action, document=document_of(body), base_version=expected)

    def _write(self, actor: Actor, project: str, edit: Edit) -> AbstractAsyncContextManager[WriteTransaction]:
        """The transaction of one write of this kind."""
        right = self._right(edit.action)
        return self._transactions.write(actor, project, right, entity=self.kind, placed=self.placed, edit=edit)

    async def found(self, write: WriteTransaction, action: str, key: str, expected: int | None) -> Row:
        """The row, and the right to do it where the row stands. Raises `NotFound`, `MissingRight` and
        `PreconditionFailed`."""
        row = await find(write, self.table, key)
        self.require_at(write, action, row)
        check_version(expected, row.version)
        return row

    def require_at(self, write: WriteTransaction, action: str, row: Row) -> None:
        """Raises `MissingRight` for what stands in an environment in which the actor lacks the right."""
        if not self.placed:
            return
        for environment in self.served_by(write, row):
            write.require(self._right(action), environment)
            return
        require(write.actor, self._right(action), write.scope)

    async def _hold_served(self, write: WriteTransaction, action: str, before: Row | None, after: Row | None) -> None:
        if write.guarded:
            changed = await self.serving(write, before, after)
            await write.serve(self._right(action), changed, off=action in SHRINKING)

    def _right(self, action: str) -> Right:
        return Right(f"{self.resource}:{'archive' if action == 'restore' else action}")

    async def serving(
        self,
        write: WriteTransaction,  # noqa: ARG002
        before: Row | None,  # noqa: ARG002
        after: Row | None,  # noqa: ARG002
    ) -> Sequence[EnvironmentRow]:
        """The environments whose answers the write may change: what protects them looks at these alone."""
        return ()

    async def insert(self, write: WriteTransaction, row: Row) -> Created:
        """Stores a new row and ends the write."""
        stored = await write.insert(self.table, row, self.served_by(write, row))
        return Created(await self._recorded(write, "create", None, stored), stored.project_id)

    async def update(self, write: WriteTransaction, row: Row, changed: Row, action: str = "update") -> Answered:
        """Stores a changed row and ends the write."""
        return await self._recorded(write, action, row, await self._changed(write, changed))

    async def _changed(self, write: WriteTransaction, changed: Row) -> Row:
        return await write.update(self.table, changed, self.served_by(write, changed))

    async def _recorded(self, write: WriteTransaction, action: str, before: Row | None, stored: Row) -> Answered:
        served = self.served_by(write, stored)
        await self._hold_served(write, action, before, stored)
        if action not in SHRINKING:
            growth = self._growth(before, stored) if self.published else 0
            write.hold(served, growth, self.quota if before is None else None)
        view = await self.written(write, before, stored)
        versions = await write.record(
            action,
            stored.key,
            before=None if before is None else self.audited(before),
            after=view.audited(),
            environments=served,
        )
        return view.written(versions, write.warnings)

    async def written(self, write: WriteTransaction, before: Row | None, stored: Row) -> Answered:  # noqa: ARG002
        """The entity as a write answers it."""
        [view] = await self.views(write.tx, [stored])
        return view

    def _growth(self, before: Row | None, stored: Row) -> int:
        """What is archived takes no room as far as the bus is concerned."""
        was_there = before is not None and not (before.archived and not stored.archived)
        return stored_bytes(stored) - (stored_bytes(before) if was_there else 0)


def _named(body: type[EntityCreate | EntityPatch], document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says of the fields that a request has."""
    names = [field.alias or name for name, field in body.model_fields.items()]
    return {name: document[name] for name in names if name in document}
