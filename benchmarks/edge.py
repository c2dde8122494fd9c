"""The edge's speed: server CPU per request, latency at a steady rate, growth, memory, and changes under load.

    python -m benchmarks.edge [--seconds 3] [--rounds 3] [--only compare|grow|change|memory] [--json FILE]

One server process of each kind on one core, this and the client on the other, measured in turns in the same run.
Users are new in each request but where a row says otherwise; contexts, the order of their keys and headers vary.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import different_flag, different_segment, flag
from benchmarks.edge_growth import MEMORY_FLAGS, change_under_load, grow, measure_memory
from benchmarks.edge_servers import (
    STEADY_PER_SECOND,
    Case,
    Publisher,
    Server,
    bare,
    best_of,
    edge,
    nginx,
    pin,
    settled,
    table,
)
from benchmarks.edge_traffic import BULK, NOT_VARIED, SINGLE, Template, Traffic, requests_of
from benchmarks.report import Report, accept_json
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import SERVER_KEY
from tests.environment_writer import open_stream

AGAIN = 200
"""So many contexts come again and again."""
GOALS = (
    ("one flag, new headers", "edge, one flag, new headers", "bare ASGI, one flag, new headers", 0.5),
    ("one flag, constant headers", "edge, one flag", "bare ASGI, one flag", 0.45),
    ("new headers to constant ones", "edge, one flag, new headers", "edge, one flag", 1.25),
    ("bulk of 50, conditions shared", "edge, bulk of 50", "bare ASGI, bulk of 50", 0.6),
    ("bulk of 50, all different", "edge, bulk of 50 different", "bare ASGI, bulk of 50 different", 0.8),
    ("bulk of 50, a context again", "edge, bulk of 50, a context again", "bare ASGI, bulk of 50, a context again", 0.3),
)


def cases(server: Server, stack: ExitStack, folder: Path) -> list[Case]:
    """The edge and what it is compared with, each with the same requests."""
    evaluating = stack.enter_context(bare("evaluating", folder))
    constant = stack.enter_context(bare("constant", folder))
    fastapi = stack.enter_context(bare("fastapi", folder))
    other = stack.enter_context(nginx(folder))
    one = Traffic(path=SINGLE).templates()
    traced = Traffic(path=SINGLE, tracing="new").templates()
    bulk = Traffic(path=BULK).templates()
    again = Traffic(path=BULK, users=AGAIN).templates()
    held = Traffic(path=BULK, users=1)
    found = [
        Case("edge, one flag", server, one),
        Case("edge, one flag, new headers", server, traced),
        Case("edge, bulk of 50", server, bulk),
        Case("edge, bulk of 50, new headers", server, Traffic(path=BULK, tracing="new").templates()),
        Case("edge, bulk of 50, a context again", server, again),
        Case("edge, ETag hit", server, _revalidating(server, held), "304"),
        Case("edge, one flag, from a page", server, _with(SINGLE, "Origin: https://app.example")),
        Case("edge, bulk of 50, packed", server, _with(BULK, "Accept-Encoding: gzip")),
        Case("edge, bulk of 50, packed, again", server, _with(BULK, "Accept-Encoding: gzip", users=AGAIN)),
        Case("bare ASGI, one flag", evaluating, one),
        Case("bare ASGI, one flag, new headers", evaluating, traced),
        Case("bare ASGI, bulk of 50", evaluating, bulk),
        Case("bare ASGI, bulk of 50, a context again", evaluating, again),
        Case("bare ASGI, constant", constant, one),
        Case("bare FastAPI, constant", fastapi, one),
    ]
    if other is None:
        print("nginx is not installed here, so it is not measured")
    else:
        found.append(Case("nginx, constant", other, one))
    return found


def _with(path: str, header: str, users: int = 0) -> list[Template]:
    return Traffic(path=path, headers=(header,), users=users).templates()


def _revalidating(server: Server, traffic: Traffic) -> list[Template]:
    """The same request with what its answer was known by."""
    (request,) = requests_of(traffic.templates())
    body = request.partition(b"\r\n\r\n")[2]
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    etag = httpx.post(f"http://127.0.0.1:{server.port}{BULK}", content=body, headers=headers).headers["etag"]
    return Traffic(path=traffic.path, users=traffic.users, headers=(f"If-None-Match: {etag}",)).templates()


async def compare(
    publisher: Publisher, server: Server, folder: Path, seconds: float, rounds: int, report: Report
) -> None:
    """Edge and bare handlers in turns, and the ratios that are aimed at."""
    with ExitStack() as stack:
        compared = await asyncio.to_thread(cases, server, stack, folder)
        rows = await asyncio.to_thread(best_of, compared, seconds, rounds)
    table(f"At full load, and at a steady {STEADY_PER_SECOND} requests/s (latencies)", rows, report)
    segments = [different_segment(number) for number in range(50)]
    await publisher.write([different_flag(number) for number in range(50)], segments=segments)
    await settled(server)
    bulk = Traffic(path=BULK).templates()
    with bare("different", folder) as different:
        apart = [
            Case("edge, bulk of 50 different", server, bulk),
            Case("bare ASGI, bulk of 50 different", different, bulk),
        ]
        found = await asyncio.to_thread(best_of, apart, seconds, rounds)
    table("The same with 50 flags that have no condition in common", found, report)
    await publisher.write([flag(number) for number in range(50)])
    await settled(server)
    cpu = {row.name: row.cpu_microseconds for row in (*rows, *found)}
    print()
    for name, one, other, goal in GOALS:
        ratio = cpu[one] / cpu[other]
        print(f"{name}: {ratio:.2f} (goal {goal})")
        report.add(table="ratios", row=name, ratio=round(ratio, 3), goal=goal)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Server, Publisher]]:
    """An edge that serves nothing yet, on a bus of its own."""
    with Stack(folder, ("nats",), durable=False) as stack:
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await open_stream(bus)
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {SERVER_KEY}"}) as client:
            with edge(folder, stack.nats.url) as server:
                yield server, Publisher(bus, client, server)
        await bus.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("compare", "grow", "change", "memory"))
    accept_json(parser)
    options = parser.parse_args()
    report = Report("edge", NOT_VARIED)
    pin(1)
    if options.only in (None, "memory"):
        print(f"\n{'Memory of an edge, MiB':46}{'idle':>9}{'loaded':>9}{'private':>9}")
        for count in MEMORY_FLAGS:
            with tempfile.TemporaryDirectory() as name:
                async with served(Path(name)) as (server, publisher):
                    await measure_memory(server, publisher, count, options.seconds, report)
    if options.only != "memory":
        with tempfile.TemporaryDirectory() as name:
            async with served(Path(name)) as (server, publisher):
                await publisher.write([flag(number) for number in range(50)])
                await settled(server)
                if options.only in (None, "compare"):
                    await compare(publisher, server, Path(name), options.seconds, options.rounds, report)
                if options.only in (None, "grow"):
                    await grow(publisher, server, options.seconds, options.rounds, report)
                if options.only in (None, "change"):
                    await change_under_load(publisher, server, options.seconds * 2, report)
    report.finish(options.json)


if __name__ == "__main__":
    asyncio.run(main())
