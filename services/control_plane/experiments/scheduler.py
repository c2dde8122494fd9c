"""Experiments whose moment has come are started or stopped: one by one, each by one worker, as whoever scheduled it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Forbidden, Problem, Unavailable

from control_plane.access import Actor
from control_plane.changes import Change, record
from control_plane.database import EVERY_TENANT, Connection, Database
from control_plane.entities.transactions import ProjectTransactions
from control_plane.entities.within import TransactionsWithin
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.repository import take_due
from control_plane.experiments.schedule import failed
from control_plane.experiments.schemas import ExperimentStart
from control_plane.experiments.service import ExperimentService
from control_plane.experiments.views import experiment_view
from control_plane.quotas import Quotas

_AGAIN = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What says nothing of the experiment: it is tried again."""
FindActor = Callable[[Connection, str, UUID], Awaitable[Actor | None]]
"""What a person (`user`) or a program (`token`) may do now; None for who is gone."""
_log = get_logger("experiments")


@dataclass(frozen=True, slots=True)
class _Scheduler:
    """Who scheduled it, also where there is nobody of the kind any more."""

    kind: str
    id: UUID
    name: str
    maker: None = None


class ExperimentScheduler:
    """Starts and stops what is due. Any number of them may run beside each other."""

    def __init__(
        self,
        database: Database,
        quotas: Quotas,
        find_actor: FindActor,
        experiments_on: Callable[[ProjectTransactions], ExperimentService],
    ) -> None:
        self._database = database
        self._quotas = quotas
        self._find_actor = find_actor
        self._experiments_on = experiments_on

    async def run_all(self) -> None:
        """Until nothing is due that no other worker is at."""
        while await self.run_next():
            pass

    async def run_next(self) -> bool:
        """The one that has waited longest is started or stopped, or waits no more and says why. Answers whether there
        was one."""
        async with self._database.transaction(tenancy=EVERY_TENANT) as tx:
            row = await take_due(tx)
            if row is None:
                return False
            try:
                async with tx.attempt():
                    await self._run(tx, row)
            except _AGAIN:
                raise
            except Problem as problem:
                await _failed(tx, row, problem.code, problem.detail)
            except Exception as error:
                # One that nobody can start must not keep the others waiting.
                _log.error("a scheduled experiment failed", experiment=row.key, exc_info=error)
                await _failed(tx, row, "internal_error", "an error of the server: its log says more")
            return True

    async def _run(self, tx: Connection, row: ExperimentRow) -> None:
        schedule = _schedule(row)
        actor = await self._actor(tx, row)
        experiments = self._experiments_on(TransactionsWithin(tx, self._quotas, schedule["reason"] or ""))
        project = str(row.project_id)
        if row.status == "scheduled":
            start = ExperimentStart(on_experiments=schedule["on_experiments"])
            await experiments.start(actor, project, row.key, row.version, start)
        else:
            await experiments.stop(actor, project, row.key, row.version)

    async def _actor(self, tx: Connection, row: ExperimentRow) -> Actor:
        scheduler = _scheduler(row)
        actor = await self._find_actor(tx, scheduler.kind, scheduler.id)
        if actor is None or row.organization_id not in actor.organization_ids:
            raise Forbidden(f"{scheduler.name} is gone", code="scheduler_gone")
        return actor


async def _failed(tx: Connection, row: ExperimentRow, code: str, detail: str) -> None:
    now = round(tx.now.timestamp() * 1000)
    waiting = replace(failed(row, now, {"code": code, "detail": detail[:2000]}), updated_at=tx.now)
    update = EXPERIMENTS.update(waiting)
    stored = EXPERIMENTS.stored(await tx.fetchrow(update.sql, *update.values))
    assert stored is not None and stored.schedule_failure is not None  # noqa: PT018, S101 - the project is locked
    change = Change(
        organization_id=row.organization_id,
        project_id=row.project_id,
        environment_ids=[row.environment_id],
        entity="experiment",
        entity_key=row.key,
        action=f"fail_{stored.schedule_failure['action']}",
        actor=_scheduler(row),
        before=experiment_view(row).audited(),
        after=experiment_view(stored).audited(),
    )
    await record(tx, change)
    _log.warning("a scheduled experiment was not changed", experiment=row.key, code=code)


def _schedule(row: ExperimentRow) -> dict[str, Any]:
    assert row.schedule is not None  # noqa: S101 - it is due by it
    return row.schedule


def _scheduler(row: ExperimentRow) -> _Scheduler:
    by = _schedule(row)["by"]
    return _Scheduler(by["kind"], UUID(by["id"]), by["name"])
