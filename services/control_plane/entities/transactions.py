"""Transactions in a project: the right is checked first; a write holds off other writes and ends in one change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID, uuid4

from service_kit.origins import current_reason
from service_kit.problems import NotFound, PreconditionFailed
from service_kit.versions import check_version

from control_plane.access import Actor, ProjectScope, Right, require, tenancy_of
from control_plane.changes import Asked, Begun, Change, begin_record, forget_written, record_begun
from control_plane.database import Connection, Database, Record, Statement
from control_plane.entities import usages
from control_plane.entities.dry_runs import Tried, dry_run
from control_plane.entities.errors import KeyTaken, ReasonRequired
from control_plane.entities.models import Edit
from control_plane.entities.schemas import Warned
from control_plane.entities.table import EntityTable, Row
from control_plane.environments.queries import (
    About,
    EnvironmentRow,
    environments_of,
    open_project,
    resolve_project,
)
from control_plane.quotas import Growth, Quota, Quotas, Use

STOPPED_MAX = 100
"""How many experiments a write may stop beside what it does."""


@dataclass(frozen=True, slots=True)
class ReadTransaction:
    """A transaction in a project that the actor may read."""

    tx: Connection
    scope: ProjectScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What a write also did to another entity: an audit entry of its own, in the versions that the write has. What is
    published of that entity differs then in `environment_ids`, too."""

    entity: str
    key: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    environment_ids: Sequence[UUID] = ()


class Agreement(Protocol):
    """What people agree on before a write changes what an environment serves."""

    async def check(self, write: WriteTransaction, environments: Sequence[EnvironmentRow]) -> None:
        """Raises a `Problem` when the write has to wait."""


@dataclass(frozen=True, slots=True)
class WriteTransaction:
    """A transaction in a project that the actor may change; no other write of the project runs beside it.

    So that what is checked against other entities (references, cycles, layers) still holds at the commit.
    """

    tx: Connection
    scope: ProjectScope
    actor: Actor
    environments: tuple[EnvironmentRow, ...]
    entity: str
    quotas: Quotas
    agreement: Agreement | None = None
    """None: every write goes through."""
    edit: Edit | None = None
    """The write as a document, where it is one."""
    alone: bool = False
    """Others may write in the project meanwhile."""
    warnings: list[Warned] = field(default_factory=list)
    """For the answer: what to know about the write."""
    consequences: list[Consequence] = field(default_factory=list)
    """Recorded after the write itself."""
    read: dict[object, Any] = field(default_factory=dict)
    """What was read of an entity besides its row, by its id."""
    leading: list[tuple[usages.Reached, ...]] = field(default_factory=list)
    """What leads from what is written to experiments that run, once it is known; see `reached`."""
    begun: list[Begun] = field(default_factory=list)
    """The record, once it is."""
    growths: list[Growth] = field(default_factory=list)
    """What the quotas are asked for with the record."""

    @property
    def now(self) -> datetime:
        return self.tx.now

    @property
    def reason(self) -> str:
        """Why it is made; empty where nobody has said."""
        return current_reason()

    @property
    def holds_rows(self) -> bool:
        """Whether nobody else may write what this is about to change, from when it is read."""
        return not self.alone

    @property
    def guarded(self) -> bool:
        """Whether it matters which environments serve otherwise after the write."""
        return any(each.guarded for each in self.environments)

    async def reached(self) -> tuple[usages.Reached, ...]:
        """What leads from what is written to experiments that run."""
        if not self.leading:
            self.leading.append(await self._reached())
        return self.leading[0]

    async def _reached(self) -> tuple[usages.Reached, ...]:
        about = _about(self.edit)
        if about.kind is None or about.key is None:
            return ()
        return await usages.experiments_reached(self.tx, self.scope, about.kind, about.key, about.environment)

    def first(self) -> dict[str, Any]:
        """What every new entity of this write has in common: an id, its tenant, version 1."""
        return {
            "id": uuid4(),
            "organization_id": self.scope.organization_id,
            "project_id": self.scope.project_id,
            "archived": False,
            "version": 1,
            "created_at": self.now,
            "updated_at": self.now,
        }

    def require(self, right: Right, environment: EnvironmentRow) -> None:
        """What is done in one environment. Raises `MissingRight`."""
        require(self.actor, right, environment.within(self.scope))

    async def serve(self, right: Right, environments: Sequence[EnvironmentRow], *, off: bool = False) -> None:
        """Before `record`: the write changes what these environments serve. A protected one asks for the right in
        itself, one may ask for a reason, and what was agreed on for each is held; `off` needs no reason and waits for
        nobody's agreement.

        Raises `MissingRight`, `ReasonRequired`, and what the agreement raises.
        """
        for environment in environments:
            if environment.protected:
                self.require(right, environment)
            if environment.reason_required and not off and not current_reason():
                raise ReasonRequired(environment.key)
        if environments and not off and self.agreement is not None:
            await self.agreement.check(self, environments)

    async def insert(self, table: EntityTable[Row], row: Row, environments: Sequence[EnvironmentRow]) -> Row:
        """Begins the record in `environments`, too. Raises `KeyTaken`."""
        stored = table.stored(await self._store(table.insertion(row), environments))
        if stored is None:
            raise KeyTaken(self.entity, row.key)
        return stored

    async def update(self, table: EntityTable[Row], row: Row, environments: Sequence[EnvironmentRow]) -> Row:
        """Begins the record in `environments`, too. Raises `PreconditionFailed` when the row was changed since it was
        read."""
        stored = table.stored(await self._store(table.update(row), environments))
        if stored is None:
            raise PreconditionFailed("the entity was changed meanwhile: read it again")
        return stored

    async def _store(self, write: Statement, environments: Sequence[EnvironmentRow]) -> Record | None:
        begun = await self._begin(environments, write)
        self.begun.append(begun)
        return begun.row

    async def _begin(self, environments: Sequence[EnvironmentRow], write: Statement | None = None) -> Begun:
        return await begin_record(self.tx, self.scope.organization_id, [each.id for each in environments], write)

    async def record(
        self,
        action: str,
        key: str,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        environments: Sequence[EnvironmentRow],
    ) -> dict[str, int]:
        """Ends the write. Answers the new version of each of `environments` by its key. Raises `QuotaExceeded`."""
        change = self.change(action, key, before=before, after=after, environments=environments)
        self.tell(change)
        begun = self.begun[0] if self.begun else await self._begin(environments)
        # What the quotas are asked stands in the statement that ends the record.
        whole = next((each for each in self.growths if each.environment_ids == change.environment_ids), None)
        asked = None if whole is None else Asked(whole.bytes, self.quotas.obstacles(whole))
        versions, told = await record_begun(self.tx, [change, *self.also(change)], begun, asked)
        if whole is not None and told is not None:
            self._warn(self.quotas.judge(whole, told))
        for growth in self.growths:
            if growth is not whole:
                self._warn(await self.quotas.hold(self.tx, growth))
        return {each.key: versions[each.id] for each in environments}

    def tell(self, change: Change) -> None:
        """What a dry run answers."""
        tried = dry_run()
        if tried is not None:
            tried.changes.extend((change, *self.also(change)))

    def _warn(self, near: Sequence[Use]) -> None:
        self.warnings.extend(Warned(code="quota_nearly_used", detail=str(use)) for use in near)

    def change(
        self,
        action: str,
        key: str,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        environments: Sequence[EnvironmentRow],
    ) -> Change:
        """The write as it is recorded."""
        return Change(
            organization_id=self.scope.organization_id,
            project_id=self.scope.project_id,
            environment_ids=[each.id for each in environments],
            entity=self.entity,
            entity_key=key,
            action=action,
            actor=self.actor,
            before=before,
            after=after,
        )

    def also(self, change: Change) -> tuple[Change, ...]:
        """What is recorded after the write."""
        return tuple(
            replace(
                change,
                entity=each.entity,
                entity_key=each.key,
                action=each.action,
                environment_ids=each.environment_ids,
                before=each.before,
                after=each.after,
            )
            for each in self.consequences
        )

    def hold(self, environments: Sequence[EnvironmentRow], growth: int, quota: Quota | None = None) -> None:
        """Before `record`, which raises `QuotaExceeded`: the write adds so many bytes to each of `environments`, and
        perhaps one to what `quota` counts.

        What makes nothing grow passes. What switches off, archives or deletes doesn't ask.
        """
        if growth > 0 or quota is not None:
            self.growths.append(self.growth(environments, growth, quota))

    def growth(self, environments: Sequence[EnvironmentRow], growth: int, quota: Quota | None) -> Growth:
        """What the write adds, as quotas are asked for it."""
        return Growth(
            organization_id=self.scope.organization_id,
            project_id=self.scope.project_id,
            environment_ids=[each.id for each in environments],
            bytes=growth,
            quota=quota,
        )


class ProjectTransactions:
    """Opens the transactions of one database."""

    def __init__(self, database: Database, quotas: Quotas, agreement: Agreement | None = None) -> None:
        self._database = database
        self._quotas = quotas
        self._agreement = agreement
        self._seconds: float | None = None

    def patient(self, seconds: float) -> Self:
        """For what takes longer than other work does."""
        others = copy(self)
        others._seconds = seconds
        return others

    def _transaction(self, actor: Actor) -> AbstractAsyncContextManager[Connection]:
        return self._database.transaction(tenancy=tenancy_of(actor), seconds=self._seconds)

    @asynccontextmanager
    async def read(self, actor: Actor, project: str, right: Right) -> AsyncIterator[ReadTransaction]:
        """Raises `NotFound` for a project that isn't the actor's, `MissingRight` without the right to read."""
        async with self._transaction(actor) as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, right, scope)
            yield ReadTransaction(tx, scope)

    @asynccontextmanager
    async def write(
        self,
        actor: Actor,
        project: str,
        right: Right,
        *,
        entity: str,
        placed: bool = False,
        edit: Edit | None = None,
    ) -> AsyncIterator[WriteTransaction]:
        """Commits at the end of the block. `entity` stands in the audit log. `placed`: it is done in one environment;
        whoever may do it in none is refused here, and `WriteTransaction.require` asks for the very one. `edit`: the
        write as a document.

        Raises `NotFound` and `MissingRight` like `read`.
        """
        async with _kept_or_tried(), self._transaction(actor) as tx:
            opened = await open_project(tx, actor, project, actor.granted_in(right), _about(edit))
            require(actor, right, opened.scope, inside=placed)
            environments = opened.environments
            if not opened.locked:
                await lock_project(tx, opened.scope)
                environments = tuple(await environments_of(tx, opened.scope))
            yield WriteTransaction(
                tx=tx,
                scope=opened.scope,
                actor=actor,
                environments=environments,
                entity=entity,
                quotas=self._quotas,
                agreement=self._agreement,
                edit=edit,
                leading=[usages.read_reached(opened.reached)] if opened.locked else [],
            )
            _end_dry_run()

    @asynccontextmanager
    async def alone(
        self, actor: Actor, project: str, right: Right, *, entity: str, edit: Edit
    ) -> AsyncIterator[WriteTransaction]:
        """As `write`, of one row in one environment, beside other writes of the project: it waits for none and holds up
        none. What it writes depends on nothing else of the project, and it is refused (`database_busy`) where the row
        was written since it was read.

        Raises `NotFound` and `MissingRight` like `read`.
        """
        async with _kept_or_tried(), self._transaction(actor) as tx:
            opened = await open_project(tx, actor, project, (), _about(edit))
            require(actor, right, opened.scope, inside=True)
            yield WriteTransaction(
                tx=tx,
                scope=opened.scope,
                actor=actor,
                environments=opened.environments,
                entity=entity,
                quotas=self._quotas,
                agreement=self._agreement,
                edit=edit,
                alone=True,
                leading=[usages.read_reached(opened.reached)],
            )
            _end_dry_run()


@asynccontextmanager
async def _kept_or_tried() -> AsyncIterator[None]:
    """Around a transaction: of a dry run nothing is left, and whoever makes it goes on as after a commit."""
    tried = dry_run()
    if tried is not None:
        tried.changes.clear()
    try:
        yield
    except Tried:
        forget_written()


def _end_dry_run() -> None:
    """Raises `Tried`."""
    if dry_run() is not None:
        raise Tried


def _about(edit: Edit | None) -> About:
    """What others may name of what is written."""
    if edit is None or edit.action == "create":
        return About()
    return About(edit.entity.removesuffix("_settings"), edit.key, edit.environment)


async def lock_project(tx: Connection, scope: ProjectScope) -> None:
    """Holds off other writes of the project, and a new environment, which must see this write or be part of it."""
    await tx.execute(
        "SELECT 1 FROM projects WHERE organization_id = $1 AND id = $2 FOR UPDATE",
        scope.organization_id,
        scope.project_id,
    )


async def find(
    transaction: ReadTransaction | WriteTransaction, table: EntityTable[Row], key: str, expected: int | None = None
) -> Row:
    """Raises `NotFound` for an absent key, and `PreconditionFailed` when it is not at the `expected` version."""
    row = await table.find(transaction.tx, transaction.scope, key)
    if row is None:
        raise NotFound("there is nothing at this address")
    check_version(expected, row.version)
    return row
