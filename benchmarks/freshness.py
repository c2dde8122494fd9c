"""How old an event is when a query of ClickHouse first sees it, at a steady rate; and how a backlog drains.

    python -m benchmarks.freshness [--seconds 120] [--rate 10000] [--backlog 5000000] [--json FILE]

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
from itertools import count
from pathlib import Path

import psutil
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from messages.subjects import EVENTS, events_stream
from streams.jetstream import JetStreamBus

from benchmarks.event_traffic import NOT_VARIED, event_templates
from benchmarks.ingestor import ingestor
from benchmarks.loader import fill
from benchmarks.report import Report, accept_json
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


async def send(port: int, batches: int, every_seconds: float) -> list[float]:
    """Sends each batch when it is due. Returns the due times in the order in which the batches were acknowledged."""
    templates, numbers = event_templates(BATCH, tracing="new", now=time.time()), count(time.time_ns())
    began = time.perf_counter()
    due = iter([began + number * every_seconds for number in range(batches)])
    acknowledged: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for moment in due:
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            number = next(numbers)
            template = templates[number % len(templates)]
            writer.write(template.text % ((number,) * template.fields))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 202"):
                raise SystemExit(f"refused: {head.decode()}{(await reader.read(500)).decode()}")
            await reader.readuntil(b'"rejected":[]}')
            acknowledged.append(moment)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return acknowledged


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def resident_mebibytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


async def steady(stack: Stack, folder: Path, rate: int, seconds: float, report: Report) -> None:
    """Prints the ages at a rate of events per second held so long, and what it costs."""
    async with ingestor(stack.nats.url, folder) as (process, port):
        with loading(stack, folder) as loader_process:
            parts = {"ingestor": psutil.Process(process.pid), "loader": loader_process}
            stored = Stored(stack.clickhouse.url)
            before = {name: sum(part.cpu_times()[:2]) for name, part in parts.items()}
            memory = {name: resident_mebibytes(part) for name, part in parts.items()}
            began, batches = time.perf_counter(), int(rate * seconds) // BATCH
            following = asyncio.create_task(stored.follow(batches * BATCH, began + seconds + PATIENCE_SECONDS))
            acknowledged = await send(port, batches, BATCH / rate)
            took = time.perf_counter() - began
            await following
            ages = sorted(stored.first_seen((n + 1) * BATCH) - due for n, due in enumerate(acknowledged))
            print(f"{batches * BATCH:,} events accepted at {batches * BATCH / took:,.0f}/s, all in ClickHouse")
            shown = [f"{name} {percentile(ages, share):.2f} s" for name, share in (("p50", 0.5), ("p99", 0.99))]
            print(f"age when first seen by a query: {', '.join(shown)}, worst {ages[-1]:.2f} s")
            report.add(
                row="age when first seen",
                events_per_second=round(batches * BATCH / took),
                p50_s=round(percentile(ages, 0.5), 3),
                p99_s=round(percentile(ages, 0.99), 3),
                worst_s=round(ages[-1], 3),
            )
            for name, part in parts.items():
                cpu = (sum(part.cpu_times()[:2]) - before[name]) / (batches * BATCH) * 1e6
                grown = f"{memory[name]:.0f} -> {resident_mebibytes(part):.0f} MiB"
                print(f"{name}: {cpu:.2f} µs of CPU per event, {grown}")
                report.add(row=name, cpu_us=round(cpu, 3), memory_mib=round(resident_mebibytes(part), 1))
            await stored.close()


async def drain(stack: Stack, folder: Path, events: int, report: Report) -> None:
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
        report.add(
            row="backlog", rows_per_second=round(events / seconds), cpu_us=round(cpu, 3), peak_mib=round(peak, 1)
        )
    await stored.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=int, default=10_000, help="events per second")
    parser.add_argument("--backlog", type=int, default=0, help="events in the stream before the loader starts")
    accept_json(parser)
    given = parser.parse_args()
    report = Report("freshness", (*NOT_VARIED, f"batches of {BATCH}", f"connections ({CONNECTIONS}, kept alive)"))
    with tempfile.TemporaryDirectory() as name, Stack(Path(name) / "stack", ("nats", "clickhouse")) as stack:
        folder = Path(name)
        if given.backlog:
            asyncio.run(drain(stack, folder, given.backlog, report))
        else:
            asyncio.run(steady(stack, folder, given.rate, given.seconds, report))
    report.finish(given.json)


if __name__ == "__main__":
    main()
