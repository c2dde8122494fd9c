"""Experiments whose moment has come are started or stopped: one by one, each by one worker, as whoever scheduled it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from service_kit.logs import get_logger

from control_plane.changes import Change, record
from control_plane.database import Connection, Database
from control_plane.entities.due import Due, FindActor, Scheduler, do_all
from control_plane.entities.transactions import ProjectTransactions
from control_plane.entities.within import TransactionsWithin
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.repository import take_due
from control_plane.experiments.schedule import failed
from control_plane.experiments.schemas import ExperimentStart
from control_plane.experiments.service import ExperimentService
from control_plane.experiments.views import experiment_view
from control_plane.quotas import Quotas

_log = get_logger("experiments")


class ExperimentScheduler(Due[ExperimentRow]):
    """Starts and stops what is due. Any number of them may run beside each other."""

    name = "experiment"

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
        await do_all(self._database, self)

    async def take(self, tx: Connection) -> ExperimentRow | None:
        return await take_due(tx)

    async def do(self, tx: Connection, row: ExperimentRow) -> None:
        schedule = _schedule(row)
        actor = await _scheduler(row).actor(tx, row.organization_id, self._find_actor)
        experiments = self._experiments_on(TransactionsWithin(tx, self._quotas, schedule["reason"] or ""))
        project = str(row.project_id)
        if row.status == "scheduled":
            start = ExperimentStart(on_experiments=schedule["on_experiments"])
            await experiments.start(actor, project, row.key, row.version, start)
        else:
            await experiments.stop(actor, project, row.key, row.version)

    async def fail(self, tx: Connection, row: ExperimentRow, code: str, detail: str) -> None:
        now = round(tx.now.timestamp() * 1000)
        waiting = replace(failed(row, now, {"code": code, "detail": detail}), updated_at=tx.now)
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


def _scheduler(row: ExperimentRow) -> Scheduler:
    return Scheduler.of(_schedule(row)["by"])
