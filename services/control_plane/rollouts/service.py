"""① Rollouts are written, started, and led through their steps by people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from service_kit.pagination import Page, PageRequest, moment_position, page_of, position_of
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.database import settled
from control_plane.entities.errors import KeyTaken
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.models import Edit, document_of
from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.environments.queries import EnvironmentRow, environment_by_key, refuse_archived_environment
from control_plane.flags.queries import ServedFlag
from control_plane.quotas import QuotaExceeded
from control_plane.rollouts import moves, repository
from control_plane.rollouts.definition import check_definition, created_row, patched_row
from control_plane.rollouts.errors import TargetEdited, TargetTaken, WrongState
from control_plane.rollouts.models import BEGUN, ENDED, RESTING, Cause, RolloutRow, RolloutState
from control_plane.rollouts.records import ENTITY, RolloutParts, RolloutTransaction, target_of
from control_plane.rollouts.returns import roll_back
from control_plane.rollouts.schemas import (
    RolloutCreate,
    RolloutPatch,
    RolloutResume,
    RolloutStart,
    RolloutView,
    TimelineView,
)
from control_plane.rollouts.shares import bucket_by_of, check_begin, splits
from control_plane.rollouts.templates import find_template
from control_plane.rollouts.views import rollout_view, transition_view, waiting_for

_GUARDS = "guard"


@dataclass(frozen=True, slots=True)
class RolloutPath:
    """Project (id or key), environment and rollout, as the path names them."""

    project: str
    environment: str
    key: str


class RolloutService:
    """What people do with rollouts. `expected` is the version that the caller has seen; None is not compared."""

    def __init__(self, transactions: ProjectTransactions, parts: RolloutParts, most: int = 500) -> None:
        """`most`: that have not ended, of one environment."""
        self._transactions = transactions
        self._joint = transactions if isinstance(transactions, JointTransactions) else None
        self._parts = parts
        self._most = most

    async def page(
        self, actor: Actor, address: tuple[str, str], wanted: tuple[str | None, RolloutState | None], page: PageRequest
    ) -> Page[RolloutView]:
        """Of a project's environment, the newest first."""
        before = moment_position(page.after)
        project, key = address
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, key)
            within = (read.scope.organization_id, environment.id)
            rows = await repository.listing(read.tx, within, wanted, before, page.fetch)
            given, cursor = page_of(rows, page, lambda row: position_of({"created_at": row.created_at, "id": row.id}))
            return Page(items=[await _shown(read, each, environment) for each in given], next_cursor=cursor)

    async def read(self, actor: Actor, at: RolloutPath) -> RolloutView:
        async with self._transactions.read(actor, at.project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, at.environment)
            return await _shown(read, await _found(read, environment, at.key), environment)

    async def timeline(self, actor: Actor, at: RolloutPath) -> TimelineView:
        async with self._transactions.read(actor, at.project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, at.environment)
            row = await _found(read, environment, at.key)
            return TimelineView(items=[transition_view(each) for each in await repository.transitions(read.tx, row)])

    async def create(self, actor: Actor, address: tuple[str, str], body: RolloutCreate) -> RolloutView:
        """Raises `KeyTaken`, `QuotaExceeded`, and `InvalidInput` for what can't be rolled out."""
        project, key = address
        right = Right.ROLLOUT_MANAGE
        async with self._transactions.write(actor, project, right, entity=ENTITY, placed=True) as write:
            environment = await _environment(write, key)
            template = None
            if body.template is not None:
                template = await find_template(write.tx, write.scope, body.template)
                if template is None:
                    raise InvalidInput([FieldError("template", "unknown_template", f"there is no {body.template!r}")])
            row = created_row(body, template, self._first(write, environment))
            await check_definition(write.tx, write.scope, row)
            used = await repository.count_open(write.tx, row.organization_id, environment.id)
            if used >= self._most:
                detail = f"{environment.key} has {used} of at most {self._most} rollouts that have not ended"
                raise QuotaExceeded("rollouts", limit=self._most, used=used, detail=detail)
            if not await repository.insert(write.tx, row):
                raise KeyTaken(ENTITY, row.key)
            versions = await self._transaction(write, environment, row).create()
            return rollout_view(row, environment.key).model_copy(update={"environment_versions": versions})

    async def update(self, actor: Actor, at: RolloutPath, expected: int, body: RolloutPatch) -> RolloutView:
        """Of a pending one."""
        async with self._change(actor, at, expected) as (write, at_work):
            if at_work.row.state is not RolloutState.PENDING:
                raise WrongState(at_work.row, "changed")
            row = patched_row(at_work.row, body)
            await check_definition(write.tx, write.scope, row)
            return await _saved(at_work, row, "update", Cause("request", ""))

    async def delete(self, actor: Actor, at: RolloutPath, expected: int | None) -> dict[str, int]:
        """Of one that has not begun, or has ended."""
        async with self._change(actor, at, expected) as (_, at_work):
            if at_work.row.state in BEGUN:
                raise WrongState(at_work.row, "deleted")
            return await at_work.delete()

    async def start(self, actor: Actor, at: RolloutPath, expected: int | None, body: RolloutStart) -> RolloutView:
        """Takes the first step, if that is due. Asks what the environment asks of every write of what it serves; the
        later steps ask no more. Raises `TargetTaken`, `TargetGone`, and what begins no rollout."""

        async def attempt() -> RolloutView:
            edit = Edit(
                entity=ENTITY, key=at.key, environment=at.environment, action="start", document=document_of(body)
            )
            async with self._change(actor, at, expected, edit=edit) as (write, at_work):
                row, environment = at_work.row, at_work.environment
                if row.state is not RolloutState.PENDING:
                    raise WrongState(row, "started")
                await check_definition(write.tx, write.scope, row)
                flag = await at_work.flag()
                served = target_of(row, flag)
                assert flag is not None  # noqa: S101 - it has a target
                _check_unit(row, served)
                check_begin(served, row.variation)
                await self._refuse_rival(at_work)
                await self._agreed(write, environment)
                inherited = row.rule is None and flag.own_default is None
                begun = moves.started(row, served, write.now, body.on_experiments, inherited=inherited)
                if moves.is_due(begun, write.now):
                    begun = moves.advanced(begun, write.now)
                write.warnings.extend(_obstacles(row, flag))
                view = await _saved(at_work, begun, "start", Cause("request", "started"), serves=True)
                return view.model_copy(update={"warnings": write.warnings})

        return await settled(attempt)

    async def pause(self, actor: Actor, at: RolloutPath, expected: int | None) -> RolloutView:
        async with self._change(actor, at, expected) as (write, at_work):
            if at_work.row.state is not RolloutState.RUNNING:
                raise WrongState(at_work.row, "paused")
            row = moves.rested(at_work.row, RolloutState.PAUSED, write.now)
            return await _saved(at_work, row, "pause", Cause("request", "paused"))

    async def resume(self, actor: Actor, at: RolloutPath, expected: int | None, body: RolloutResume) -> RolloutView:
        """One that a guard holds asks for `rollout:override`. Raises `TargetEdited`, `TargetGone`."""

        async def attempt() -> RolloutView:
            async with self._change(actor, at, expected) as (write, at_work):
                row = at_work.row
                if row.state not in RESTING:
                    raise WrongState(row, "resumed")
                if row.state is RolloutState.HELD and row.cause["code"] == _GUARDS:
                    write.require(Right.ROLLOUT_OVERRIDE, at_work.environment)
                served = await at_work.served()
                if moves.is_edited(row, served):
                    if not body.take_over:
                        raise TargetEdited(row, await at_work.editor())
                    check_begin(served, row.variation)
                    row = moves.taken_over(row, served)
                taken_over = row is not at_work.row
                detail = "resumed, over what was edited" if taken_over else "resumed"
                return await _saved(
                    at_work, moves.resumed(row, write.now), "resume", Cause("request", detail), serves=taken_over
                )

        return await settled(attempt)

    async def skip(self, actor: Actor, at: RolloutPath, expected: int | None) -> RolloutView:
        """Takes the next step now, whatever it waits for."""

        async def attempt() -> RolloutView:
            async with self._change(actor, at, expected, Right.ROLLOUT_OVERRIDE) as (write, at_work):
                row = at_work.row
                if row.state is not RolloutState.RUNNING:
                    raise WrongState(row, "moved on")
                if moves.is_edited(row, await at_work.served()):
                    raise TargetEdited(row, await at_work.editor())
                after = moves.skipped(row, write.now)
                action = "complete" if after.state is RolloutState.COMPLETED else "advance"
                return await _saved(at_work, after, action, Cause("request", "moved on before it was due"), serves=True)

        return await settled(attempt)

    async def approve(self, actor: Actor, at: RolloutPath, expected: int | None) -> RolloutView:
        """The next step, which is taken as soon as it is due."""
        async with self._change(actor, at, expected) as (_, at_work):
            row = at_work.row
            if row.state not in BEGUN or not row.awaits_approval:
                raise WrongState(row, "approved: no step asks for it")
            detail = f"step {row.position + 2} approved"
            return await _saved(at_work, moves.approved(row), "approve", Cause("request", detail))

    async def roll_back(self, actor: Actor, at: RolloutPath, expected: int | None) -> RolloutView:
        """What was served before it began is served again; asks for nobody's agreement, whatever it does to
        experiments."""

        async def attempt() -> RolloutView:
            async with self._change(actor, at, expected) as (_, at_work):
                if at_work.row.state not in BEGUN:
                    raise WrongState(at_work.row, "rolled back")
                return _told(at_work, *await roll_back(at_work, Cause("request", "rolled back")))

        return await settled(attempt)

    async def cancel(self, actor: Actor, at: RolloutPath, expected: int | None) -> RolloutView:
        """The share stays where it is."""
        async with self._change(actor, at, expected) as (write, at_work):
            if at_work.row.state in ENDED:
                raise WrongState(at_work.row, "cancelled")
            row = moves.ended(at_work.row, RolloutState.CANCELLED, write.now)
            return await _saved(at_work, row, "cancel", Cause("request", "cancelled"))

    @asynccontextmanager
    async def _change(
        self,
        actor: Actor,
        at: RolloutPath,
        expected: int | None,
        right: Right = Right.ROLLOUT_MANAGE,
        *,
        edit: Edit | None = None,
    ) -> AsyncIterator[tuple[WriteTransaction, RolloutTransaction]]:
        opened = self._transactions.write(actor, at.project, right, entity=ENTITY, placed=True, edit=edit)
        async with opened as write:
            environment = await _environment(write, at.environment, right)
            row = await _found(write, environment, at.key, lock=True)
            check_version(expected, row.revision)
            yield write, self._transaction(write, environment, row)

    def _transaction(self, write: WriteTransaction, environment: EnvironmentRow, row: RolloutRow) -> RolloutTransaction:
        frame = Frame(write.tx, write.scope, write.actor, write.environments, write.quotas)
        return RolloutTransaction(
            frame=frame,
            environment=environment,
            row=row,
            parts=self._parts,
            author=write.actor,
            joint=self._joint,
            write=None if self._joint is None else write,
        )

    async def _agreed(self, write: WriteTransaction, environment: EnvironmentRow) -> None:
        """As a start, and as the change of the flag's settings that it is: whichever asks for more decides."""
        await write.serve(Right.ROLLOUT_MANAGE, [environment])
        if self._joint is None:
            alone = replace(write, entity="flag_settings", edit=None)
            await alone.serve(Right.ROLLOUT_MANAGE, [environment])

    async def _refuse_rival(self, at_work: RolloutTransaction) -> None:
        row = at_work.row
        for other in await repository.begun_on(at_work.tx, row.organization_id, row.environment_id, row.flag):
            if other.rule == row.rule:
                raise TargetTaken(row, other)

    @staticmethod
    def _first(write: WriteTransaction, environment: EnvironmentRow) -> dict[str, object]:
        return {
            "id": uuid4(),
            "organization_id": write.scope.organization_id,
            "project_id": write.scope.project_id,
            "environment_id": environment.id,
            "created_by": {"kind": write.actor.kind, "id": str(write.actor.id), "name": write.actor.name},
            "created_at": write.now,
            "updated_at": write.now,
        }


async def _saved(
    at_work: RolloutTransaction, row: RolloutRow, action: str, cause: Cause, *, serves: bool = False
) -> RolloutView:
    return _told(at_work, *await at_work.save(row, action, cause, serves=serves))


def _told(at_work: RolloutTransaction, row: RolloutRow, versions: dict[str, int]) -> RolloutView:
    return rollout_view(row, at_work.environment.key).model_copy(update={"environment_versions": versions})


def _check_unit(row: RolloutRow, served: dict[str, Any]) -> None:
    """Raises `InvalidInput` where the target splits by another attribute already."""
    if splits(served) and row.bucket_by not in (None, bucket_by_of(served)):
        reason = f"{row.target} splits by {bucket_by_of(served) or 'the targeting key'} already"
        raise InvalidInput([FieldError("bucket_by", "conflict", reason)])


def _obstacles(row: RolloutRow, flag: ServedFlag) -> list[Warned]:
    """What keeps units from the rollout, or from its guards: it is said at the start, and refuses nothing."""
    found = []
    if not flag.enabled:
        found.append(Warned(code="flag_off", detail=f"the flag {flag.key!r} is off: it serves its off variation"))
    if row.guards and not flag.report_exposures:
        reason = (
            f"edges don't report exposures of {flag.key!r} (report_exposures): guards see only units whose exposures "
            "the application sends"
        )
        found.append(Warned(code="exposures_not_reported", detail=reason))
    return found


async def _shown(read: ReadTransaction, row: RolloutRow, environment: EnvironmentRow) -> RolloutView:
    quiet = not row.guards or await repository.is_quiet(read.tx, row)
    return rollout_view(row, environment.key, waiting_for(row, read.tx.now, quiet=quiet))


async def _found(
    at: ReadTransaction | WriteTransaction, environment: EnvironmentRow, key: str, *, lock: bool = False
) -> RolloutRow:
    row = await repository.find(at.tx, at.scope.organization_id, environment.id, key, lock=lock)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def _environment(write: WriteTransaction, key: str, right: Right = Right.ROLLOUT_MANAGE) -> EnvironmentRow:
    found = next((each for each in write.environments if each.key == key), None)
    # What is not among them is archived or not there.
    environment = found or await environment_by_key(write.tx, write.scope, key)
    write.require(right, environment)
    refuse_archived_environment(archived=environment.archived)
    return environment


async def _readable(read: ReadTransaction, actor: Actor, key: str) -> EnvironmentRow:
    environment = await environment_by_key(read.tx, read.scope, key)
    require(actor, Right.FLAG_READ, environment.within(read.scope))
    return environment
