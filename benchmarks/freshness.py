"""How old an event is when a query of ClickHouse first sees it, at a steady rate; and how a backlog drains.

    python -m benchmarks.freshness [--seconds 120] [--rate 10000] [--backlog 5000000]

Ingestor, loader, NATS (file storage, `sync_interval: always`) and ClickHouse are processes of their own, this one is
the client. Batches of 100 are sent when they are due, whether or not the earlier ones were answered; a batch's age
runs from the moment it was due to the first query that counts it, so waiting anywhere on the way is in it. Queries
come every 50 ms. With `--backlog`, so many events stand in the stream before the loader starts instead.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from messages.subjects import EVENTS, events_stream
from streams.jetstream import JetStreamBus

from benchmarks.ingestor import Load, ingestor
from benchmarks.loader import fill
from devstack.services import DATABASE, loader
from devstack.stack import Stack

BATCH = 100
CONNECTIONS = 32
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60
COUNT = "SELECT (SELECT count() FROM events_exposure) + (SELECT count() FROM events_metric) AS stored"


@contextlib.contextmanager
def loading(stack: Stack, folder: Path) -> Iterator[psutil.Process]:
    """A loader that runs."""
    service = loader(folder, stack)
    service.start()
    try:
        yield psutil.Process(service.pid)
    finally:
        service.stop()


class Stored:
    """What ClickHouse held, and when."""

    def __init__(self, url: str) -> None:
        self._warehouse = Warehouse(WarehouseSettings(url=url, database=DATABASE))
        self.counts: list[int] = [0]
        self.times: list[float] = [time.perf_counter()]

    async def ask(self) -> int:
        stored = int((await self._warehouse.rows(COUNT, {}))[0]["stored"])
        self.times.append(time.perf_counter())
        self.counts.append(stored)
        return stored

    async def follow(self, total: int, deadline: float) -> None:
        """Until all are there. Exits if they have not come by the deadline."""
        while (stored := await self.ask()) < total:
            if time.perf_counter() > deadline:
                raise SystemExit(f"{stored:,} of {total:,} events are in ClickHouse")
            await asyncio.sleep(POLL_SECONDS)

    def first_seen(self, count: int) -> float:
        return self.times[bisect.bisect_left(self.counts, count)]

    async def close(self) -> None:
        await self._warehouse.close()


async def send(load: Load, batches: int, every_seconds: float) -> list[float]:
    """Sends each batch when it is due. Returns the due times in the order in which the batches were acknowledged."""
    began = time.perf_counter()
    due = iter([began + number * every_seconds for number in range(batches)])
    acknowledged: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        for moment in due:
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            await load.send(reader, writer)
            acknowledged.append(moment)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return acknowledged


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def resident_mebibytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


async def steady(stack: Stack, folder: Path, rate: int, seconds: float) -> None:
    """Prints the ages at a rate of events per second held so long, and what it costs."""
    async with ingestor(stack.nats.url, folder) as (process, port):
        load = Load(port, BATCH)
        with loading(stack, folder) as loader_process:
            parts = {"ingestor": psutil.Process(process.pid), "loader": loader_process}
            stored = Stored(stack.clickhouse.url)
            before = {name: sum(part.cpu_times()[:2]) for name, part in parts.items()}
            memory = {name: resident_mebibytes(part) for name, part in parts.items()}
            began, batches = time.perf_counter(), int(rate * seconds) // BATCH
            following = asyncio.create_task(stored.follow(batches * BATCH, began + seconds + PATIENCE_SECONDS))
            acknowledged = await send(load, batches, BATCH / rate)
            took = time.perf_counter() - began
            await following
            ages = sorted(stored.first_seen((n + 1) * BATCH) - due for n, due in enumerate(acknowledged))
            print(f"{batches * BATCH:,} events accepted at {batches * BATCH / took:,.0f}/s, all in ClickHouse")
            shown = [f"{name} {percentile(ages, share):.2f} s" for name, share in (("p50", 0.5), ("p99", 0.99))]
            print(f"age when first seen by a query: {', '.join(shown)}, worst {ages[-1]:.2f} s")
            for name, part in parts.items():
                cpu = (sum(part.cpu_times()[:2]) - before[name]) / (batches * BATCH) * 1e6
                grown = f"{memory[name]:.0f} -> {resident_mebibytes(part):.0f} MiB"
                print(f"{name}: {cpu:.2f} µs of CPU per event, {grown}")
            await stored.close()


async def drain(stack: Stack, folder: Path, events: int) -> None:
    """Prints the loader's memory while it drains a backlog, by the share that is stored."""
    bus = await JetStreamBus.connect(stack.nats.url, name="bench")
    await bus.ensure_stream(events_stream())
    await fill(bus, events, BATCH)
    backlog = await bus.state(EVENTS)
    await bus.close()
    print(f"backlog of {events:,} events in {backlog.messages:,} messages, {backlog.bytes / 2**20:,.0f} MiB")
    stored = Stored(stack.clickhouse.url)
    with loading(stack, folder) as process:
        began = time.perf_counter()
        before, peak = sum(process.cpu_times()[:2]), 0.0
        print(f"{'stored':>12} {'seconds':>8} {'MiB':>8}")
        for step in range(1, 11):
            while await stored.ask() < events * step // 10:
                peak = max(peak, resident_mebibytes(process))
                await asyncio.sleep(POLL_SECONDS)
            seconds = time.perf_counter() - began
            print(f"{stored.counts[-1]:>12,} {seconds:>8.1f} {resident_mebibytes(process):>8.0f}", flush=True)
        cpu = (sum(process.cpu_times()[:2]) - before) / events * 1e6
        print(f"{events / seconds:,.0f} rows/s, {cpu:.2f} µs of the loader's CPU per row, peak {peak:.0f} MiB")
    await stored.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=int, default=10_000, help="events per second")
    parser.add_argument("--backlog", type=int, default=0, help="events in the stream before the loader starts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Stack(Path(name) / "stack", ("nats", "clickhouse")) as stack:
        folder = Path(name)
        if given.backlog:
            asyncio.run(drain(stack, folder, given.backlog))
        else:
            asyncio.run(steady(stack, folder, given.rate, given.seconds))


if __name__ == "__main__":
    main()
