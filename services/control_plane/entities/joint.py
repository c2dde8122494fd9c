"""Writes that are made together: services write one after another in one transaction, which ends in one change.

Each environment gets one version, the audit log one entry for each write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from service_kit.origins import current_reason

from control_plane.access import Actor, ProjectScope, Right, require
from control_plane.changes import Change, record_together
from control_plane.database import Connection, Record, Statement
from control_plane.entities import usages
from control_plane.entities.models import Edit
from control_plane.entities.transactions import (
    Agreement,
    ProjectTransactions,
    ReadTransaction,
    WriteTransaction,
    lock_project,
)
from control_plane.environments.queries import EnvironmentRow, environments_of
from control_plane.quotas import Growth, Quota, Quotas


@dataclass(frozen=True, slots=True)
class Made:
    """One write with what it also did to others, and where it changes answers. `shrinking`: it only switches off,
    stops or takes away there."""

    change: Change
    consequences: tuple[Change, ...]
    answering: tuple[EnvironmentRow, ...]
    shrinking: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The transaction in a project that all the writes are made in, and who makes them."""

    tx: Connection
    scope: ProjectScope
    actor: Actor
    environments: tuple[EnvironmentRow, ...]
    quotas: Quotas

    @classmethod
    async def lock(cls, tx: Connection, scope: ProjectScope, actor: Actor, quotas: Quotas) -> Frame:
        """Holds off every other write of the project."""
        await lock_project(tx, scope)
        return cls(tx, scope, actor, tuple(await environments_of(tx, scope)), quotas)


class JointTransactions(ProjectTransactions):
    """Opens every transaction in the one that stands. What the writes ask of their maker's rights is kept, and asked
    by `require_all`; what they must be agreed on, too, is the business of whoever has them made. `reason`: why they are
    made, where the request doesn't say. `agreement`: what each is held against as it is made, like the reasons that are
    asked for."""

    def __init__(self, frame: Frame, reason: str = "", agreement: Agreement | None = None) -> None:
        self._frame = frame
        self._agreement = agreement
        self.reason = reason
        self.made: list[Made] = []
        self._growths: list[Growth] = []
        self._experiments_run: bool | None = None
        self._demands: list[Callable[[], None]] = []

    @asynccontextmanager
    async def read(self, actor: Actor, project: str, right: Right) -> AsyncIterator[ReadTransaction]:  # noqa: ARG002
        require(actor, right, self._frame.scope)
        yield ReadTransaction(self._frame.tx, self._frame.scope)

    @asynccontextmanager
    async def write(
        self,
        actor: Actor,
        project: str,  # noqa: ARG002
        right: Right,
        *,
        entity: str,
        placed: bool = False,
        edit: Edit | None = None,
    ) -> AsyncIterator[WriteTransaction]:
        frame = self._frame
        self.demand(lambda: require(actor, right, frame.scope, inside=placed))
        if entity == "experiment":
            self._experiments_run = None
        yield _JointWrite(
            tx=frame.tx,
            scope=frame.scope,
            actor=actor,
            environments=frame.environments,
            entity=entity,
            quotas=frame.quotas,
            agreement=self._agreement,
            edit=edit,
            joint=self,
        )

    @asynccontextmanager
    async def alone(
        self, actor: Actor, project: str, right: Right, *, entity: str, edit: Edit
    ) -> AsyncIterator[WriteTransaction]:
        """With the others, as any write is here."""
        async with self.write(actor, project, right, entity=entity, placed=True, edit=edit) as write:
            yield write

    @property
    def frame(self) -> Frame:
        return self._frame

    async def experiments_run(self) -> bool:
        """Whether any runs in the project: asked once, for as long as none is written."""
        if self._experiments_run is None:
            self._experiments_run = await usages.experiments_run(self._frame.tx, self._frame.scope)
        return self._experiments_run

    def require_all(self) -> None:
        """Raises `MissingRight` unless whoever made the writes might have made each alone."""
        for demand in self._demands:
            demand()

    def require_new(self) -> None:
        """As `require_all`, of what was made since it was last asked."""
        demands, self._demands = self._demands, []
        for demand in demands:
            demand()

    def forget(self, made: int) -> None:
        """What was made behind so many writes isn't, nor asked for."""
        del self.made[made:]
        self._demands.clear()

    def demand(self, required: Callable[[], None]) -> None:
        self._demands.append(required)

    def hold(self, growth: Growth) -> None:
        self._growths.append(growth)

    async def record(self, last: Change) -> dict[str, int]:
        """Ends all the writes; `last` tells of them together. Answers the new version of each environment by its key.

        Raises `QuotaExceeded`.
        """
        frame = self._frame
        changes = [each for made in self.made for each in (made.change, *made.consequences)]
        changes = [replace(each, origin=last.origin) for each in changes]
        await frame.tx.send_kept_back()
        versions = await record_together(frame.tx, changes, last)
        for growth in _summed(self._growths):
            await frame.quotas.hold(frame.tx, growth)
        return {each.key: versions[each.id] for each in frame.environments if each.id in versions}


def _summed(growths: Iterable[Growth]) -> Iterable[Growth]:
    """One for each quota and set of environments: use is asked after all of the rows, and while others wait for it."""
    summed: dict[tuple[tuple[UUID, ...], Quota | None], Growth] = {}
    for each in growths:
        held_to = (tuple(each.environment_ids), each.quota)
        known = summed.get(held_to)
        summed[held_to] = each if known is None else replace(known, bytes=known.bytes + each.bytes)
    return summed.values()


@dataclass(frozen=True, slots=True)
class _JointWrite(WriteTransaction):
    """A write that is recorded with the others."""

    joint: JointTransactions | None = None
    served: list[EnvironmentRow] = field(default_factory=list)
    waiting: list[EnvironmentRow] = field(default_factory=list)
    """Those of `served` that somebody has to agree on."""

    @property
    def reason(self) -> str:
        return current_reason() or self._joint.reason

    @property
    def holds_rows(self) -> bool:
        """Nobody waits for as long as all the writes take."""
        return False

    async def _reached(self) -> tuple[usages.Reached, ...]:
        return await WriteTransaction._reached(self) if await self._joint.experiments_run() else ()

    @property
    def guarded(self) -> bool:
        """Whose answers change is told of every environment."""
        return True

    @property
    def _joint(self) -> JointTransactions:
        assert self.joint is not None  # noqa: S101 - given by `JointTransactions`
        return self.joint

    def require(self, right: Right, environment: EnvironmentRow) -> None:
        self._joint.demand(lambda: require(self.actor, right, environment.within(self.scope)))

    async def serve(self, right: Right, environments: Sequence[EnvironmentRow], *, off: bool = False) -> None:
        if self.agreement is not None:
            await WriteTransaction.serve(self, right, environments, off=off)
        for environment in environments:
            if environment.protected and self.agreement is None:
                self.require(right, environment)
        self.served.extend(environments)
        self.waiting.extend([] if off else environments)

    async def _store(self, write: Statement, environments: Sequence[EnvironmentRow]) -> Record | None:  # noqa: ARG002
        """The record is of all the writes."""
        return await self.tx.fetchrow(write.sql, *write.values)

    async def record(
        self,
        action: str,
        key: str,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        environments: Sequence[EnvironmentRow],
    ) -> dict[str, int]:
        change = self.change(action, key, before=before, after=after, environments=environments)
        self.tell(change)
        self._joint.made.append(Made(change, self.also(change), tuple(self.served), shrinking=not self.waiting))
        return {each.key: each.version + 1 for each in environments}

    def hold(self, environments: Sequence[EnvironmentRow], growth: int, quota: Quota | None = None) -> None:
        if growth > 0 or quota is not None:
            self._joint.hold(self.growth(environments, growth, quota))
