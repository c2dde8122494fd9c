"""The edge's speed: server CPU per request, latency at a steady rate, growth, and changes under load.

One server process of each kind on one core, this and the client on the other, measured in turns in the same run.
CPU is user and system time of the server process over the requests it served at full load.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from bucketing.flagset import Flag
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import BODY, SEGMENT, flag, long_flag
from devstack.ports import free_port
from devstack.processes import Process, Program
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import SERVER_KEY, ConfigWriter
from tests.environment_writer import open_stream, publish

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
STEADY_PER_SECOND = 2000
TICKS = os.sysconf("SC_CLK_TCK")
FLAGS = (10, 100, 1000, 10_000)
CONDITIONS = (1, 10, 100, 1000)
SINGLE = "/ofrep/v1/evaluate/flags/flag-00000"
BULK = "/ofrep/v1/evaluate/flags"


def request(path: str, *headers: str, body: bytes = BODY) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "User-Agent: bench/1",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Authorization: Bearer {SERVER_KEY}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Server:
    """A server process under measurement."""

    name: str
    process: Process
    port: int

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mebibytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@dataclass
class Row:
    """The best of several rounds."""

    name: str
    cpu_microseconds: float = float("inf")
    per_second: float = 0.0
    steady: dict[str, float] = field(default_factory=dict)


def load(server: Server, sent: bytes, seconds: float, *, status: str = "200", per_second: int = 0) -> dict[str, float]:
    job: dict[str, Any] = {
        "port": server.port,
        "request": b64encode(sent).decode(),
        "expected": f"HTTP/1.1 {status}",
        "connections": CONNECTIONS,
        "seconds": seconds,
    }
    if per_second:
        job["per_second"] = per_second
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.edge_load"],
        cwd=ROOT,
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=lambda: _pin(1),
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure(row: Row, server: Server, sent: bytes, seconds: float, status: str = "200") -> None:
    before = server.cpu_seconds()
    result = load(server, sent, seconds, status=status)
    spent = server.cpu_seconds() - before
    row.cpu_microseconds = min(row.cpu_microseconds, spent / result["requests"] * 1e6)
    row.per_second = max(row.per_second, result["requests"] / seconds)


def steady(row: Row, server: Server, sent: bytes, seconds: float, status: str = "200") -> None:
    result = load(server, sent, seconds, status=status, per_second=STEADY_PER_SECOND)
    for name in ("p50", "p99", "p999"):
        row.steady[name] = min(row.steady.get(name, float("inf")), result[name] / 1000)


def _pin(core: int) -> None:
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[core]})


def _wait(port: int, path: str = SINGLE) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.post(f"http://127.0.0.1:{port}{path}", content=BODY)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


@contextmanager
def serving(name: str, line: list[str], port: int, folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """Starts a server on the first core and stops it afterwards."""
    slug = name.replace(" ", "-").replace(",", "")
    process = Process(Program(slug, line, folder / f"{slug}.log", environment={**os.environ, **environment}))
    process.start()
    try:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        _wait(port)
        yield Server(name, process, port)
    finally:
        process.stop()


@contextmanager
def edge(folder: Path, nats_url: str) -> Iterator[Server]:
    port = free_port()
    environment = {
        "FF_PORT": str(port),
        "FF_NATS_URL": nats_url,
        "FF_EDGE_REQUESTS_PER_ADDRESS_PER_SECOND": "1000000",
        "FF_EDGE_REQUESTS_PER_KEY_PER_SECOND": "1000000",
        "FF_LOG_LEVEL": "WARNING",
    }
    line = [str(Path(sys.executable).with_name("edge_evaluator"))]
    with serving("edge", line, port, folder, environment) as server:
        yield server


@contextmanager
def bare(kind: str, folder: Path) -> Iterator[Server]:
    port = free_port()
    line = [sys.executable, "-m", "benchmarks.edge_handlers", kind, str(port)]
    with serving(f"bare {kind}", line, port, folder, {"PYTHONPATH": str(ROOT)}) as server:
        yield server


@contextmanager
def nginx(folder: Path) -> Iterator[Server | None]:
    """nginx with one worker and a constant answer; None where it is not installed."""
    binary = shutil.which("nginx")
    if binary is None:
        yield None
        return
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;\n"
        "events { worker_connections 256; }\n"
        "http { access_log off; keepalive_requests 100000000; default_type application/json;\n"
        f"server {{ listen 127.0.0.1:{port}; error_page 405 =200 $uri;\n"
        'location / { return 200 \'{"key":"flag-00000","value":true}\'; } } }\n'
    )
    with serving("nginx constant", [binary, "-p", str(folder), "-c", str(configuration)], port, folder, {}) as server:
        yield server


class Publisher:
    """Publishes to the edge's bus and waits until the edge serves it."""

    def __init__(self, bus: JetStreamBus, client: httpx.AsyncClient, server: Server) -> None:
        self._bus = bus
        self._client = client
        self._address = f"http://127.0.0.1:{server.port}/v1/environment"
        self._writer = ConfigWriter()

    async def write(self, flags: list[Flag], removed: list[str] | None = None) -> float:
        """Returns the seconds until the edge serves the new version."""
        gone = [("flag", key) for key in removed or []]
        segments = [] if self._writer.version else [SEGMENT]
        messages = self._writer.write(flags=flags, segments=segments, removed=gone)
        started = time.perf_counter()
        await publish(self._bus, messages)
        while True:
            answer = await self._client.get(self._address)
            if answer.status_code == 200 and answer.json()["version"] == self._writer.version:
                return time.perf_counter() - started
            await asyncio.sleep(0.001)

    async def changing(self, count: int, every_seconds: float) -> None:
        """Changes one flag again and again, without waiting for the edge."""
        for number in range(count):
            await publish(self._bus, self._writer.write(flags=[flag(number % 40)]))
            await asyncio.sleep(every_seconds)


def table(title: str, rows: list[Row]) -> None:
    print(f"\n{title}")
    print(f"{'':34}{'CPU µs':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>9}")
    for row in rows:
        latencies = "".join(
            f"{row.steady[name]:9.2f}" if name in row.steady else f"{'':9}" for name in ("p50", "p99", "p999")
        )
        print(f"{row.name:34}{row.cpu_microseconds:9.1f}{row.per_second:9.0f}{latencies}")


async def compare(server: Server, folder: Path, seconds: float, rounds: int) -> dict[str, float]:
    """Edge and bare handlers in turns. Returns CPU microseconds by name."""
    with ExitStack() as stack:
        others = [stack.enter_context(bare(kind, folder)) for kind in ("fastapi", "constant", "evaluating")]
        fastapi, constant, evaluating = others
        constant_nginx = stack.enter_context(nginx(folder))
        async with httpx.AsyncClient() as client:
            headers = {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"}
            etag = (await client.post(f"http://127.0.0.1:{server.port}{BULK}", content=BODY, headers=headers)).headers[
                "etag"
            ]
        cases = [
            ("edge, one flag", server, request(SINGLE), "200"),
            ("edge, bulk of 50", server, request(BULK), "200"),
            ("edge, ETag hit", server, request(BULK, f"If-None-Match: {etag}"), "304"),
            ("edge, one flag, traceparent", server, request(SINGLE, "traceparent: 00-1-2-01"), "200"),
            ("edge, one flag, from a page", server, request(SINGLE, "Origin: https://app.example"), "200"),
            ("edge, bulk of 50, packed", server, request(BULK, "Accept-Encoding: gzip"), "200"),
            ("bare ASGI, one flag", evaluating, request(SINGLE), "200"),
            ("bare ASGI, bulk of 50", evaluating, request(BULK), "200"),
            ("bare ASGI, constant", constant, request(SINGLE), "200"),
            ("bare FastAPI, constant", fastapi, request(SINGLE), "200"),
        ]
        if constant_nginx is not None:
            cases.append(("nginx, constant", constant_nginx, request(SINGLE), "200"))
        rows = {name: Row(name) for name, *_ in cases}
        for _ in range(rounds):
            for name, each, sent, status in cases:
                measure(rows[name], each, sent, seconds, status)
        for _ in range(rounds):
            for name, each, sent, status in cases:
                steady(rows[name], each, sent, seconds, status)
        table(f"At full load, and at a steady {STEADY_PER_SECOND} requests/s (latencies)", list(rows.values()))
        if constant_nginx is None:
            print("nginx is not installed here, so it is not measured")
        return {name: row.cpu_microseconds for name, row in rows.items()}


async def settled(server: Server) -> None:
    """Returns when the server has nothing to do any more: it writes the rules' functions beside its answers."""
    before = -1.0
    while server.cpu_seconds() - before > 0.02:
        before = server.cpu_seconds()
        await asyncio.sleep(0.3)


async def grow(publisher: Publisher, server: Server, seconds: float, rounds: int) -> None:
    """The cost of one flag by the number of flags, and by the number of its conditions."""
    rows = []
    for count in FLAGS:
        arrival = await publisher.write([flag(number) for number in range(count)])
        await settled(server)
        row = Row(f"{count} flags ({arrival:.2f} s, {server.memory_mebibytes():.0f} MiB)")
        for _ in range(rounds):
            measure(row, server, request(SINGLE), seconds)
        rows.append(row)
    changed = []
    for _ in range(20):
        changed.append(await publisher.write([flag(7)]) * 1000)
        await settled(server)
    table("One flag, by the number of flags (time to be served, memory)", rows)
    middle = sorted(changed)[len(changed) // 2]
    print(f"with 10,000 flags, one changed flag is served {middle:.1f} ms after its publishing began (median of 20)")
    await publisher.write([], removed=[f"flag-{number:05d}" for number in range(50, 10_000)])
    rows = []
    for count in CONDITIONS:
        await publisher.write([long_flag("flag-00000", count)])
        row = Row(f"{count} conditions")
        for _ in range(rounds):
            measure(row, server, request(SINGLE), seconds)
        rows.append(row)
    table("One flag, by the number of its conditions", rows)
    await publisher.write([flag(0)])


async def change_under_load(publisher: Publisher, server: Server, seconds: float) -> None:
    """The worst answer at a steady rate, with and without a change every 50 ms."""
    calm = await asyncio.to_thread(load, server, request(SINGLE), seconds, per_second=STEADY_PER_SECOND)
    changing = asyncio.create_task(publisher.changing(int(seconds / 0.05), 0.05))
    changed = await asyncio.to_thread(load, server, request(SINGLE), seconds, per_second=STEADY_PER_SECOND)
    await changing
    print("\nA change every 50 ms under load")
    print(f"{'':34}{'p50 ms':>9}{'p99 ms':>9}{'worst ms':>9}")
    for name, result in (("no changes", calm), ("changes", changed)):
        print(f"{name:34}{result['p50'] / 1000:9.2f}{result['p99'] / 1000:9.2f}{result['worst'] / 1000:9.2f}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("compare", "grow", "change"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",), durable=False) as stack:
        folder = Path(name)
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await open_stream(bus)
        client = httpx.AsyncClient(headers={"authorization": f"Bearer {SERVER_KEY}"})
        with edge(folder, stack.nats.url) as server:
            publisher = Publisher(bus, client, server)
            await publisher.write([flag(number) for number in range(50)])
            _pin(1)
            if options.only in (None, "compare"):
                cpu = await compare(server, folder, options.seconds, options.rounds)
                single = cpu["edge, one flag"] / cpu["bare ASGI, one flag"]
                bulk = cpu["edge, bulk of 50"] / cpu["bare ASGI, bulk of 50"]
                print(f"\none flag: {single:.2f} of bare ASGI (goal 0.6); bulk of 50: {bulk:.2f} (goal 0.8)")
            if options.only in (None, "grow"):
                await grow(publisher, server, options.seconds, options.rounds)
            if options.only in (None, "change"):
                await change_under_load(publisher, server, options.seconds * 2)
        await client.aclose()
        await bus.close()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    asyncio.run(main())
