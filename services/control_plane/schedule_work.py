"""What is scheduled, put together: steps of rollouts, change requests and experiments, taken by one process at a time.

The one that holds the lease takes them, in a term with an epoch that stands in the very statement of each step; see
`rollouts/scheduler.py`. Another one begins as soon as the lease runs out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Problem
from service_kit.tasks import end

from control_plane.app import experiment_scheduler_of, reviews_of, rollouts_of
from control_plane.database import SCHEDULE_CONNECTIONS, Database
from control_plane.publishing.lease import Lease
from control_plane.quotas import Quotas, QuotaTelemetry
from control_plane.reviews.schedule import Schedule
from control_plane.rollouts.records import Fenced
from control_plane.rollouts.scheduler import RolloutScheduler
from control_plane.rollouts.telemetry import RolloutTelemetry
from control_plane.settings import Settings

LOOK_SECONDS = 1.0
Work = Callable[[int], Awaitable[None]]
"""All that is due, in the term of this epoch."""
_log = get_logger("schedule")


class ScheduleWork:
    """With connections of its own: requests that use up theirs hold up no step, nor the lease."""

    def __init__(
        self, settings: Settings, clock: Clock, registry: CollectorRegistry, quotas: Quotas | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._quotas = quotas or Quotas(
            limits=settings.quotas, reserve=settings.config_reserve_percent / 100, telemetry=QuotaTelemetry(registry)
        )
        self._telemetry = RolloutTelemetry(registry)

    def begin(self, background: Background) -> None:
        """As essential work of a process that does nothing else."""
        background.keep("schedule", self.run, essential=True)

    async def run(self) -> None:
        """Until it is cancelled."""
        database = Database(self._settings.database_url.get_secret_value(), self._clock, SCHEDULE_CONNECTIONS)
        try:
            await database.open()
            await self.turns(database).run()
        finally:
            await database.close()

    def turns(self, database: Database) -> Turns:
        steps = RolloutScheduler(database, rollouts_of(self._quotas), self._telemetry)
        requests = Schedule(reviews_of(database, self._quotas, self._settings.events_age_days_max))
        experiments = experiment_scheduler_of(database, self._quotas, self._settings.events_age_days_max)

        async def apply_requests(_: int) -> None:
            # Each by the lock of its row, whatever the term.
            await requests.apply_all()

        async def run_experiments(_: int) -> None:
            # Each by the lock of its project, whatever the term.
            await experiments.run_all()

        works = [steps.take_all, apply_requests, run_experiments]
        return Turns(Lease(database, "schedule"), works, self._telemetry)


class Turns:
    """A look each second, by the one that holds the lease."""

    def __init__(self, lease: Lease, works: Sequence[Work], telemetry: RolloutTelemetry) -> None:
        self._lease = lease
        self._works = works
        self._telemetry = telemetry

    async def run(self) -> None:
        """Works until it is cancelled, then gives the lease back. A turn that fails is followed by another one."""
        try:
            while True:
                try:
                    await self.turn()
                except Problem as error:
                    _log.warning("not scheduling", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._telemetry.leading.set(0)
            with contextlib.suppress(Problem):
                await self._lease.release()

    async def turn(self) -> int | None:
        """One look; answers the epoch in which it was, None while another one has the lease. Raises `Unavailable`."""
        last = await self._lease.hold()
        epoch = None if last is None else await self._lease.begin(last)
        self._telemetry.leading.set(0 if epoch is None else 1)
        if epoch is None:
            return None
        self._telemetry.epoch.set(epoch)
        renewing = asyncio.create_task(self._renew())
        try:
            for work in self._works:
                await self._do(work, epoch)
        finally:
            await end([renewing])
        return epoch

    async def _do(self, work: Work, epoch: int) -> None:
        """What fails of one holds up no other."""
        try:
            await work(epoch)
        except Fenced:
            self._telemetry.steps.labels("fenced").inc()
            _log.warning("another scheduler has begun its term", epoch=epoch)
        except Exception as error:
            self._telemetry.steps.labels("failed").inc()
            _log.error("a look at what is scheduled failed", error=type(error).__name__, exc_info=error)

    async def _renew(self) -> None:
        """Through work that takes longer than the lease lasts."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(Problem):
                await self._lease.hold()
