"""A lease is given up knowing which version of its run was written last."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from analytics.exports.destinations.folder import FolderDestination
from analytics.exports.lease import Lease, LeaseTerms
from analytics.exports.models import Export, Run
from analytics.exports.repository import VersionedRun
from service_kit.clock import ManualClock

from tests.analytics.exports.export_parts import NOW, export_of
from tests.waiting import turns


class Runs:
    """Keeps the versions of one run. A write has come through before its writer hears of it."""

    def __init__(self) -> None:
        self.newest = 1
        self.written, self.told = asyncio.Event(), asyncio.Event()

    async def save_run(self, _export: Export, _run: Run, version: int) -> bool:
        if version <= self.newest:
            return False
        self.newest = version
        self.written.set()
        await self.told.wait()
        return True


async def test_a_sign_of_life_that_is_under_way_when_the_work_ends_costs_no_run() -> None:
    runs = Runs()
    run = Run(number=1, mode="incremental", cause="schedule", status="running", requested_at=NOW)
    held = VersionedRun("org-1", "export-1", run, 1)
    lease = Lease(
        cast("Any", runs),
        export_of(FolderDestination(path="lake")),
        held,
        LeaseTerms("worker", 0.004),
        ManualClock(NOW),
    )
    keeping = asyncio.create_task(lease.keep())
    await runs.written.wait()
    ending = asyncio.create_task(lease.end(keeping))
    await turns()
    runs.told.set()
    await ending
    await asyncio.gather(keeping, return_exceptions=True)
    await lease.write(status="succeeded")
    assert lease.run.status == "succeeded"
