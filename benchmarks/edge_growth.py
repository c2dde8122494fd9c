"""What the edge's speed and memory do with more flags, longer rules, and changes under load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from benchmarks.edge_config import flag, long_flag
from benchmarks.edge_servers import STEADY_PER_SECOND, Case, Publisher, Server, best_of, settled, table
from benchmarks.edge_traffic import BULK, SINGLE, Traffic
from benchmarks.report import Report

FLAGS = (10, 100, 1000, 10_000)
CONDITIONS = (1, 10, 100, 1000)
MEMORY_FLAGS = (50, 10_000)
MEMORY_USERS = 2000
ONE_FLAG = Traffic(path=SINGLE, tracing="new").templates()

Served = Callable[[], AbstractContextManager[tuple[Server, Publisher]]]
"""An edge that serves nothing yet, on a bus of its own."""


async def grow(publisher: Publisher, server: Server, seconds: float, rounds: int, report: Report) -> None:
    """The cost of one flag by the number of flags, and by the number of its conditions."""
    rows = []
    for count in FLAGS:
        arrival = await publisher.write([flag(number) for number in range(count)])
        await settled(server)
        name = f"{count} flags ({arrival:.2f} s, {server.memory_mebibytes():.0f} MiB)"
        case = Case(name, server, ONE_FLAG)
        rows += await asyncio.to_thread(best_of, [case], seconds, rounds, latencies=False)
    changed = []
    for _ in range(20):
        changed.append(await publisher.write([flag(7)]) * 1000)
        await settled(server)
    table("One flag, by the number of flags (time to be served, memory)", rows, report)
    middle = sorted(changed)[len(changed) // 2]
    print(f"with 10,000 flags, one changed flag is served {middle:.1f} ms after its publishing began (median of 20)")
    report.add(table="a change among 10,000 flags", row="until it is served, median of 20", p50_ms=round(middle, 2))
    await publisher.write([], removed=[f"flag-{number:05d}" for number in range(50, 10_000)])
    rows = []
    for count in CONDITIONS:
        await publisher.write([long_flag("flag-00000", count)])
        case = Case(f"{count} conditions", server, ONE_FLAG)
        rows += await asyncio.to_thread(best_of, [case], seconds, rounds, latencies=False)
    table("One flag, by the number of its conditions", rows, report)
    await publisher.write([flag(0)])


async def change_under_load(publisher: Publisher, server: Server, seconds: float, report: Report) -> None:
    """The worst answer at a steady rate, with and without a change every 50 ms."""
    case = Case("one flag", server, ONE_FLAG)
    calm = await asyncio.to_thread(case.load, seconds, per_second=STEADY_PER_SECOND)
    changing = asyncio.create_task(publisher.changing(int(seconds / 0.05), 0.05))
    changed = await asyncio.to_thread(case.load, seconds, per_second=STEADY_PER_SECOND)
    await changing
    title = "A change every 50 ms under load"
    print(f"\n{title}")
    print(f"{'':46}{'p50 ms':>9}{'p99 ms':>9}{'worst ms':>9}")
    for name, result in (("no changes", calm), ("changes", changed)):
        figures = {f"{each}_ms": round(result[each] / 1000, 3) for each in ("p50", "p99", "worst")}
        print(f"{name:46}" + "".join(f"{value:9.2f}" for value in figures.values()))
        report.add(table=title, row=name, **figures)


async def measure_memory(server: Server, publisher: Publisher, count: int, seconds: float, report: Report) -> None:
    """Of an edge that began with nothing: after its configuration has come, and after load of both kinds."""
    await publisher.write([flag(number) for number in range(count)])
    await settled(server)
    idle = server.memory_mebibytes()
    many = MEMORY_USERS if count <= MEMORY_FLAGS[0] else 20
    for traffic in (
        Traffic(path=SINGLE, tracing="new"),
        Traffic(path=BULK, tracing="new"),
        Traffic(path=BULK, tracing="new", users=many),
    ):
        await asyncio.to_thread(Case("load", server, traffic.templates()).load, seconds)
    await settled(server)
    loaded, own = server.memory_mebibytes(), server.memory_mebibytes("Private_(?:Clean|Dirty)")
    print(f"{f'{count:,} flags':46}{idle:9.1f}{loaded:9.1f}{own:9.1f}", flush=True)
    report.add(
        table="memory",
        row=f"{count} flags",
        before_load_mib=round(idle, 1),
        after_load_mib=round(loaded, 1),
        private_after_load_mib=round(own, 1),
    )
