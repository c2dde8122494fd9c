"""Two workers beside one: requests a second on two cores that the client shares, of the edge and of the ingestor.

    python -m benchmarks.workers [--seconds 4] [--rounds 3] [--json FILE]

The two services run side by side and are asked in turns. Nothing is pinned: workers, client and, for the ingestor, NATS
with file storage take what there is. So two workers can't be twice one: a core that the client uses serves nobody.
`ceiling` is what they could be at most, by the CPU that one worker and its client were seen to use for a request;
`by CPU` what they are by what two were seen to use, which says something also where the machine has other work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import SEGMENT, different_flag, different_segment
from benchmarks.edge_traffic import BULK, NOT_VARIED, SINGLE, Template, Traffic
from benchmarks.event_traffic import event_templates, publish_environment
from benchmarks.lean_client import LeanClient
from benchmarks.report import Report, accept_json
from devstack.ports import free_port
from devstack.processes import Process, Program
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import ConfigWriter
from tests.environment_writer import open_stream, publish

CONNECTIONS = 64
COUNTS = (1, 2)
GOAL = 1.6
Row = dict[str, float | str]
RATES = (
    "EDGE_REQUESTS_PER_ADDRESS",
    "EDGE_REQUESTS_PER_KEY",
    "EVENTS_PER_KEY",
    "EVENTS_PER_ORGANIZATION",
    "INGESTOR_REQUESTS_PER_ADDRESS",
    "INGESTOR_REQUESTS_PER_KEY",
    "INGESTOR_REQUESTS_PER_ORGANIZATION",
)


@dataclass(slots=True)
class Measured:
    """At full load. CPU in microseconds a request: of the service with all its workers, and of the client."""

    per_second: float = 0.0
    service: float = 0.0
    client: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent, and the status of its answers."""

    name: str
    templates: Sequence[Template]
    status: str


@dataclass(frozen=True, slots=True)
class Service:
    workers: int
    process: Process
    port: int

    def cpu_seconds(self) -> float:
        supervisor = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (supervisor, *supervisor.children())]
        return float(sum(each.user + each.system for each in times))

    def measure(self, client: LeanClient, case: Case, seconds: float) -> Measured:
        before = self.cpu_seconds()
        answered = client.run(self.port, case.templates, status=case.status, connections=CONNECTIONS, seconds=seconds)
        spent, requests = self.cpu_seconds() - before, answered.requests
        return Measured(requests / seconds, spent / requests * 1e6, answered.client_seconds / requests * 1e6)


@contextlib.contextmanager
def started(command: str, setting: str, folder: Path, nats_url: str, workers: int) -> Iterator[Service]:
    port = free_port()
    environment = {
        "FF_PORT": str(port),
        "FF_NATS_URL": nats_url,
        "FF_PII_SECRET": "a secret of the benchmark of workers",
        "FF_LOG_LEVEL": "WARNING",
        setting: str(workers),
        **{f"FF_{name}_PER_SECOND": "10000000" for name in RATES},
    }
    line = [str(Path(sys.executable).with_name(command))]
    process = Process(Program(f"{command}-{workers}", line, folder / f"{command}-{workers}.log", environment))
    process.start()
    try:
        yield Service(workers, process, port)
    finally:
        process.stop()


async def ready(service: Service) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{service.port}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def edges(folder: Path) -> AsyncIterator[list[Service]]:
    """Of one worker and of two, with the same 50 flags that have no condition in common."""
    with Stack(folder, ("nats",), durable=False) as stack, contextlib.ExitStack() as running:
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await open_stream(bus)
        found = [
            running.enter_context(started("edge_evaluator", "FF_EDGE_WORKERS", folder, stack.nats.url, count))
            for count in COUNTS
        ]
        numbers = range(50)
        segments = [SEGMENT, *(different_segment(number) for number in numbers)]
        await publish(
            bus, ConfigWriter().write(flags=[different_flag(number) for number in numbers], segments=segments)
        )
        for service in found:
            await ready(service)
        await asyncio.sleep(2)
        yield found
        await bus.close()


@contextlib.asynccontextmanager
async def ingestors(folder: Path) -> AsyncIterator[list[Service]]:
    with Stack(folder, ("nats",)) as stack, contextlib.ExitStack() as running:
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await publish_environment(bus)
        await bus.close()
        found = [
            running.enter_context(started("event_ingestor", "FF_INGESTOR_WORKERS", folder, stack.nats.url, count))
            for count in COUNTS
        ]
        for service in found:
            await ready(service)
        yield found


def compare(client: LeanClient, case: Case, services: Sequence[Service], options: argparse.Namespace) -> Row:
    """One row: the best of the rounds, the services in turns."""
    best = {service.workers: Measured() for service in services}
    for _ in range(options.rounds):
        for service in services:
            measured = service.measure(client, case, options.seconds)
            best[service.workers] = max(best[service.workers], measured, key=lambda each: each.per_second)
    one, two = (best[count] for count in COUNTS)
    ratio = two.per_second / one.per_second
    apart = 1 / max(one.service, one.client)
    ceiling = 2 / (one.service + one.client) / apart
    by_cpu = 2 / (two.service + two.client) / apart
    print(
        f"| {case.name} | {one.per_second:,.0f} | {two.per_second:,.0f} | {ratio:.2f} | {by_cpu:.2f} | {ceiling:.2f} "
        f"| {one.service:.1f} | {two.service:.1f} | {one.client:.1f} |",
        flush=True,
    )
    return {
        "row": case.name,
        "one_per_second": round(one.per_second),
        "two_per_second": round(two.per_second),
        "ratio": round(ratio, 3),
        "ratio_by_cpu": round(by_cpu, 3),
        "ceiling": round(ceiling, 3),
        "one_cpu_us": round(one.service, 2),
        "two_cpu_us": round(two.service, 2),
        "client_cpu_us": round(one.client, 2),
        "goal": GOAL,
    }


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="in which one and two workers take turns")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("workers", (*NOT_VARIED[:2], f"connections ({CONNECTIONS}, kept alive)", *NOT_VARIED[3:]))
    print("| | one, requests/s | two | ratio | by CPU | ceiling | CPU µs, one | two | client |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        client = LeanClient(folder)
        async with edges(folder / "edges") as found:
            for title, path in (("edge, one flag", SINGLE), ("edge, bulk of 50", BULK)):
                case = Case(f"{title}, new headers", Traffic(path=path, tracing="new").templates(), "200")
                report.add(**compare(client, case, found, options))
        async with ingestors(folder / "ingestors") as found:
            for events in (1, 100):
                templates = event_templates(events, tracing="new", now=time.time())
                case = Case(f"ingestor, {events} event{'s' * (events > 1)} a request", templates, "202")
                report.add(**compare(client, case, found, options))
    report.finish(options.json)


if __name__ == "__main__":
    asyncio.run(main())
