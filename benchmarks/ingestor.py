"""Events per second that the ingestor accepts and has on disk, by batch size, beside a bare FastAPI handler.

One ingestor process, an embedded NATS with file storage and `sync_interval: always`, and this process as the
client, all on one machine. A request counts when its 202 has come back, so each counted event is durable. Every
event has an id of its own. CPU is user and system time of the server process. The bare handler reads the body as
JSON and answers 202: what FastAPI alone costs, without checking or storing anything. The two take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from messages.generated import config_pb2 as pb
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_subject
from streams.jetstream import JetStreamBus

from devstack.ports import free_port
from devstack.processes import Process, Program
from devstack.stack import Stack
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key

ENVIRONMENT = "bench"
KEY = "bench-key"
REQUEST_MARK = b"##request##"
BATCHES = (1, 10, 100, 1000)
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
class Measured:
    events_per_second: float
    requests_per_second: float
    cpu_microseconds_per_event: float
    p50_milliseconds: float
    p99_milliseconds: float
    memory_mebibytes: float


def body(events: int) -> bytes:
    """A batch of half exposures and half metric events, as an SDK would send it."""
    now = int(time.time() * 1000)
    mark = REQUEST_MARK.decode()
    batch: list[dict[str, object]] = []
    for index in range(events):
        event: dict[str, object] = {"event_id": f"0192f0c1-{mark}-{index:05d}", "timestamp": now - index}
        if index % 2:
            event |= {"type": "metric", "user_key": f"user-{index}", "metric": "purchase", "value": 12.5}
            event |= {"properties": {"currency": "EUR", "items": 3}}
        else:
            event |= {"type": "exposure", "user_key": f"user-{index}", "flag": "new-checkout", "variation": "on"}
            event |= {"experiment": "checkout-test", "config_version": 17}
            event |= {"context": {"country": "US", "plan": "pro", "age": 31}}
        batch.append(event)
    return json.dumps(batch, separators=(",", ":")).encode()


class Load:
    """Connections that each send the next request when the last one was answered."""

    def __init__(self, port: int, events: int) -> None:
        self.port = port
        template = body(events)
        length = len(template) - events * (len(REQUEST_MARK) - 12)
        head = f"POST /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {KEY}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        self._template = head.encode() + template
        self._sent = int(time.time() * 1000) % 10**8 * 10_000
        self.answered = 0
        self.seconds: list[float] = []

    async def run(self, connections: int, seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        await asyncio.gather(*(self._connection(deadline) for _ in range(connections)))

    async def _connection(self, deadline: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while (started := time.perf_counter()) < deadline:
            await self.send(reader, writer)
            self.seconds.append(time.perf_counter() - started)
            self.answered += 1
        writer.close()

    async def send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One batch, until its 202 is there."""
        self._sent += 1
        writer.write(self._template.replace(REQUEST_MARK, b"%012d" % self._sent))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"refused: {head.decode()}{(await reader.read(500)).decode()}")
        await reader.readuntil(b'"rejected":[]}')


async def measure(process: Process, port: int, events: int, seconds: float) -> Measured:
    connections = 64 if events <= 10 else 16
    await Load(port, events).run(connections, min(1.0, seconds))
    server = psutil.Process(process.pid)
    load = Load(port, events)
    before, started = server.cpu_times(), time.perf_counter()
    await load.run(connections, seconds)
    took, after = time.perf_counter() - started, server.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    times = sorted(load.seconds)
    return Measured(
        load.answered * events / took,
        load.answered / took,
        cpu * 1e6 / (load.answered * events),
        times[len(times) // 2] * 1e3,
        times[len(times) * 99 // 100] * 1e3,
        server.memory_info().rss / 2**20,
    )


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
    await ConfigWriter(ENVIRONMENT).publish(bus, pb.Environment(key="bench", sdk_keys=[sdk_key(KEY)]))
    await bus.close()
    port = free_port()
    environment = {"FF_NATS_URL": nats_url, "FF_PORT": str(port), "FF_PII_SECRET": "a secret of the ingestor benchmark"}
    # One key and one address send all there is.
    environment |= {f"FF_{name}_PER_SECOND": "10000000" for name in LIMITS}
    with server("ingestor", ["-m", "event_ingestor.main"], environment, folder) as process:
        await wait_ready(port)
        yield process, port


async def raw_publish(nats_url: str, events: int, seconds: float) -> float:
    """Events per second of the bus client alone, 16 messages in flight: what is left is the ingestor's own."""
    bus = await JetStreamBus.connect(nats_url, name="bench")
    lines = body(events)
    deadline, sent = time.perf_counter() + seconds, 0

    async def publisher(number: int) -> None:
        nonlocal sent
        while time.perf_counter() < deadline:
            sent += 1
            batch = EventBatch(batch_id=f"{number}-{sent}-{time.time_ns()}", exposures=lines)
            await bus.publish(events_subject("raw"), batch.SerializeToString(), message_id=batch.batch_id)

    await asyncio.gather(*(publisher(number) for number in range(16)))
    stored = (await bus.state(EVENTS)).messages
    await bus.close()
    if stored < sent:
        raise SystemExit(f"{sent} acknowledged, {stored} in the stream")
    return sent * events / seconds


async def main(seconds: float, rounds: int) -> None:
    rows: dict[str, dict[int, Measured]] = {"ingestor": {}, "bare FastAPI": {}}
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",)) as stack:
        folder, port = Path(name), free_port()
        arguments = ["-m", "uvicorn", "benchmarks.ingestor:bare_app", "--port", str(port), "--no-access-log"]
        with server("bare", arguments, {"PYTHONPATH": str(Path.cwd())}, folder) as process:
            await wait_ready(port)
            async with ingestor(stack.nats.url, folder) as ingesting:
                servers = {"ingestor": ingesting, "bare FastAPI": (process, port)}
                for events in BATCHES * rounds:
                    for server_name, running in servers.items():
                        measured = await measure(*running, events, seconds)
                        best = rows[server_name].get(events, measured)
                        rows[server_name][events] = max(best, measured, key=lambda one: one.events_per_second)
                raw = await raw_publish(stack.nats.url, 100, seconds)
    print(f"{os.cpu_count()} cores, the best of {rounds} rounds of {seconds:g} s, one server process\n")
    print("| server | batch | events/s | requests/s | CPU µs/event | p50 ms | p99 ms | MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for server_name, by_batch in rows.items():
        for events, each in by_batch.items():
            print(
                f"| {server_name} | {events:,} | {each.events_per_second:,.0f} | {each.requests_per_second:,.0f} "
                f"| {each.cpu_microseconds_per_event:.2f} | {each.p50_milliseconds:.1f} | {each.p99_milliseconds:.1f} "
                f"| {each.memory_mebibytes:.0f} |"
            )
    print(f"\nThe bus client alone, messages of 100 events, 16 in flight: {raw:,.0f} events/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="in which the two servers take turns")
    given = parser.parse_args()
    asyncio.run(main(given.seconds, given.rounds))
