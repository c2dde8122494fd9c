"""Exports to Parquet files: what is read back is what ClickHouse holds, each event once, whatever happens between."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest
from analytics.exports.destinations.folder import FolderDestination, FolderStore
from analytics.exports.destinations.parquet import ParquetSink
from analytics.exports.errors import DestinationAway, LeaseLost
from analytics.exports.models import Export, Run
from analytics.exports.repository import ExportRepository
from analytics.exports.worker import ExportWorker
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from service_kit.clock import ManualClock

from tests.analytics.exports.export_parts import (
    NOW,
    export_catalog,
    export_of,
    export_worker,
    store_exposures,
    store_purchases,
)
from tests.analytics.exports.exported_rows import (
    exported,
    exported_folder,
    files_listed,
    files_there,
    manifest,
    stored,
)


@pytest.fixture
def repository(warehouse: ArrowWarehouse) -> ExportRepository:
    return ExportRepository(ExportStore(warehouse))


@pytest.fixture
async def export(repository: ExportRepository) -> Export:
    """An export to a folder, run by hand."""
    made = export_of(FolderDestination("nightly"), schedule="manual")
    assert await repository.save(made, 1, None)
    return made


async def run(worker: ExportWorker, repository: ExportRepository, export: Export, mode: Any = "incremental") -> Run:
    """Runs the export once and returns how it ended."""
    earlier = await repository.all_runs(export)
    number = earlier[0].number + 1 if earlier else 1
    assert await repository.save_run(export, Run(number=number, mode=mode, cause="manual", requested_at=NOW), 1)
    await settled(worker)
    return (await repository.all_runs(export))[0]


async def settled(worker: ExportWorker) -> None:
    await worker.look()
    await worker.settle()


def numbers(start: int, stop: int) -> list[str]:
    return [str(each) for each in range(start, stop)]


async def test_everything_is_read_back_as_it_is_stored(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    await store_exposures(warehouse, numbers(0, 950))
    await store_exposures(warehouse, numbers(900, 950), received_at=NOW + 5)
    await store_exposures(warehouse, numbers(0, 20), environment="2")
    await store_purchases(warehouse, numbers(0, 430))
    worker = export_worker(warehouse, tmp_path, rows=100)

    ended = await run(worker, repository, export)

    assert (ended.status, ended.mode, ended.error) == ("succeeded", "full", "")
    for dataset in ("exposures", "metric_events"):
        assert exported(tmp_path, dataset) == await stored(warehouse, dataset)
    assert len(exported(tmp_path, "exposures")) == 950
    assert exported(tmp_path, "exposures")[0]["config_version"] == 2**53 + 7
    flags = exported(tmp_path, "flags")
    assert [(each["flag"], each["variations"], each["default_serve"]) for each in flags] == [
        ("checkout", '{"on":true,"off":false}', '{"on":50.0,"off":50.0}')
    ]
    assert [(each["experiment"], each["status"]) for each in exported(tmp_path, "experiments")] == [("test", "running")]
    results = exported(tmp_path, "results")
    assert {(each["metric"], each["variation"], each["is_control"]) for each in results} == {
        ("revenue", "on", False),
        ("revenue", "off", True),
    }
    assert sum(each["units"] for each in results) == 950
    assert files_there(tmp_path) == files_listed(tmp_path)
    counts = await repository.store.counts("org-1", export.id, [1])
    assert counts[1] == {"exposures": 950, "metric_events": 430, "flags": 1, "experiments": 1, "results": 2}


async def test_an_increment_brings_what_is_new_and_nothing_twice(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    worker = export_worker(warehouse, tmp_path, rows=64)
    await store_exposures(warehouse, numbers(0, 200))
    await run(worker, repository, export)
    first = files_there(tmp_path)
    # New ones, an old one that was received long ago and stored late, and repeats of what went out.
    await store_exposures(warehouse, numbers(200, 260))
    await store_exposures(warehouse, ["9999"], received_at=NOW - 40 * 86_400_000)
    await store_exposures(warehouse, numbers(0, 100), received_at=NOW + 60_000)
    await warehouse.command("OPTIMIZE TABLE events_exposure FINAL")

    ended = await run(worker, repository, export)

    assert (ended.status, ended.mode) == ("succeeded", "incremental")
    assert (await repository.store.counts("org-1", export.id, [2]))[2]["exposures"] == 61
    rows = exported(tmp_path, "exposures")
    assert sorted(each["event_id"] for each in rows) == sorted({f"e-{each}" for each in [*numbers(0, 260), "9999"]})
    assert first - {"_manifest.json"} < files_there(tmp_path)


async def test_a_merge_that_keeps_the_later_copy_brings_it_once(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    worker = export_worker(warehouse, tmp_path)
    await store_exposures(warehouse, numbers(0, 50))
    await run(worker, repository, export)
    # The same message once more under another token: of two copies received at the same time the last one stays.
    await store_exposures(warehouse, numbers(0, 51))
    await warehouse.command("OPTIMIZE TABLE events_exposure FINAL")

    await run(worker, repository, export)

    assert len(exported(tmp_path, "exposures")) == 51


async def test_unchanged_snapshots_are_not_written_again(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    catalog = export_catalog()
    worker = export_worker(warehouse, tmp_path, catalog=catalog)
    await run(worker, repository, export)
    await run(worker, repository, export)
    assert len(manifest(tmp_path)["datasets"]["flags"]["files"]) == 1

    flags = catalog.entries("env-1").flags
    flags["checkout"] = dataclasses.replace(flags["checkout"], enabled=False)
    await run(worker, repository, export)

    assert [each["enabled"] for each in exported(tmp_path, "flags")] == [True, False]
    assert len(manifest(tmp_path)["datasets"]["experiments"]["files"]) == 1


async def test_a_full_run_replaces_everything_at_its_end(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    worker = export_worker(warehouse, tmp_path)
    await store_exposures(warehouse, numbers(0, 120))
    await run(worker, repository, export)
    before = files_there(tmp_path)
    (exported_folder(tmp_path) / "exposures" / "notes.txt").write_text("mine")
    await warehouse.command("DELETE FROM events_exposure WHERE user_key = 'user-7'")

    ended = await run(worker, repository, export, "full")

    assert (ended.status, ended.mode, ended.generation) == ("succeeded", "full", 2)
    assert {each["event_id"] for each in exported(tmp_path, "exposures")} == {
        f"e-{each}" for each in range(120) if each != 7
    }
    assert files_there(tmp_path) & before == {"_manifest.json"}
    assert files_there(tmp_path) - files_listed(tmp_path) == {"exposures/notes.txt"}
    remaining = await warehouse.rows("SELECT DISTINCT generation FROM exported_events", {})
    assert [row["generation"] for row in remaining] == [2]


class Failing:
    """A sink that fails after some deliveries, as often as it is told."""

    def __init__(self, sink: ParquetSink, after: int, error: Exception) -> None:
        self._sink = sink
        self._after = after
        self._error = error

    def deliver(self, *args: Any) -> Any:
        if self._after == 0:
            raise self._error
        self._after -= 1
        return self._sink.deliver(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)


async def test_a_run_that_failed_is_continued_by_the_next(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    await store_exposures(warehouse, numbers(0, 500))
    sink = ParquetSink(FolderStore(exported_folder(tmp_path), tmp_path))
    full_disk = DestinationAway("disk_full", "the disk of the export folder is full")
    failing = export_worker(warehouse, tmp_path, open_as=lambda *_: Failing(sink, 1, full_disk))
    ended = await run(failing, repository, export)
    assert (ended.status, ended.error_code) == ("failed", "disk_full")
    assert "disk" in ended.error
    sent = (await repository.store.counts("org-1", export.id, [1]))[1]["exposures"]
    assert 0 < sent < 500

    await store_exposures(warehouse, numbers(500, 530))
    ended = await run(export_worker(warehouse, tmp_path), repository, export)

    assert (ended.status, ended.generation) == ("succeeded", 1)
    assert exported(tmp_path, "exposures") == await stored(warehouse, "exposures")
    assert (await repository.store.counts("org-1", export.id, [2]))[2]["exposures"] == 530 - sent


async def test_a_worker_back_from_the_dead_commits_nothing(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    await store_exposures(warehouse, numbers(0, 250))
    clock = ManualClock(NOW)
    sink = ParquetSink(FolderStore(exported_folder(tmp_path), tmp_path))
    paused, resumed = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Pausing(Failing):
        def deliver(self, *args: Any) -> Any:
            delivered = self._sink.deliver(*args)
            if not paused.is_set():
                loop.call_soon_threadsafe(paused.set)
                asyncio.run_coroutine_threadsafe(resumed.wait(), loop).result()
            return delivered

    zombie = export_worker(
        warehouse, tmp_path, clock=clock, open_as=lambda *_: Pausing(sink, -1, LeaseLost()), seconds=3600
    )
    assert await repository.save_run(export, Run(number=1, mode="incremental", cause="manual", requested_at=NOW), 1)
    await zombie.look()
    await paused.wait()
    # Its own clock stands still, so it believes in its lease; the others' goes on.
    later = ManualClock(NOW + 3_600_001)
    await settled(export_worker(warehouse, tmp_path, clock=later, name="worker-2"))
    resumed.set()
    await zombie.settle()

    assert exported(tmp_path, "exposures") == await stored(warehouse, "exposures")
    assert len(exported(tmp_path, "exposures")) == 250
    ended = (await repository.all_runs(export))[0]
    assert (ended.status, ended.worker, ended.claims) == ("succeeded", "worker-2", 2)
    await run(export_worker(warehouse, tmp_path, clock=later), repository, export)
    assert files_there(tmp_path) == files_listed(tmp_path)


async def test_two_workers_share_runs_and_none_runs_twice(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    await store_exposures(warehouse, numbers(0, 90))
    assert await repository.save_run(export, Run(number=1, mode="incremental", cause="manual", requested_at=NOW), 1)
    workers = [export_worker(warehouse, tmp_path, name=f"worker-{each}") for each in range(4)]
    await asyncio.gather(*(each.look() for each in workers))
    await asyncio.gather(*(each.settle() for each in workers))

    ended = (await repository.all_runs(export))[0]
    assert (ended.status, ended.claims) == ("succeeded", 1)
    assert len(exported(tmp_path, "exposures")) == 90


async def test_the_schedule_makes_one_run_per_moment(
    warehouse: ArrowWarehouse, repository: ExportRepository, tmp_path: Path
) -> None:
    clock = ManualClock(NOW)  # 10:00 UTC
    daily = export_of(FolderDestination("nightly"), id="daily", datasets=("flags",))
    hourly = export_of(FolderDestination("hourly"), id="hourly", datasets=("flags",), schedule="hourly")
    paused = export_of(FolderDestination("paused"), id="paused", datasets=("flags",), paused=True)
    for each in (daily, hourly, paused):
        assert await repository.save(each, 1, None)
    worker = export_worker(warehouse, tmp_path, clock=clock)

    async def after(hours: float) -> list[int]:
        clock.advance(hours * 3600)
        for _ in range(2):
            await settled(worker)
        return [len(await repository.all_runs(each)) for each in (daily, hourly, paused)]

    assert await after(0) == [0, 0, 0]
    assert await after(0.9) == [0, 0, 0]
    assert await after(0.2) == [0, 1, 0]
    assert await after(1) == [0, 2, 0]
    assert await after(13.9) == [1, 3, 0]  # 02:00 of the next day; hours that were missed are one run
    assert await after(24) == [2, 4, 0]
    last = (await repository.all_runs(daily))[0]
    assert (last.cause, last.status, last.scheduled_for) == ("schedule", "succeeded", NOW + 40 * 3_600_000)


async def test_a_new_destination_gets_everything(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, tmp_path: Path
) -> None:
    await store_exposures(warehouse, numbers(0, 30))
    worker = export_worker(warehouse, tmp_path)
    await run(worker, repository, export)
    moved = msgspec.structs.replace(export, destination=FolderDestination("elsewhere"))
    assert await repository.save(moved, 2, None)

    ended = await run(worker, repository, moved)

    assert (ended.mode, ended.generation) == ("full", 2)
    assert len(list((tmp_path / "org-1" / "elsewhere" / "exposures").rglob("*.parquet"))) == 1
