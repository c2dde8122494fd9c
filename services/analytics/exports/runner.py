"""One run: per dataset batch after batch, each delivered, then committed. The log of commits is the only truth.

A worker that dies leaves at most one batch that was delivered and not committed. The next one takes such a file away,
and a merge that is repeated adds nothing; it goes on after the last commit.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import msgspec
import pyarrow as pa

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment
from analytics.exports.datasets import DATASETS, Dataset
from analytics.exports.destinations.port import Attempt, BatchRows, Delivery, Outcome, Sink
from analytics.exports.errors import LeaseLost
from analytics.exports.lease import Lease
from analytics.exports.manifests import manifest_of
from analytics.exports.models import Export, ExportBatch, Run
from analytics.exports.repository import batch_of
from analytics.exports.state import StateReader
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.export_events import EVENT_KEY_COLUMN, NO_KEY, EventReader, EventWindow
from analytics.warehouse.exports import ExportStore, StoredBatch


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """What one batch may hold; it is in memory as a whole."""

    rows: int = 50_000
    bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a dataset stands in a run: the window in work, how far it got, and the number of the next batch."""

    since: int
    until: int
    after: tuple[str, str, str]
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Load:
    """The next batch, before it is delivered; `reached` is what its commit will say besides the file."""

    rows: pa.Table
    keys: list[bytes]
    reached: ExportBatch


class Runner:
    """Executes runs that this worker holds."""

    def __init__(self, warehouse: ArrowWarehouse, store: ExportStore, catalog: Catalog, limits: ExportLimits) -> None:
        self._store = store
        self._catalog = catalog
        self._reader = EventReader(warehouse, limits.rows, limits.bytes)
        self._state = StateReader(catalog, warehouse)

    async def execute(self, export: Export, lease: Lease, sink: Sink) -> None:
        """Brings everything up to the run's `until`. Raises DestinationError, WarehouseError, NotFound, LeaseLost."""
        run = lease.run
        environment = self._catalog.environment_by_id(export.environment_id)
        for name in export.datasets:
            await self._fence(export, name, lease)
        committed = await self._store.batches(export.organization_id, export.id, run.generation)
        files = frozenset(batch_of(each).file for each in committed)
        attempt = Attempt(export.id, run.generation, f"{run.number}.{run.claims}", files)
        await asyncio.to_thread(sink.begin, attempt)
        for name in export.datasets:
            await self._bring(export, DATASETS[name], environment, lease, sink)
        await self._finish(export, environment, lease, sink)

    async def _bring(
        self, export: Export, dataset: Dataset, environment: Environment, lease: Lease, sink: Sink
    ) -> None:
        run = lease.run
        while True:
            lease.still_mine()
            last = await self._last(export, run.generation, dataset.name)
            progress = progress_of(last, run.until)
            if progress is None:
                return
            load = await self._load(export, dataset, environment, run.generation, progress)
            delivered = Delivery("", 0)
            if load.rows.num_rows:
                cargo = BatchRows(dataset, progress.number, load.rows)
                delivered = await asyncio.to_thread(sink.deliver, cargo, lease.still_mine)
            lease.still_mine()
            reached = msgspec.structs.replace(load.reached, file=delivered.file, bytes=delivered.bytes)
            stored = _stored(export, run, (dataset.name, progress.number), load.rows.num_rows, reached)
            if not await self._store.put_batch(stored, load.keys):
                if delivered.file:
                    await asyncio.to_thread(sink.discard, delivered)
                raise LeaseLost(f"batch {progress.number} of {dataset.name} was committed by another worker")

    async def _fence(self, export: Export, dataset: str, lease: Lease) -> None:
        """Takes the number of the next batch with an empty one. A commit that an earlier worker, or an attempt that
        timed out, still has on its way can't land after that, so its file can be removed."""
        run = lease.run
        while True:
            lease.still_mine()
            last = await self._last(export, run.generation, dataset)
            reached = ExportBatch(since=0, until=run.until, last=False)
            if last is not None:
                reached = msgspec.structs.replace(batch_of(last), file="", bytes=0)
            number = last.number + 1 if last else 1
            if await self._store.put_batch(_stored(export, run, (dataset, number), 0, reached), []):
                return

    async def _last(self, export: Export, generation: int, dataset: str) -> StoredBatch | None:
        return await self._store.last_batch(export.organization_id, export.id, generation, dataset)

    async def _load(
        self, export: Export, dataset: Dataset, environment: Environment, generation: int, progress: Progress
    ) -> _Load:
        since, until = progress.since, progress.until
        if not dataset.events:
            state = await self._state.read(dataset, environment, until)
            rows = state.rows if state.digest != progress.digest else state.rows.slice(0, 0)
            return _Load(rows, [], ExportBatch(since=since, until=until, last=True, digest=state.digest))
        window = EventWindow(
            export.organization_id, export.environment_id, export.id, generation, dataset.name, since, until
        )
        end = await self._reader.batch_end(window, progress.after)
        if end is None:
            return _Load(dataset.schema.empty_table(), [], ExportBatch(since=since, until=until, last=True))
        table = await self._reader.batch(window, progress.after, end)
        keys = table.column(EVENT_KEY_COLUMN).to_pylist()
        rows = table.select(dataset.schema.names).cast(dataset.schema)
        return _Load(rows, keys, ExportBatch(since=since, until=until, after=end, last=False))

    async def _finish(self, export: Export, environment: Environment, lease: Lease, sink: Sink) -> None:
        run = lease.run
        batches = await self._store.batches(export.organization_id, export.id, run.generation)
        files = frozenset(file for each in batches if (file := batch_of(each).file))
        manifest = manifest_of(export, environment, run, batches)
        lease.still_mine()
        outcome = Outcome(run.generation, run.mode == "full", export.environment_id, files, manifest)
        await asyncio.to_thread(sink.finish, outcome)
        if run.mode == "full":
            await self._store.forget_keys(export.organization_id, export.id, run.generation)

    async def stored_until(self, lag_seconds: float) -> int:
        """Up to which moment everything can be read. Raises WarehouseError."""
        return await self._reader.stored_until(lag_seconds)


def progress_of(last: StoredBatch | None, until: int) -> Progress | None:
    """What comes after the last committed batch; None when everything up to `until` is there.

    A window that an earlier run began is finished as it was begun, then one more follows up to `until`.
    """
    if last is None:
        return Progress(0, until, NO_KEY, 1, "")
    batch = batch_of(last)
    if not batch.last:
        return Progress(batch.since, batch.until, batch.after, last.number + 1, batch.digest)
    if batch.until < until:
        return Progress(batch.until, until, NO_KEY, last.number + 1, batch.digest)
    return None


def _stored(export: Export, run: Run, batch: tuple[str, int], rows: int, reached: ExportBatch) -> StoredBatch:
    """`batch`: its dataset and number."""
    dataset, number = batch
    document = msgspec.json.encode(reached).decode()
    return StoredBatch(
        export.organization_id,
        export.id,
        run.generation,
        dataset,
        number,
        run.number,
        rows,
        document,
        str(uuid.uuid4()),
    )
