"""Rows per second of the loader into ClickHouse, by events per message and rows per block.

    python benchmarks/loader.py [--rows 400000] [--json FILE]

From JetStream through the loader into the embedded ClickHouse, each in a process of its own; the stream is filled
before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from pathlib import Path

import msgspec
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import Loader, LoaderOptions
from analytics.loading.telemetry import LoaderTelemetry
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from streams.jetstream import JetStreamBus

from benchmarks.report import Report, accept_json
from devstack.stack import Stack

NOT_VARIED = ("the tenant", "flags, metrics and experiments (one each)", "contexts (one)", "the order of keys")


def payload(number: int, events: int, received_at: int) -> bytes:
    """Half exposures, half metric events, as an SDK would send them."""
    exposures, metrics = [], []
    for index in range(events):
        user = f"user-{(number * events + index) % 500_000}"
        base = {"event_id": f"{number:08x}-{index:08x}", "timestamp": received_at - index, "user_key": user}
        if index % 2:
            metrics.append(msgspec.json.encode({**base, "metric": "purchase", "value": index * 0.25, "properties": {}}))
        else:
            context = {"country": "US", "plan": "pro", "app": "2.4.1"}
            line = {**base, "flag": "checkout", "variation": "on", "experiment": "test", "config_version": 17}
            exposures.append(msgspec.json.encode({**line, "context": context}))
    batch = EventBatch(
        batch_id=str(number),
        organization_id="organization",
        project_id="project",
        environment_id="environment",
        sdk_key_id="key",
        received_at=received_at,
        exposure_count=len(exposures),
        metric_count=len(metrics),
        exposures=b"\n".join(exposures),
        metrics=b"\n".join(metrics),
    )
    return batch.SerializeToString()


async def fill(bus: JetStreamBus, rows: int, events: int) -> None:
    received_at = time.time_ns() // 1_000_000
    for start in range(0, rows // events, 64):
        numbers = range(start, min(start + 64, rows // events))
        subject = events_subject("environment")
        await asyncio.gather(*(bus.publish(subject, payload(each, events, received_at)) for each in numbers))


async def measure(stack: Stack, rows: int, events: int, block: int) -> tuple[float, float]:
    """Rows per second of wall-clock time, and the loader's CPU microseconds per row."""
    warehouse = Warehouse(WarehouseSettings(url=stack.clickhouse.url))
    await migrate(warehouse)
    bus = await JetStreamBus.connect(stack.nats.url, name="bench")
    await bus.ensure_stream(events_stream())
    await fill(bus, rows, events)
    options = LoaderOptions(limits=LoadLimits(rows_max=block))
    loader = Loader(bus, warehouse, LoaderTelemetry(CollectorRegistry()), SystemClock(), options)
    consumer = await bus.pull(
        EVENTS,
        options.durable,
        filter_subject="events.>",
        ack_wait_seconds=options.ack_wait_seconds,
        max_ack_pending=options.max_ack_pending,
    )
    started, used = time.perf_counter(), time.process_time()
    running = asyncio.create_task(loader.run())
    while await consumer.pending():
        await asyncio.sleep(0.05)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    loader.stop()
    await running
    await bus.close()
    await warehouse.close()
    return rows / seconds, cpu / rows * 1e6


def run(rows: int, report: Report) -> None:
    print(f"{'events/message':>14} {'rows/block':>10} {'rows/s':>10} {'CPU µs/row':>10}")
    for events, block in ((100, 1_000), (100, 10_000), (1, 50_000), (10, 50_000), (100, 50_000), (1000, 50_000)):
        part = rows // 4 if events == 1 else rows
        with (
            tempfile.TemporaryDirectory() as folder,
            Stack(Path(folder), ("nats", "clickhouse"), durable=False) as stack,
        ):
            speed, cpu = asyncio.run(measure(stack, part, events, block))
        print(f"{events:>14,} {block:>10,} {speed:>10,.0f} {cpu:>10.2f}", flush=True)
        report.add(events_per_message=events, block=block, rows_per_second=round(speed), cpu_us=round(cpu, 3))
    print(f"largest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    accept_json(parser)
    given = parser.parse_args()
    report = Report("loader", NOT_VARIED)
    run(given.rows, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
