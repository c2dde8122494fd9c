"""A companion for tests: counts, and tells it until it is left; with CLINGS it can't let go of what it works with."""

from __future__ import annotations

import asyncio
import os

from prometheus_client import CollectorRegistry, Counter
from service_kit.companions import accompany, descriptor_given


async def work(registry: CollectorRegistry) -> None:
    Counter("work_done_total", "Work that was done", ["kind"], registry=registry).labels("any").inc(3)
    await asyncio.Event().wait()


async def run() -> None:
    registry, descriptor = CollectorRegistry(), descriptor_given()
    await accompany(work(registry), registry, descriptor)
    if "CLINGS" in os.environ:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run())
