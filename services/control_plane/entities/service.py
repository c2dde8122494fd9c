"""What every project entity can do alike: be read, listed, archived, restored and deleted. Features add the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic

from service_kit.pages import PageRequest
from service_kit.problems import Conflict

from control_plane.access import Actor
from control_plane.context import AppContext
from control_plane.entities import usages
from control_plane.entities.errors import InUse, TooMany
from control_plane.entities.table import EntityTable, ListFilter, Row
from control_plane.entities.writing import Writing, find, reading, writing
from control_plane.environments.queries import EnvironmentRow


@dataclass(frozen=True, slots=True)
class Written(Generic[Row]):
    """A row as stored, and the config version that each changed environment has now, by the environment's key."""

    row: Row
    environment_versions: dict[str, int]


class EntityService(ABC, Generic[Row]):
    """The life of one kind of entity; a subclass names the kind and adds creation and change.

    `expected` is the version that the caller has seen: another one raises `PreconditionFailed`, None is not compared.
    """

    kind: ClassVar[usages.TargetKind | usages.UserKind]
    resource: ClassVar[str]
    """The name of the right."""
    count_max: ClassVar[int]
    """Per project, archived ones included."""
    table: EntityTable[Row]

    def __init__(self, context: AppContext) -> None:
        self._context = context

    @abstractmethod
    def document(self, row: Row) -> Mapping[str, Any]:
        """The row as a JSON object, for the audit log."""

    async def read(self, actor: Actor, project: str, key: str) -> Row:
        async with reading(self._context, actor, project, self.resource) as read:
            return await find(read, self.table, key)

    async def page(self, actor: Actor, project: str, page: PageRequest, wanted: ListFilter) -> list[Row]:
        async with reading(self._context, actor, project, self.resource) as read:
            return await self.table.page(read.tx, read.scope, page, wanted)

    async def archive(self, actor: Actor, project: str, key: str, expected: int | None) -> Written[Row]:
        """Raises `InUse` while anything active names the entity."""
        async with writing(self._context, actor, project, "archive", self.resource, entity=self.kind) as write:
            row = await find(write, self.table, key, expected)
            if row.archived:
                raise Conflict("it is archived already", code="no_change")
            await self.check_archive(write, row)
            return await self.update(write, row, replace(row, archived=True, updated_at=write.now), "archive")

    async def restore(self, actor: Actor, project: str, key: str, expected: int | None) -> Written[Row]:
        async with writing(self._context, actor, project, "restore", self.resource, entity=self.kind) as write:
            row = await find(write, self.table, key, expected)
            if not row.archived:
                raise Conflict("it is not archived", code="no_change")
            await self.check_restore(write, row)
            return await self.update(write, row, replace(row, archived=False, updated_at=write.now), "restore")

    async def delete(self, actor: Actor, project: str, key: str, expected: int | None) -> dict[str, int]:
        """Answers the environments' new versions. Raises `InUse` while anything names the entity."""
        async with writing(self._context, actor, project, "delete", self.resource, entity=self.kind) as write:
            row = await find(write, self.table, key, expected)
            await self.check_delete(write, row)
            await self.table.delete(write.tx, row)
            return await write.record(
                "delete", key, before=self.document(row), after=None, environments=self.served_by(write, row)
            )

    def served_by(self, write: Writing, row: Row) -> Sequence[EnvironmentRow]:  # noqa: ARG002 - for subclasses
        """The environments in which a change of the entity is seen."""
        return write.environments

    async def check_archive(self, write: Writing, row: Row) -> None:
        await self.refuse_used(write, row.key, active_only=True)

    async def check_restore(self, write: Writing, row: Row) -> None:
        """For subclasses that name other entities."""

    async def check_delete(self, write: Writing, row: Row) -> None:
        await self.refuse_used(write, row.key)

    async def refuse_used(self, write: Writing, key: str, *, active_only: bool = False) -> None:
        """Raises `InUse`, naming the users."""
        users = await usages.usages_of(write.tx, write.scope, self.kind, key)
        users = [each for each in users if each.active or not active_only]
        if users:
            raise InUse(f"the {self.kind} {key!r}", users)

    async def insert(self, write: Writing, row: Row) -> Written[Row]:
        """Stores a new row and ends the write. Raises `KeyTaken` and `TooMany`."""
        if await self.table.count(write.tx, write.scope) >= self.count_max:
            raise TooMany(self.kind, self.count_max)
        stored = await write.insert(self.table, row)
        versions = await write.record(
            "create", row.key, before=None, after=self.document(stored), environments=self.served_by(write, row)
        )
        return Written(stored, versions)

    async def update(self, write: Writing, row: Row, changed: Row, action: str = "update") -> Written[Row]:
        """Stores a changed row and ends the write."""
        stored = await write.update(self.table, changed)
        versions = await write.record(
            action,
            row.key,
            before=self.document(row),
            after=self.document(stored),
            environments=self.served_by(write, row),
        )
        return Written(stored, versions)
