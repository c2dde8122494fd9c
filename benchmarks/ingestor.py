"""Events per second that the ingestor accepts and has on disk, by batch size, beside the bare bus client and FastAPI.

    python -m benchmarks.ingestor [--seconds 3] [--rounds 3] [--json FILE]

One ingestor process, an embedded NATS with file storage and `sync_interval: always`, and a client in C, all on one
machine. A request counts when its 202 has come back, so each counted event is durable. Every event has an id of its
own; users, contexts and the order of keys vary, and tracing headers where a row says so. CPU is user and system time of
the server process. The bare handler reads the body as JSON and answers 202: what FastAPI alone costs, without checking
or storing anything. The bus client alone stores the same batches, 16 messages in flight. All take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_subject
from streams.jetstream import JetStreamBus

from benchmarks.edge_traffic import Template, requests_of
from benchmarks.event_traffic import NOT_VARIED, event_templates, publish_environment
from benchmarks.lean_client import LeanClient
from benchmarks.report import Report, accept_json
from devstack.ports import free_port
from devstack.processes import Process, Program
from devstack.stack import Stack

RAW_BATCH = 100
BUS_GOAL, HEADERS_GOAL = 0.95, 1.3
LIMITS = (
    "EVENTS_PER_KEY",
    "EVENTS_PER_ORGANIZATION",
    "INGESTOR_REQUESTS_PER_ADDRESS",
    "INGESTOR_REQUESTS_PER_KEY",
    "INGESTOR_REQUESTS_PER_ORGANIZATION",
)

bare_app = FastAPI()


@bare_app.post("/v1/events", status_code=202)
async def bare(request: Request) -> JSONResponse:
    return JSONResponse({"accepted": len(await request.json()), "rejected": []}, status_code=202)


@bare_app.get("/readyz")
async def ready() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent to whom."""

    name: str
    process: Process
    port: int
    events: int
    templates: Sequence[Template]


@dataclass(frozen=True, slots=True)
class Measured:
    events_per_second: float
    cpu_microseconds: float
    """An event."""
    p50: float
    p99: float
    memory_mebibytes: float


def measure(client: LeanClient, case: Case, seconds: float) -> Measured:
    server = psutil.Process(case.process.pid)
    before = server.cpu_times()
    connections = 64 if case.events <= 10 else 16
    done = client.run(case.port, case.templates, status="202", connections=connections, seconds=seconds)
    after = server.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    events = done.requests * case.events
    return Measured(events / seconds, cpu * 1e6 / events, done.p50, done.p99, server.memory_info().rss / 2**20)


@contextlib.contextmanager
def server(name: str, arguments: list[str], environment: dict[str, str], folder: Path) -> Iterator[Process]:
    log = folder / f"{name}.log"
    process = Process(Program(name, [sys.executable, *arguments], log, environment))
    process.start()
    try:
        yield process
    finally:
        process.stop()


async def wait_ready(port: int) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def ingestor(nats_url: str, folder: Path) -> AsyncIterator[tuple[Process, int]]:
    bus = await JetStreamBus.connect(nats_url, name="bench")
    await publish_environment(bus)
    await bus.close()
    port = free_port()
    environment = {"FF_NATS_URL": nats_url, "FF_PORT": str(port), "FF_PII_SECRET": "a secret of the ingestor benchmark"}
    # One key and one address send all there is.
    environment |= {f"FF_{name}_PER_SECOND": "10000000" for name in LIMITS}
    with server("ingestor", ["-m", "event_ingestor.main"], environment, folder) as process:
        await wait_ready(port)
        yield process, port


async def raw_publish(nats_url: str, seconds: float) -> float:
    """Events per second of the bus client alone, 16 messages in flight: what is left is the ingestor's own."""
    bus = await JetStreamBus.connect(nats_url, name="bench")
    bodies = [each.partition(b"\r\n\r\n")[2] for each in requests_of(event_templates(RAW_BATCH, now=time.time()))]
    deadline, sent = time.perf_counter() + seconds, 0

    async def publisher(number: int) -> None:
        nonlocal sent
        while time.perf_counter() < deadline:
            sent += 1
            batch = EventBatch(batch_id=f"{number}-{sent}-{time.time_ns()}", exposures=bodies[sent % len(bodies)])
            await bus.publish(events_subject("raw"), batch.SerializeToString(), message_id=batch.batch_id)

    stored = (await bus.state(EVENTS)).messages
    await asyncio.gather(*(publisher(number) for number in range(16)))
    stored = (await bus.state(EVENTS)).messages - stored
    await bus.close()
    if stored < sent:
        raise SystemExit(f"{sent} acknowledged, {stored} in the stream")
    return sent * RAW_BATCH / seconds


def cases(ingesting: tuple[Process, int], bare_server: tuple[Process, int]) -> list[Case]:
    found = [Case("ingestor, 1 event, new headers", *ingesting, 1, event_templates(1, tracing="new", now=time.time()))]
    for events in (1, 10, 100, 1000):
        templates = event_templates(events, now=time.time())
        plural = f"{events:,} event{'s' * (events > 1)}"
        found.append(Case(f"ingestor, {plural}", *ingesting, events, templates))
        found.append(Case(f"bare FastAPI, {plural}", *bare_server, events, templates))
    return found


async def check(case: Case) -> None:
    """Exits when not every event is taken: what refuses is fast."""
    reader, writer = await asyncio.open_connection("127.0.0.1", case.port)
    writer.write(requests_of(case.templates)[0])
    head = await reader.readuntil(b"\r\n\r\n")
    answer = await reader.read(len(expected := b'{"accepted":%d,"rejected":[]}' % case.events))
    writer.close()
    if answer != expected:
        raise SystemExit(f"{case.name}: {head.decode()}{answer.decode()}")


async def compare(folder: Path, nats_url: str, options: argparse.Namespace, report: Report) -> None:
    port, client = free_port(), LeanClient(folder)
    arguments = ["-m", "uvicorn", "benchmarks.ingestor:bare_app", "--port", str(port), "--no-access-log"]
    best: dict[str, Measured] = {}
    raw = 0.0
    with server("bare", arguments, {"PYTHONPATH": str(Path.cwd())}, folder) as process:
        await wait_ready(port)
        async with ingestor(nats_url, folder) as ingesting:
            measured_cases = cases(ingesting, (process, port))
            for case in measured_cases:
                await check(case)
            for _ in range(options.rounds):
                for case in measured_cases:
                    found = measure(client, case, options.seconds)
                    best[case.name] = max(best.get(case.name, found), found, key=lambda one: one.events_per_second)
                raw = max(raw, await raw_publish(nats_url, options.seconds))
    tell(measured_cases, best, report)
    compared = (
        (
            "the ingestor to the bus client alone, batches of 100, events/s",
            best["ingestor, 100 events"].events_per_second,
            raw,
            BUS_GOAL,
        ),
        (
            "one event, new headers to constant ones, CPU",
            best["ingestor, 1 event, new headers"].cpu_microseconds,
            best["ingestor, 1 event"].cpu_microseconds,
            HEADERS_GOAL,
        ),
    )
    print(f"\nThe bus client alone, messages of {RAW_BATCH} events, 16 in flight: {raw:,.0f} events/s")
    report.add(row="bus client alone", events_per_second=round(raw))
    for name, one, other, goal in compared:
        print(f"{name}: {one / other:.2f} (goal {goal})")
        report.add(row=name, ratio=round(one / other, 3), goal=goal)


def tell(measured_cases: Sequence[Case], best: dict[str, Measured], report: Report) -> None:
    print("| | events/s | requests/s | CPU µs/event | p50 ms | p99 ms | MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for case in measured_cases:
        each = best[case.name]
        requests = each.events_per_second / case.events
        print(
            f"| {case.name} | {each.events_per_second:,.0f} | {requests:,.0f} | {each.cpu_microseconds:.2f} "
            f"| {each.p50:.1f} | {each.p99:.1f} | {each.memory_mebibytes:.0f} |"
        )
        report.add(
            row=case.name,
            events_per_second=round(each.events_per_second),
            cpu_us=round(each.cpu_microseconds, 3),
            p50_ms=round(each.p50, 2),
            p99_ms=round(each.p99, 2),
            memory_mib=round(each.memory_mebibytes, 1),
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="in which the servers take turns")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("ingestor", (*NOT_VARIED, "connections (64 for up to ten events, else 16; kept alive)"))
    print(f"{os.cpu_count()} cores, the best of {options.rounds} rounds of {options.seconds:g} s, one server process\n")
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",)) as stack:
        await compare(Path(name), stack.nats.url, options, report)
    report.finish(options.json)


if __name__ == "__main__":
    asyncio.run(main())
