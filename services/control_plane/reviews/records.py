"""A change request's record in one transaction: found by its number, shown, and written with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from service_kit.problems import NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, ProjectScope, Right, require
from control_plane.changes import Author, Change, record
from control_plane.database import Connection, Database
from control_plane.entities.due import FindActor
from control_plane.entities.edits import EditKinds
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.environments.queries import EnvironmentRow, environments_of, resolve_project
from control_plane.previews.impacts import Impacts, NoImpacts
from control_plane.quotas import Quotas
from control_plane.reviews import repository
from control_plane.reviews.approvals import Approval, Approvals
from control_plane.reviews.models import STANDING, RequestRow
from control_plane.reviews.rebase import collisions
from control_plane.reviews.schemas import ChangeRequestView
from control_plane.reviews.views import audited, change_request_view

_ABSENT = "there is nothing at this address"
NOUNS = ("flag", "config", "segment", "metric", "experiment", "layer", "holdout")
"""What the rights call the entities that edits are about."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What change requests are kept with."""

    database: Database
    quotas: Quotas
    kinds: EditKinds
    find_actor: FindActor
    impacts: Impacts = field(default_factory=NoImpacts)


@dataclass(frozen=True, slots=True)
class ReviewTransaction:
    """One transaction of one actor in a project."""

    tx: Connection
    scope: ProjectScope
    actor: Actor
    parts: Parts

    @classmethod
    async def of(
        cls, tx: Connection, actor: Actor, project: str, parts: Parts, right: Right = Right.PROJECT_READ
    ) -> ReviewTransaction:
        """Raises `NotFound` for a project that isn't the actor's, and `MissingRight` for who holds the right neither in
        it nor in one of its environments; `require_in` asks for it where the request is about."""
        scope = await resolve_project(tx, actor, project)
        require(actor, right, scope, inside=right != Right.PROJECT_READ)
        return cls(tx, scope, actor, parts)

    async def read(self, number: int) -> RequestRow:
        """Raises `NotFound` also for one with entities that the actor may not read."""
        row = await repository.find(self.tx, self.scope, number)
        if row is None:
            raise NotFound(_ABSENT)
        self.refuse_unread(row)
        return row

    async def take(self, number: int, right: Right, expected: int | None = None) -> RequestRow:
        """Locked, for who holds the right where it is about. Raises as `read` does, `MissingRight`, and
        `PreconditionFailed` where it isn't at the `expected` version."""
        row = await repository.find(self.tx, self.scope, number, lock=True)
        if row is None:
            raise NotFound(_ABSENT)
        await self.require_in(right, row.environments)
        check_version(expected, row.version)
        self.refuse_unread(row)
        return row

    def refuse_unread(self, row: RequestRow) -> None:
        if not readable(self.actor, self.scope) >= set(row.nouns):
            raise NotFound(_ABSENT)

    async def lock(self) -> Frame:
        """The frame in which edits are made; after the request's row was locked, never before."""
        return await Frame.lock(self.tx, self.scope, self.actor, self.parts.quotas)

    async def environments(self) -> dict[str, EnvironmentRow]:
        """Those in use, by key."""
        return {each.key: each for each in await environments_of(self.tx, self.scope)}

    async def require_in(self, right: Right, environments: Sequence[str]) -> None:
        """Raises `MissingRight` unless it is held in each of them; in the project where there is none."""
        known = await self.environments()
        scopes = [known[each] for each in environments if each in known]
        for each in scopes:
            require(self.actor, right, each.within(self.scope))
        if not scopes:
            require(self.actor, right, self.scope)

    async def approvals(self, row: RequestRow) -> list[Approval]:
        """By what its edits say that they do."""
        counted = await Approvals(self.tx, self.scope, self.parts.find_actor).of([row])
        return counted[row.id]

    async def view(self, row: RequestRow) -> ChangeRequestView:
        return change_request_view(row, await self.approvals(row), await self.collisions(row))

    async def collisions(self, row: RequestRow) -> list[list[str]]:
        """Of each edit: paths that others changed meanwhile, too.

        An edit of what an earlier one of the request changes is held against that one when they are made.
        """
        if row.state not in STANDING:
            return [[] for _ in row.edits]
        environments = tuple((await self.environments()).values())
        frame = Frame(self.tx, self.scope, self.actor, environments, self.parts.quotas)
        kinds = self.parts.kinds(JointTransactions(frame))
        found: list[list[str]] = []
        seen: set[tuple[str, str]] = set()
        for proposed in row.edits:
            edit, kind = proposed.edit, kinds[proposed.edit.entity]
            about = (kind.noun, edit.key)
            if about in seen:
                found.append([])
                continue
            seen.add(about)
            standing = await kind.standing(self.actor, str(self.scope.project_id), edit)
            found.append(collisions(kind, proposed, standing))
        return found

    async def save(self, before: RequestRow, after: RequestRow, action: str) -> RequestRow:
        """Writes a request that was found locked, with its audit entry."""
        saved = replace(after, version=before.version + 1, updated_at=self.tx.now)
        await self.write(saved)
        await self.record(saved, action, audited(before))
        return saved

    async def write(self, row: RequestRow) -> None:
        """Writes a request that was found locked."""
        await repository.update(self.tx, row)

    async def write_versions(self, row: RequestRow) -> None:
        """What its application became, of one that was written before."""
        await repository.update_versions(self.tx, row)

    async def record(self, row: RequestRow, action: str, before: Mapping[str, Any] | None) -> None:
        await record(self.tx, change_of(row, self.actor, action, before))


def change_of(row: RequestRow, author: Author, action: str, before: Mapping[str, Any] | None) -> Change:
    """What the audit log is told of a change request."""
    return Change(
        organization_id=row.organization_id,
        project_id=row.project_id,
        entity="change_request",
        entity_key=str(row.number),
        action=action,
        actor=author,
        before=before,
        after=audited(row),
    )


def readable(actor: Actor, scope: ProjectScope) -> set[str]:
    """The nouns that the actor may read."""
    return {each for each in NOUNS if actor.may(Right(f"{each}:read"), scope)}
