"""`analytics export` is killed again and again: the files that count hold every event once."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from analytics.exports.destinations.folder import FolderDestination
from analytics.exports.models import Export, Run
from analytics.exports.repository import ExportRepository
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from messages.generated import config_pb2 as pb
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from devstack.services import Service
from tests.analytics.exports.export_parts import NOW, export_of, store_exposures, store_purchases
from tests.analytics.exports.exported_rows import exported, files_listed, files_there, stored
from tests.event_ingestor.config_writer import ConfigWriter
from tests.waiting import until

EVENTS = 3000
KILLS = 4


async def committed(repository: ExportRepository, export: Export) -> int:
    return len(await repository.store.batches("org-1", export.id, 1))


async def ended(repository: ExportRepository, export: Export) -> bool:
    return (await repository.all_runs(export))[0].finished


async def until_more_than(repository: ExportRepository, export: Export, batches: int) -> bool:
    """True when more batches are committed than that; False when the run has ended before."""

    async def enough() -> bool:
        return await committed(repository, export) > batches

    async def enough_or_ended() -> bool:
        return await enough() or await ended(repository, export)

    await until(enough_or_ended)
    return await enough()


@pytest.mark.parametrize("seed", [7])
async def test_a_killed_export_goes_on_without_loss_or_doubles(
    seed: int, tmp_path: Path, fresh_nats: Nats, clickhouse_url: str, clickhouse_database: str
) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    environment = pb.Environment(key="production", project_key="shop", organization_id="org-1", project_id="project-1")
    await ConfigWriter("env-1").publish(bus, environment)
    warehouse = ArrowWarehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await migrate(warehouse)
    await store_exposures(warehouse, [str(each) for each in range(EVENTS)])
    await store_purchases(warehouse, [str(each) for each in range(EVENTS // 2)])
    repository = ExportRepository(ExportStore(warehouse))
    export = export_of(FolderDestination("nightly"), schedule="manual")
    await repository.save(export, 1, None)
    await repository.save_run(export, Run(number=1, mode="full", cause="manual", requested_at=NOW), 1)
    settings = {
        "FF_NATS_URL": fresh_nats.url,
        "FF_CLICKHOUSE_URL": clickhouse_url,
        "FF_CLICKHOUSE_DATABASE": clickhouse_database,
        "FF_EXPORT_FOLDER_ROOT": str(tmp_path / "exports"),
        "FF_EXPORT_BATCH_ROWS": "90",
        "FF_EXPORT_LAG_SECONDS": "0",
        "FF_EXPORT_LEASE_SECONDS": "3",
        "FF_EXPORT_POLL_SECONDS": "0.1",
    }
    worker = Service(tmp_path, "export", ("analytics", "export"), settings)
    choices = random.Random(seed)
    kills = 0
    try:
        for _ in range(KILLS):
            await asyncio.to_thread(worker.start)
            if not await until_more_than(
                repository, export, await committed(repository, export) + choices.randint(6, 9)
            ):
                break
            await asyncio.sleep(choices.random() * 0.05)
            worker.kill()
            kills += 1
        else:
            await asyncio.to_thread(worker.start)
        await until(lambda: ended(repository, export), 120)
        run = (await repository.all_runs(export))[0]

        assert kills >= KILLS - 1
        assert (run.status, run.error) == ("succeeded", "")
        assert run.claims > kills
        root = tmp_path / "exports"
        for dataset, count in (("exposures", EVENTS), ("metric_events", EVENTS // 2)):
            rows = exported(root, dataset)
            assert len(rows) == count
            assert rows == await stored(warehouse, dataset)
        assert files_there(root) == files_listed(root)
    finally:
        worker.stop()
        await warehouse.close()
        await bus.close()
