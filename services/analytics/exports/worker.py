"""`analytics export`: makes runs that are due, takes runs that wait, and works on them.

Any number of workers may run: a run is made and taken by writing its next version, which only one of them can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import NotFound

from analytics.catalog.catalog import Catalog
from analytics.exports.credentials import destination_digest, opened
from analytics.exports.destinations.port import Destination, Sink
from analytics.exports.errors import DestinationAway, DestinationError, LeaseLost
from analytics.exports.lease import Lease, LeaseTerms
from analytics.exports.models import Export, Run
from analytics.exports.repository import ExportRepository, VersionedExport, VersionedRun
from analytics.exports.runner import Runner
from analytics.exports.schedule import is_due
from analytics.exports.seal import Sealer
from analytics.exports.telemetry import ExportTelemetry
from analytics.warehouse.errors import WarehouseError

_ATTEMPTS = 4
_CLAIMS_MAX = 20
_log = get_logger("export")
OpenSink = Callable[[str, Destination, dict[str, str]], Sink]


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How the worker goes about it.

    `lag_seconds`: rows younger than this wait for the next run, because an insert that is under way may still
    bring rows of the same moment. `retry_seconds`: the first pause before another attempt."""

    terms: LeaseTerms
    lag_seconds: float = 120.0
    poll_seconds: float = 2.0
    retry_seconds: float = 2.0
    runs_at_once: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What the worker is made of."""

    repository: ExportRepository
    runner: Runner
    catalog: Catalog
    sealer: Sealer
    open_sink: OpenSink
    clock: Clock
    telemetry: ExportTelemetry


class ExportWorker:
    """The process that executes exports.

    `run` goes on until `stop`; a run that is under way then is taken over by the next worker."""

    def __init__(self, parts: WorkerParts, options: WorkerOptions) -> None:
        self._parts = parts
        self._options = options
        self._stopping = asyncio.Event()
        self._working: dict[str, asyncio.Task[None]] = {}

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._parts.catalog.ready:
                    try:
                        await self.look()
                    except WarehouseError as error:
                        _log.warning("ClickHouse is away, looking later", error=str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._options.poll_seconds):
                        await self._stopping.wait()
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def look(self) -> None:
        """Makes the runs that are due and starts work on those that wait. Raises WarehouseError."""
        repository = self._parts.repository
        exports = await repository.exports()
        last_runs = await repository.last_runs()
        for found in exports:
            try:
                await self._look_after(found, last_runs.get(found.export.id))
            except Exception as error:
                self._note_failure(found.export.id, error)

    async def _look_after(self, found: VersionedExport, last_run: VersionedRun | None) -> None:
        last = await self._scheduled(found.export, last_run)
        if last is not None and self._is_free(found.export.id, last.run):
            await self._start(found, last)

    def _note_failure(self, export_id: str, error: Exception) -> None:
        self._parts.telemetry.failures.inc()
        _log.error("an export could not be looked after", export=export_id, exc_info=error)

    async def settle(self) -> None:
        """Waits until nothing is in work here."""
        while self._working:
            await asyncio.gather(*self._working.values())

    def _is_free(self, export_id: str, run: Run) -> bool:
        if run.finished or export_id in self._working or len(self._working) >= self._options.runs_at_once:
            return False
        return run.status == "queued" or run.lease_until < self._parts.clock.now()

    async def _scheduled(self, export: Export, last: VersionedRun | None) -> VersionedRun | None:
        if last is not None and not last.run.finished:
            return last
        now = self._parts.clock.now()
        due = is_due(export, await self._last_scheduled_for(export, last), now)
        if due is None:
            return last
        number = last.run.number + 1 if last else 1
        run = Run(number=number, mode="incremental", cause="schedule", requested_at=now, scheduled_for=due)
        if not await self._parts.repository.save_run(export, run, 1):
            return None
        return VersionedRun(export.organization_id, export.id, run, 1)

    async def _last_scheduled_for(self, export: Export, last: VersionedRun | None) -> int | None:
        if last is None or last.run.scheduled_for is not None:
            return last.run.scheduled_for if last else None
        runs = await self._parts.repository.all_runs(export)
        return next((run.scheduled_for for run in runs if run.scheduled_for is not None), None)

    async def _start(self, found: VersionedExport, waiting: VersionedRun) -> None:
        lease = await Lease.take(self._parts.repository, found.export, waiting, self._options.terms, self._parts.clock)
        if lease is None:
            return
        export_id = found.export.id
        task = asyncio.create_task(self._work(found, lease), name=f"export-{export_id}")
        self._working[export_id] = task
        task.add_done_callback(lambda _: self._working.pop(export_id, None))

    async def _work(self, found: VersionedExport, lease: Lease) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(lease.keep())
                error = await self._attempts(found, lease)
                await lease.end(keeping)
            await self._conclude(found.export, lease, error)
        except* (LeaseLost, WarehouseError) as errors:
            # The run stays as it is and is taken up again when the lease has ended.
            _log.warning("a run was left to another worker", export=found.export.id, error=str(errors.exceptions[0]))
        except* Exception as errors:
            self._note_failure(found.export.id, errors)

    async def _attempts(self, found: VersionedExport, lease: Lease) -> DestinationError | None:
        """None when the run succeeded. Raises LeaseLost."""
        if lease.run.claims > _CLAIMS_MAX:
            return DestinationError("gave_up", f"{_CLAIMS_MAX} workers ended while they worked on this run")
        pause = self._options.retry_seconds
        error = DestinationError("unknown", "")
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause)
                pause *= 4
            try:
                await self._attempt(found, lease)
            except DestinationAway as away:
                error = away
            except DestinationError as refused:
                return refused
            except LeaseLost:
                raise
            except NotFound:
                return DestinationError("environment_gone", "the environment is not there any more")
            except WarehouseError as away:
                _log.warning("ClickHouse failed during a run", export=found.export.id, error=str(away))
                error = DestinationError("events_unavailable", "the events could not be read from ClickHouse")
            except Exception as unexpected:
                _log.error("a run failed unexpectedly", export=found.export.id, exc_info=unexpected)
                return DestinationError("unexpected", "an unexpected error; the worker's log has it")
            else:
                return None
        return error

    async def _attempt(self, found: VersionedExport, lease: Lease) -> None:
        parts, export = self._parts, found.export
        if not lease.run.generation:
            await lease.write(**await self._begun(export, lease.run))
        credentials = opened(parts.sealer, found)
        sink = await asyncio.to_thread(parts.open_sink, export.organization_id, export.destination, credentials)
        try:
            await parts.runner.execute(export, lease, sink)
        finally:
            await asyncio.to_thread(sink.close)

    async def _begun(self, export: Export, run: Run) -> dict[str, Any]:
        """Fixes how far the run goes, and which generation it belongs to: the one that counts, or a new one."""
        until = await self._parts.runner.stored_until(self._options.lag_seconds)
        digest = destination_digest(export.destination)
        earlier = [each for each in await self._parts.repository.all_runs(export) if each.number < run.number]
        here = [each for each in earlier if each.destination_digest == digest and each.generation]
        newest = max((each.generation for each in earlier), default=0)
        whole = next((each.generation for each in here if each.status == "succeeded"), None)
        begun = next((each.generation for each in here), None) if whole is None else whole
        new = run.mode == "full" or begun is None
        return {
            "mode": "full" if new else "incremental",
            "generation": newest + 1 if new else begun,
            "until": until,
            "destination_digest": digest,
        }

    async def _conclude(self, export: Export, lease: Lease, error: DestinationError | None) -> None:
        await lease.write(
            status="failed" if error else "succeeded",
            finished_at=self._parts.clock.now(),
            error_code=error.code if error else "",
            error=error.words if error else "",
        )
        run = lease.run
        self._parts.telemetry.runs.labels(run.status).inc()
        if error:
            _log.warning("a run failed", export=export.id, run=run.number, code=error.code, error=error.words)
        else:
            _log.info("a run ended", export=export.id, run=run.number, mode=run.mode)
