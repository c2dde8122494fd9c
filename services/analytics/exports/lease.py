"""The right to work on a run: taken by writing its next version, kept by signs of life, gone when they stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
from service_kit.clock import Clock
from service_kit.logs import get_logger

from analytics.exports.errors import LeaseLost
from analytics.exports.models import Export
from analytics.exports.repository import ExportRepository, VersionedRun
from analytics.warehouse.errors import WarehouseError

_log = get_logger("export")


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """The terms of a lease. `worker` names this process; `seconds` is how long it may be silent."""

    worker: str
    seconds: float


class Lease:
    """Holds a run. Only its holder writes the run's next versions, so each write is also the proof of holding it."""

    def __init__(
        self, repository: ExportRepository, export: Export, held: VersionedRun, terms: LeaseTerms, clock: Clock
    ) -> None:
        self._repository = repository
        self._export = export
        self._version = held.version
        self._terms = terms
        self._clock = clock
        self._silent_since = clock.monotonic()
        self._lost = False
        self._writing = asyncio.Lock()
        self.run = held.run

    @classmethod
    async def take(
        cls, repository: ExportRepository, export: Export, found: VersionedRun, terms: LeaseTerms, clock: Clock
    ) -> Lease | None:
        """None when another worker was first. Raises WarehouseError."""
        asked_at, now = clock.monotonic(), clock.now()
        run = msgspec.structs.replace(
            found.run,
            status="running",
            worker=terms.worker,
            claims=found.run.claims + 1,
            started_at=found.run.started_at or now,
            lease_until=now + round(terms.seconds * 1000),
        )
        if not await repository.save_run(export, run, found.version + 1):
            return None
        held = VersionedRun(found.organization_id, found.export_id, run, found.version + 1)
        lease = cls(repository, export, held, terms, clock)
        lease._silent_since = asked_at
        return lease

    def still_mine(self) -> None:
        """Raises LeaseLost when another worker may have the run by now."""
        if self._lost or self._clock.monotonic() - self._silent_since >= self._terms.seconds:
            raise LeaseLost(f"run {self.run.number} of export {self._export.id}")

    async def write(self, **changes: Any) -> None:
        """Writes the run's next version and starts the time of the lease anew. Raises LeaseLost, WarehouseError."""
        async with self._writing:
            self.still_mine()
            asked_at = self._clock.monotonic()
            lease_until = self._clock.now() + round(self._terms.seconds * 1000)
            run = msgspec.structs.replace(self.run, **changes, lease_until=lease_until)
            if not await self._repository.save_run(self._export, run, self._version + 1):
                self._lost = True
                raise LeaseLost(f"run {run.number} of export {self._export.id}")
            self._version += 1
            self._silent_since = asked_at
            self.run = run

    async def end(self, keeping: asyncio.Task[None]) -> None:
        """Ends `keep`, not in the middle of a write: whether that came through would be unknown, the next refused."""
        async with self._writing:
            keeping.cancel()

    async def keep(self) -> None:
        """Gives signs of life until it is cancelled. Raises LeaseLost."""
        while True:
            await asyncio.sleep(self._terms.seconds / 4)
            try:
                await self.write()
            except WarehouseError as error:
                _log.warning("the lease could not be renewed", export=self._export.id, error=str(error))
                self.still_mine()
