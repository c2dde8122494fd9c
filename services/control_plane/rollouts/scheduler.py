"""Steps of rollouts, taken when they are due: one by one, each in a transaction of its own, under the epoch of a term.

A step is taken once: its transaction locks the rollout and looks again, writes the next revision over the one that it
saw, whose number is unique, and does so only while no later term has begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Problem, Unavailable

from control_plane.database import EVERY_TENANT, Connection, Database, settled
from control_plane.rollouts import moves, repository
from control_plane.rollouts.errors import TargetEdited
from control_plane.rollouts.models import Cause, RolloutRow, RolloutState
from control_plane.rollouts.records import Fenced, RolloutParts, RolloutTransaction
from control_plane.rollouts.repository import Waiting
from control_plane.rollouts.telemetry import RolloutTelemetry

_AT_ONCE = 200
_STEP_SECONDS = 10.0
_AGAIN = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What says nothing of the rollout: its step is tried again."""
_log = get_logger("rollouts")


class RolloutScheduler:
    """Takes what is due. Any number of them may run beside each other; the one with the highest epoch takes steps."""

    def __init__(self, database: Database, parts: RolloutParts, telemetry: RolloutTelemetry) -> None:
        self._database = database
        self._parts = parts
        self._telemetry = telemetry

    async def take_all(self, epoch: int) -> None:
        """Once all that is due; a failure of one keeps no other waiting. Raises `Fenced` when the term has ended."""
        async with self._database.transaction(tenancy=EVERY_TENANT) as tx:
            due, over = await repository.due(tx, _AT_ONCE), await repository.out_of_sight(tx, _AT_ONCE)
        self._telemetry.due.set(len(due))
        await self._each(due, epoch, self._take)
        await self._each(over, epoch, self._retire)

    async def _each(self, rollouts: Sequence[Waiting], epoch: int, work: _Work) -> None:
        # A project that somebody else holds is waited for once in a look, however many of its rollouts are due.
        held: set[UUID] = set()
        for each in rollouts:
            if each.project_id in held:
                continue
            try:
                await settled(partial(self._alone, each.rollout_id, epoch, work))
            except Fenced:
                raise
            except _AGAIN as error:
                held.add(each.project_id)
                self._telemetry.steps.labels("failed").inc()
                _log.warning("a step is tried again", rollout=str(each.rollout_id), error=type(error).__name__)
            except Exception as error:
                self._telemetry.steps.labels("failed").inc()
                _log.error("a step failed", rollout=str(each.rollout_id), exc_info=error)

    async def _alone(self, rollout_id: UUID, epoch: int, work: _Work) -> None:
        async with self._database.transaction(seconds=_STEP_SECONDS, tenancy=EVERY_TENANT) as tx:
            at_work = await RolloutTransaction.of_id(tx, rollout_id, self._parts, epoch)
            if at_work is not None:
                await work(tx, at_work)

    async def _take(self, tx: Connection, at_work: RolloutTransaction) -> None:
        row = at_work.row
        if not moves.is_due(row, tx.now) or not await repository.is_quiet(tx, row):
            return
        try:
            async with tx.attempt():
                saved = await self._advanced(tx, at_work)
        except _AGAIN:
            raise
        except Problem as problem:
            await self._held(tx, at_work, Cause(problem.code, problem.detail))
        except Exception as error:
            # One that nobody can step must not be tried for ever.
            _log.error("a step failed", rollout=str(row.id), exc_info=error)
            await self._held(tx, at_work, Cause("internal_error", "an error of the server: its log says more"))
        else:
            self._telemetry.steps.labels("completed" if saved.state is RolloutState.COMPLETED else "taken").inc()
            self._telemetry.late.observe(max(0.0, (tx.now - (row.due_at or tx.now)).total_seconds()))

    async def _advanced(self, tx: Connection, at_work: RolloutTransaction) -> RolloutRow:
        row = at_work.row
        if moves.is_edited(row, await at_work.served()):
            raise TargetEdited(row, await at_work.editor())
        after = moves.advanced(row, tx.now)
        if after.state is RolloutState.COMPLETED:
            cause = Cause("schedule", "the last step has been held as long as it was to be")
            return (await at_work.save(after, "complete", cause))[0]
        taken, steps = after.position - row.position, len(moves.progress_of(row).steps)
        told = f"step {after.position + 1} of {steps}"
        detail = told if taken == 1 else f"{told}, and the {taken - 1} before it that were overdue"
        return (await at_work.save(after, "advance", Cause("schedule", detail), serves=True))[0]

    async def _held(self, tx: Connection, at_work: RolloutTransaction, cause: Cause) -> None:
        await at_work.save(moves.rested(at_work.row, RolloutState.HELD, tx.now), "hold", cause)
        self._telemetry.steps.labels("held").inc()
        _log.warning("a rollout is held", rollout=str(at_work.row.id), code=cause.code)

    async def _retire(self, tx: Connection, at_work: RolloutTransaction) -> None:
        """It is published no more."""
        row = at_work.row
        if row.published and row.ended_at is not None and row.ended_at <= tx.now - repository.PUBLISHED_AFTER:
            await at_work.save(replace(row, published=False), "retire", Cause("schedule", "ended a day ago"))


_Work = Callable[[Connection, RolloutTransaction], Awaitable[None]]
