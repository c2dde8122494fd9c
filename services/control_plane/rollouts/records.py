"""A rollout in one transaction: read with what its target serves, and written with what becomes of both.

The target is written through the flags' service, as an edit by whoever leads the rollout, or by itself: one version of
the environment, one audit entry for the settings, and one for the rollout that says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from service_kit.problems import Unavailable

from control_plane.access import Actor, ProjectScope
from control_plane.changes import Author, Change, Origin, present_origin
from control_plane.changes.queries import last_author
from control_plane.database import Connection, Overtaken
from control_plane.entities.edits import EditKinds
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.models import Edit
from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import EnvironmentRow, environment_for_publishing
from control_plane.flags.queries import ServedFlag, served_flag
from control_plane.quotas import Quotas
from control_plane.rollouts import repository
from control_plane.rollouts.errors import TargetGone
from control_plane.rollouts.models import Cause, RolloutRow, TransitionRow
from control_plane.rollouts.views import rollout_view

ENTITY = "rollout"
_SETTINGS = "flag_settings"


class Fenced(Unavailable):
    """A step of a scheduler whose term has ended."""

    default_code = "another_term"

    def __init__(self) -> None:
        super().__init__("another scheduler has begun its term")


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutParts:
    """What rollouts write with."""

    quotas: Quotas
    kinds: EditKinds


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutTransaction:
    """One rollout, found locked, in a project that is. `author`: whose decision it is; `epoch`: the scheduler's;
    `joint`: the writes that it is made with, by `write`, where it is made with others."""

    frame: Frame
    environment: EnvironmentRow
    row: RolloutRow
    parts: RolloutParts
    author: Author
    epoch: int | None = None
    joint: JointTransactions | None = None
    write: WriteTransaction | None = None

    @classmethod
    async def of_id(
        cls, tx: Connection, rollout_id: UUID, parts: RolloutParts, epoch: int | None = None
    ) -> RolloutTransaction | None:
        """As the rollout itself; in a transaction that reaches every tenant. None for one that is gone."""
        row = await repository.find_by_id(tx, rollout_id)
        found = None if row is None else await environment_for_publishing(tx, row.environment_id)
        if row is None or found is None:
            return None
        environment, project_key = found
        scope = ProjectScope(row.organization_id, row.project_id, project_key)
        automation = automation_of(row)
        # In one order with whoever writes in the project: it first, its rollouts then.
        frame = await Frame.lock(tx, scope, automation, parts.quotas)
        row = await repository.find_by_id(tx, rollout_id, lock=True)
        if row is None:
            return None
        return cls(frame=frame, environment=environment, row=row, parts=parts, author=automation, epoch=epoch)

    @property
    def tx(self) -> Connection:
        return self.frame.tx

    async def flag(self) -> ServedFlag | None:
        return await served_flag(self.tx, self.frame.scope, self.row.flag, self.environment.id)

    async def served(self) -> dict[str, Any]:
        """What the target serves. Raises `TargetGone`."""
        return target_of(self.row, await self.flag())

    async def editor(self) -> str | None:
        """Who wrote the flag's settings last, and is no rollout."""
        name = f"{self.row.flag}/{self.environment.key}"
        return await last_author(self.tx, self.row.organization_id, _SETTINGS, name, but=str(self.row.id))

    async def save(
        self, after: RolloutRow, action: str, cause: Cause, *, serves: bool = False, accept: bool = False
    ) -> tuple[RolloutRow, dict[str, int]]:
        """Writes the row, what it `serves`, and the record of both. `accept`: whatever it does to experiments. Answers
        the row, and the environment's version by its key.

        Raises `Fenced`, and what the flags' service raises."""
        before, tx = self.row, self.tx
        saved = replace(after, revision=before.revision + 1, updated_at=tx.now, cause=cause.document())
        joint = self.joint or JointTransactions(self.frame, _told(before, cause))
        if serves and after.written is not None:
            await self._serve(joint, after.written, "accept" if accept else after.on_experiments)
        if not await repository.update(tx, saved, before.revision, self.epoch):
            raise Overtaken if self.epoch is None else Fenced
        await self._add(saved, action, cause)
        change = self._change(action, cause, before, saved)
        if self.write is None:
            return saved, await joint.record(change)
        versions = await self.write.record(
            action, change.entity_key, before=change.before, after=change.after, environments=[self.environment]
        )
        return saved, versions

    async def create(self) -> dict[str, int]:
        """Records one that was inserted."""
        cause = Cause("created", "")
        await self._add(self.row, "create", cause)
        return await JointTransactions(self.frame).record(self._change("create", cause, None, self.row))

    async def delete(self) -> dict[str, int]:
        await repository.delete(self.tx, self.row)
        return await JointTransactions(self.frame).record(self._change("delete", Cause("deleted", ""), self.row, None))

    async def tell(self, action: str, cause: Cause) -> None:
        """An audit entry that changes nothing."""
        told = replace(self._change(action, cause, self.row, self.row), environment_ids=[])
        await JointTransactions(self.frame).record(told)

    async def _serve(self, joint: JointTransactions, serve: dict[str, Any], on_experiments: str | None) -> None:
        flag = await self.flag()
        if flag is None or target_of(self.row, flag) == serve:
            return
        inherited = self.row.inherited and serve == self.row.original
        document: dict[str, Any] = {"default": None if inherited else serve}
        if self.row.rule is not None:
            rules = [{**each, "then": serve} if each["id"] == self.row.rule else each for each in flag.rules]
            document = {"rules": rules}
        if on_experiments is not None:
            document["on_experiments"] = on_experiments
        edit = Edit(
            entity=_SETTINGS,
            key=flag.key,
            action="update",
            environment=self.environment.key,
            document=document,
            base_version=flag.version,
        )
        kind = self.parts.kinds(joint)[_SETTINGS]
        # Made with others it asks for its maker's own right to it, where nobody had to agree.
        await kind.make(self.frame.actor, str(self.row.project_id), edit, flag.version)

    async def _add(self, row: RolloutRow, action: str, cause: Cause) -> None:
        await repository.add_transition(
            self.tx,
            TransitionRow(
                rollout_id=row.id,
                revision=row.revision,
                organization_id=row.organization_id,
                at=self.tx.now,
                action=action,
                state=row.state,
                position=row.position,
                share=row.share,
                by_name=self.author.name,
                cause=cause.document(),
            ),
        )

    def _change(self, action: str, cause: Cause, before: RolloutRow | None, after: RolloutRow | None) -> Change:
        row = after or before
        assert row is not None  # noqa: S101 - one of the two is given
        documents = [
            None if each is None else rollout_view(each, self.environment.key).audited() for each in (before, after)
        ]
        return Change(
            organization_id=row.organization_id,
            project_id=row.project_id,
            entity=ENTITY,
            entity_key=f"{row.key}/{self.environment.key}",
            action=action,
            actor=self.author,
            environment_ids=[self.environment.id],
            before=documents[0],
            after=documents[1],
            origin=_origin(row, cause, self.author),
        )


def automation_of(row: RolloutRow) -> Actor:
    """The rollout as whoever acts: its steps, and what its guards ask for."""
    return Actor(kind="system", id=row.id, name=f"rollout {row.key}", organization_ids=frozenset({row.organization_id}))


def target_of(row: RolloutRow, flag: ServedFlag | None) -> dict[str, Any]:
    """What the rollout's target serves. Raises `TargetGone`."""
    if flag is None:
        raise TargetGone(f"there is no flag {row.flag!r}")
    if flag.archived:
        raise TargetGone(f"the flag {row.flag!r} is archived")
    if row.variation not in flag.variations:
        raise TargetGone(f"the flag {row.flag!r} has no variation {row.variation!r}")
    if row.rule is None:
        return dict(flag.default)
    serve = next((each["then"] for each in flag.rules if each["id"] == row.rule), None)
    if serve is None:
        raise TargetGone(f"the flag {row.flag!r} has no rule {row.rule!r} here")
    return dict(serve)


def _told(row: RolloutRow, cause: Cause) -> str:
    return f"rollout {row.key}: {cause.detail}" if cause.detail else f"rollout {row.key}"


def _origin(row: RolloutRow, cause: Cause, author: Author) -> Origin:
    if author.kind == "system":
        return Origin(address=None, request_id=None, reason=_told(row, cause))
    origin = present_origin()
    return replace(origin, reason=f"{origin.reason} ({_told(row, cause)})" if origin.reason else _told(row, cause))
