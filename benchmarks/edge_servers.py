"""The servers that are measured: the edge, bare handlers, nginx; each one process on the first core.

CPU is user and system time of the process over the requests it served. The client runs on the second core.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from bucketing.flagset import Flag, Segment
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.edge_traffic import SINGLE, Template
from benchmarks.report import Report
from devstack.ports import free_port
from devstack.processes import Process, Program
from tests.edge_evaluator.config_writer import ConfigWriter
from tests.environment_writer import publish

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
STEADY_PER_SECOND = 2000
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))


@dataclass
class Server:
    """A server process under measurement."""

    name: str
    process: Process
    port: int

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mebibytes(self, kind: str = "Rss") -> float:
        """`kind` is a line of the kernel's sum of the process's mappings."""
        told = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return sum(int(found) for found in re.findall(rf"^{kind}: +(\d+) kB$", told, re.MULTILINE)) / 1024


@dataclass
class Row:
    """The best of several rounds."""

    name: str
    cpu_microseconds: float = float("inf")
    per_second: float = 0.0
    steady: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A row of a table: what is sent to whom, and the status of its answers."""

    name: str
    server: Server
    templates: Sequence[Template]
    status: str = "200"

    def load(self, seconds: float, *, per_second: int = 0) -> dict[str, float]:
        job: dict[str, Any] = {
            "port": self.server.port,
            "templates": [(b64encode(each.text).decode(), each.fields) for each in self.templates],
            "expected": f"HTTP/1.1 {self.status}",
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
            preexec_fn=lambda: pin(1),
        )
        result: dict[str, float] = json.loads(done.stdout)
        return result

    def measure(self, row: Row, seconds: float) -> None:
        """At full load."""
        before = self.server.cpu_seconds()
        result = self.load(seconds)
        spent = self.server.cpu_seconds() - before
        row.cpu_microseconds = min(row.cpu_microseconds, spent / result["requests"] * 1e6)
        row.per_second = max(row.per_second, result["requests"] / seconds)

    def steady(self, row: Row, seconds: float) -> None:
        """Latencies at a rate."""
        result = self.load(seconds, per_second=STEADY_PER_SECOND)
        for name in ("p50", "p99", "p999"):
            row.steady[name] = min(row.steady.get(name, float("inf")), result[name] / 1000)


def pin(core: int) -> None:
    os.sched_setaffinity(0, {CORES[core % len(CORES)]})


def _wait(port: int, path: str = SINGLE) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.post(f"http://127.0.0.1:{port}{path}", content=b"{}")
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
        os.sched_setaffinity(process.pid, {CORES[0]})
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

    async def write(
        self, flags: Sequence[Flag], removed: Sequence[str] = (), segments: Sequence[Segment] = ()
    ) -> float:
        """Returns the seconds until the edge serves the new version. The first one has the flags' segment as well."""
        gone = [("flag", key) for key in removed]
        segments = segments if self._writer.version else [SEGMENT, *segments]
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


def best_of(cases: Sequence[Case], seconds: float, rounds: int, *, latencies: bool = True) -> list[Row]:
    """The cases in turns, so that whatever else the machine does is shared by all of them."""
    rows = [Row(case.name) for case in cases]
    for _ in range(rounds):
        for case, row in zip(cases, rows, strict=True):
            case.measure(row, seconds)
    for _ in range(rounds if latencies else 0):
        for case, row in zip(cases, rows, strict=True):
            case.steady(row, seconds)
    return rows


async def settled(server: Server) -> None:
    """Returns when the server has nothing to do any more: it writes the rules' functions beside its answers."""
    before = -1.0
    while server.cpu_seconds() - before > 0.02:
        before = server.cpu_seconds()
        await asyncio.sleep(0.3)


def table(title: str, rows: Sequence[Row], report: Report) -> None:
    """Prints the rows and adds them to the figures of the run."""
    print(f"\n{title}")
    print(f"{'':46}{'CPU µs':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>9}")
    for row in rows:
        latencies = "".join(
            f"{row.steady[name]:9.2f}" if name in row.steady else f"{'':9}" for name in ("p50", "p99", "p999")
        )
        print(f"{row.name:46}{row.cpu_microseconds:9.1f}{row.per_second:9.0f}{latencies}", flush=True)
        steady = {f"{name}_ms": round(value, 3) for name, value in row.steady.items()}
        report.add(
            table=title,
            row=row.name,
            cpu_us=round(row.cpu_microseconds, 2),
            per_second=round(row.per_second),
            **steady,
        )
